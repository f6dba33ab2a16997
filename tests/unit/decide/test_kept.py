import numpy as np
import pytest

from tfl_lite_suite import decide
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import decide as answer
from tfl_lite_suite.decide import kept
from tfl_lite_suite.decide.wishes import Wishes

SCORES = np.array([[3.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 0.0]])
TRUTH = np.array([[True, False], [False, True], [False, True], [True, False]])
SCORED = decide.Scored(SCORES, TRUTH, ("good", "crack"), SCORES[:2])


def test_wishes_by_hand():
    wanted = Wishes({"crack": 0.9, "good": 1.0}, {"": 0.5})
    rows = kept.wishes(answer(Decision(), SCORES), answer(Decision(), SCORES[:2]), SCORED, wanted)
    assert [(row.wish, row.of, row.received, row.n, row.met) for row in rows] == [
        ("min_recall", "crack", 0.5, 2, False),
        ("min_recall", "good", 1.0, 2, True),
        ("max_false_alarms", "good", 0.5, 2, True),
        ("max_false_alarms", "crack", 0.0, 2, True),
        ("max_false_alarms", "unknown", 1.0, 2, False),
    ]
    low, high = rows[0].ci95
    assert low < 0.5 < high


def test_calibration_is_told_by_temperatures_fitted_on_others():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 2000)
    scores = np.where(labels[:, None] == np.arange(2), 10.0, 0.0)
    wrong = rng.random(2000) < 0.2
    scores[wrong] = scores[wrong][:, ::-1]
    found = kept.calibration(Decision(), decide.Scored(scores, labels[:, None] == np.arange(2), ("a", "b")))
    assert found.before == pytest.approx(0.2, abs=0.03) and found.after < 0.03
    assert 0 < found.by_chance < 0.02


def test_costs_are_told_with_and_without_thresholds():
    costs = Wishes(costs={("crack", "good"): 9.0})
    low = Decision(thresholds=(0.99, 0.01))
    found = kept.costs(low, answer(low, SCORES), SCORED, costs)
    assert (found.reached, found.without) == (0.5, 2.25)
    assert found.saved_ci95[0] < 1.75 < found.saved_ci95[1]
    assert kept.costs(low, answer(low, SCORES), SCORED, Wishes()) is None
