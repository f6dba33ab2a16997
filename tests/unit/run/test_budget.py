import made_up_results
import pytest
from made_up_results import change, ledger_row

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Budget
from tfl_lite_suite.evaluate.result import ClassResult
from tfl_lite_suite.run import budget
from tfl_lite_suite.run.result import ConvertedFile

FILES = [
    ConvertedFile("float32", "float32", 4000),
    ConvertedFile("int8_ptq", "int8", 1100),
    ConvertedFile("int8_qat", "int8", 1000),
]
LEDGER = [
    ledger_row("train", top1=0.9),
    ledger_row("int8_ptq", top1=0.88, agreement=0.95, against_float=change(-0.02)),
    ledger_row("int8_ptq", top1=0.87, agreement=0.94, against_float=change(-0.03)),
    ledger_row("int8_qat", top1=0.91, agreement=0.99, against_float=change(0.01)),
]
TIMED = [
    made_up_results.timed("int8_ptq", 9.0, peak_rss_bytes=None),
    made_up_results.timed("int8_ptq", 2.0, peak_rss_bytes=500),
    made_up_results.timed("int8_qat", 2.5, peak_rss_bytes=600),
]


def broken(**limits):
    return budget.failure(budget.check(Budget(**limits), FILES, LEDGER, TIMED))


def test_every_int8_file_must_keep_every_limit():
    checks = budget.check(Budget(max_bytes=1100, max_ms=2.5), FILES, LEDGER, TIMED)
    assert [(check.file, check.limit) for check in checks] == [
        ("int8_ptq", "max_bytes"),
        ("int8_ptq", "max_ms"),
        ("int8_qat", "max_bytes"),
        ("int8_qat", "max_ms"),
    ]
    assert all(check.ok for check in checks) and budget.failure(checks) == ""


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"max_top1_drop": 0.025},
            "int8_ptq: top-1 falls by 3.00 points, 0.50 more than max_top1_drop allows (2.50)",
        ),
        ({"min_top1": 0.9}, "int8_ptq: top-1 is 87.00 %, 3.00 less than min_top1 allows (90.00)"),
        (
            {"min_agreement": 0.945},
            "int8_ptq: same answers as its Keras model: 94.00 %, 0.50 less than min_agreement allows (94.50)",
        ),
        ({"max_bytes": 1099}, "int8_ptq: the file has 1,100 bytes, 1 more than max_bytes allows (1,099)"),
        ({"max_ms": 2.2}, "int8_qat: median latency is 2.500 ms, 0.300 more than max_ms allows (2.200)"),
        ({"max_memory": 550}, "int8_qat: resident memory is 600 bytes, 50 more than max_memory allows (550)"),
        ({"files": ("float32",), "max_bytes": 1}, "float32: the file has 4,000 bytes, 3,999 more than"),
    ],
)
def test_what_is_broken_is_named_with_by_how_much(limits, message):
    assert broken(**limits).startswith(message) and ";" not in broken(**limits)


def test_no_file_is_forgotten():
    assert broken(max_bytes=10).count(";") == 1
    assert "float32" in budget.failure(budget.check(Budget(max_bytes=10), FILES[:1], [], []))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"files": ("int8_qta",), "max_ms": 1},
            r"budget\.files\[0\]: unknown file 'int8_qta'. Did you mean 'int8_qat'",
        ),
        ({"files": ("float32",), "max_ms": 1}, r"budget\.max_ms: float32 was not measured; benchmark comes before"),
    ],
)
def test_what_cannot_be_checked_is_an_error(limits, message):
    with pytest.raises(SuiteError, match=message):
        broken(**limits)


EVALUATED = [
    made_up_results.evaluated(
        name, macro_f1=f1, calibration_error=0.04, per_class=(ClassResult("crack", 3, None, "crack", recall=recall),)
    )
    for name, f1, recall in (("int8_ptq", 0.8, 0.9), ("int8_ptq", 0.7, 0.96), ("int8_qat", 0.9, None))
]


def test_limits_on_the_decided_answers_take_the_worst_engine():
    chosen = Budget(("int8_ptq",), min_recall={"crack": 0.95}, min_macro_f1=0.7, max_calibration_error=0.03)
    checks = budget.check(chosen, FILES, LEDGER, TIMED, EVALUATED)
    found = {check.limit: (check.received, check.ok) for check in checks}
    assert found == {
        "min_recall.crack": (0.9, False),
        "min_macro_f1": (0.7, True),
        "max_calibration_error": (0.04, False),
    }
    assert "crack: recall is 90.00 %, 5.00 less than min_recall.crack allows (95.00)" in budget.failure(checks)
    assert budget.measured_by("min_recall.crack") == "evaluate"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"min_recall": {"crak": 0.9}}, "budget.min_recall: unknown class 'crak'"),
        ({"files": ("int8_qat",), "min_recall": {"crack": 0.9}}, "nothing measured it"),
    ],
)
def test_a_recall_that_was_not_measured(limits, message):
    with pytest.raises(SuiteError, match=message):
        budget.check(Budget(**limits), FILES, LEDGER, TIMED, EVALUATED)
