import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run.stage_results import LedgerRow, Quantized, Trained


def test_what_a_former_release_does_not_have_is_absent():
    found = Trained.from_document({"top1": 0.5, "precision": "float32"})
    assert (found.epochs, found.history, found.others) == (None, (), {"precision": "float32"})
    assert "epochs" not in found.document()


def test_each_task_of_a_quantization_is_read_as_one():
    found = Quantized.from_document({"top1_float": 0.9, "tasks": {"ptq": {"top1_ptq": 0.8, "seconds": 2.5}}})
    assert (found.tasks["ptq"].top1_ptq, found.tasks["ptq"].seconds) == (0.8, 2.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"top1": 1.5}, r"f: top1: expected a number from 0 to 1\. Received: 1\.5"),
        ({"change": {"gained": 1}}, "f: change: 'lost' is missing"),
        ({"flips": "3"}, "f: flips: expected int. Received: '3'"),
    ],
)
def test_a_wrong_value_is_named(change, message):
    row = {"name": "train", "runtime": "TensorFlow", "n": 4, "top1": 0.5, **change}
    with pytest.raises(SuiteError, match=message):
        LedgerRow.from_document(row, "f")
