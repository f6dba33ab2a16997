import numpy as np
import pytest

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import decide
from tfl_lite_suite.evaluate import multi_label
from tfl_lite_suite.evaluate.answers import Answers, ranked

SCORES = np.array([[3.0, 2.0, -2.0], [-1.0, 2.0, -3.0], [1.0, -1.0, 0.5], [-1.0, -2.0, -3.0]])
TRUTH = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], bool)


def test_figures_by_hand():
    decided = decide(Decision(mode="multi"), SCORES)
    found = multi_label.figures(Answers(*ranked(SCORES), 1.0), TRUTH, ("a", "b", "c"), decided).document()
    assert (found["n"], found["top1"], found["top5"]) == (4, 0.5, 0.75)
    assert [item["recall"] for item in found["per_class"]] == [1.0, 1.0, 0.5]
    assert [item["precision"] for item in found["per_class"]] == [0.5, 1.0, 1.0]
    assert found["micro_f1"] == pytest.approx(2 * 4 / (5 + 5)) and found["exact_match"] == 0.5
    assert found["confusion"] == [[1, 1, 0], [1, 2, 0], [1, 1, 1]]
    assert found["mean_average_precision"] == pytest.approx((1 + 1 + (1 + 2 / 4) / 2) / 3, abs=0.2)
    said = multi_label.decided_figures(TRUTH, decided, {}).document()
    assert (said["coverage"], said["accuracy"]) == (0.75, pytest.approx(1 / 3))
