import pytest

from tfl_lite_suite.advise import choice
from tfl_lite_suite.advise.candidates import Candidate
from tfl_lite_suite.advise.result import Figure
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.summary.costs import Size


def candidate(name, **values):
    figures = {key: Figure(value, "measured", "here") for key, value in values.items() if value is not None}
    return Candidate(Size(name, 1.0, 96), "int8", "int8", figures)


SMALL = candidate("small", top1=0.6, ms=1.0, bytes=1e6)
GOOD = candidate("good", top1=0.75, ms=4.0, bytes=4e6)
UNKNOWN = candidate("unknown", ms=0.5, bytes=5e5)


def test_each_broken_limit_is_named_with_the_distance():
    (verdict,) = choice.judge([GOOD], {"max_bytes": 3e6, "min_top1": 0.8, "max_ms": 5.0})
    assert verdict.broken == {
        "max_bytes": "max_bytes: 4.00 MB, 1.00 MB more than allowed",
        "min_top1": "min_top1: 75.0 %, 5.0 % less than allowed",
    }


def test_what_is_not_known_breaks_its_limit():
    (verdict,) = choice.judge([SMALL], {"max_joules": 1.0})
    assert verdict.broken == {"max_joules": "max_joules: energy never measured or published"}


def test_candidates_are_divided():
    verdicts = choice.judge([SMALL, GOOD, UNKNOWN], {"max_ms": 2.0, "min_top1": 0.5})
    fitting, unknown, rejected = choice.divide(verdicts)
    assert (fitting, unknown, [verdict.candidate for verdict in rejected]) == ([SMALL], [UNKNOWN], [GOOD])


def test_priorities_decide():
    assert choice.rank([SMALL, GOOD], {"accuracy": 0.9, "size": 0.1})[0] == (0.9, GOOD)
    assert choice.rank([SMALL, GOOD], {"accuracy": 0.1, "size": 0.9})[0] == (0.9, SMALL)
    assert choice.rank([SMALL], {"accuracy": 0.5, "energy": 0.5}) == [(0.5, SMALL)]
    assert choice.rank([], {"accuracy": 1.0}) == []


def test_weights():
    assert choice.weights("accuracy=1,size=3") == {"accuracy": 0.25, "size": 0.75}
    assert all(sum(weights.values()) == pytest.approx(1) for weights in choice.PRIORITIES.values())


@pytest.mark.parametrize("text", ["mobil", "acuracy=1", "accuracy=x", "accuracy=-1", "accuracy=0", "accuracy=nan"])
def test_wrong_priorities_are_told(text):
    with pytest.raises(SuiteError, match="priority: "):
        choice.weights(text)


def test_relaxations_name_the_nearest_value_for_each_limit_alone():
    limits = {"max_bytes": 9e5, "min_top1": 0.7, "max_ms": 3.0}
    assert choice.relaxations(choice.judge([SMALL, GOOD], limits), limits) == []
    limits = {"max_bytes": 2e6, "min_top1": 0.7}
    found = choice.relaxations(choice.judge([SMALL, GOOD, UNKNOWN], limits), limits)
    assert [(row.limit, row.needed, row.model) for row in found] == [
        ("min_top1", 0.6, SMALL.name),
        ("max_bytes", 4e6, GOOD.name),
    ]
    assert found[0].by == pytest.approx(0.1)


def test_a_microcontroller_takes_int8_files_only():
    as_float = Candidate(Size("net", 1.0, 96), "float32", "float32", {})
    fitting, large = candidate("fits", arena=9e4), candidate("large", arena=2e5)
    broken = [verdict.broken for verdict in choice.judge([as_float, fitting, large], {"max_arena": 1e5})]
    assert broken == [
        {"max_arena": "max_arena: a microcontroller takes int8 files only"},
        {},
        {"max_arena": "max_arena: 200 kB, 100 kB more than allowed"},
    ]
