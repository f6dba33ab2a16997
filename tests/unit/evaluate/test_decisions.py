import numpy as np
import pytest

from tfl_lite_suite.core.decision import Decision, Reject
from tfl_lite_suite.core.decision_rules import decide
from tfl_lite_suite.data.samples import Split
from tfl_lite_suite.evaluate import decisions

SURE = Decision(reject=Reject("max_probability", 0.7))
KNOWN = np.array([[3.0, 0.0], [0.2, 0.0], [0.0, 4.0], [2.0, 0.0]])
SPLIT = Split(lambda rows: rows, np.arange(4), np.array([0, 0, 1, 1]), "abcd", 2)
UNKNOWN = np.array([[0.1, 0.0], [2.5, 0.0], [0.0, 0.3], [0.0, 0.2]])


def test_coverage_and_what_is_right_by_hand():
    found = decisions.figures(SURE, decide(SURE, KNOWN), SPLIT, ("a", "b")).document()
    assert (found["coverage"], found["accuracy"]) == (0.75, pytest.approx(2 / 3))
    assert found["confusion"] == [[1, 0, 1], [1, 1, 0]]
    assert found["decision"]["reject"] == {"score": "max_probability", "threshold": 0.7}


def test_unknown_pictures():
    found = decisions.unknown_figures(decide(SURE, KNOWN), decide(SURE, UNKNOWN)).document()
    assert (found["n"], found["false_alarms"]) == (4, 0.25)
    assert found["auroc"] == pytest.approx(found["by_max_probability"]["auroc"]) == pytest.approx(12.5 / 16, abs=0.1)


def test_the_threshold_keeps_at_least_the_share():
    values = np.arange(20.0)
    assert decisions.threshold_that_keeps(values, 0.95) == 1.0
    assert decisions.threshold_that_keeps(values, 1.0) == 0.0
    assert decisions.threshold_that_keeps(np.array([1.0, 1.0, 2.0]), 0.5) == 1.0
