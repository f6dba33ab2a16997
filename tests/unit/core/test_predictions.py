import numpy as np
import pytest

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import read_json, write_json


def test_what_is_written_is_read(tmp_path):
    top = np.array([[1, 0], [0, 1], [-1, -1]])
    predictions.write(tmp_path / "p.json", ("a", "b"), ("x", "y", "z"), np.array([1, 1, 0]), top, ties=[False] * 3)
    found = predictions.read(tmp_path / "p.json")
    assert found == predictions.Predictions(("a", "b"), ("x", "y", "z"), (1, 1, 0), (1, 0, -1))
    assert len(found) == 3 and found.accuracy == pytest.approx(1 / 3)
    assert read_json(tmp_path / "p.json")["top5"] == top.tolist()


@pytest.mark.parametrize(
    "document", [None, [], {"keys": []}, {"class_names": ["a"], "keys": ["x"], "labels": [0], "top1": [0, 1]}]
)
def test_other_files_are_refused(tmp_path, document):
    if document is not None:
        write_json(tmp_path / "p.json", document)
    with pytest.raises(SuiteError, match=r"p\.json: "):
        predictions.read(tmp_path / "p.json")
