import numpy as np
import pytest

from tfl_lite_suite.core.decision import Decision, Reject
from tfl_lite_suite.core.decision_rules import decide
from tfl_lite_suite.decide import thresholds
from tfl_lite_suite.decide.wishes import Wishes, cost_matrix

NAMES = ("good", "crack", "dirt")


def pictures(count, seed, rare=0.05):
    """Scores of three classes, the second rare and hard to tell from the first, in the steps of an int8 output."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, count, p=[0.75 - rare, rare, 0.25])
    scores = rng.normal(0, 1, (count, 3))
    scores[np.arange(count), labels] += np.array([2.5, 1.0, 2.5])[labels]
    return np.round(scores / 0.0625) * 0.0625, labels[:, None] == np.arange(3)


def recall(decision, scores, truth, index):
    return decide(decision, scores).answered[truth[:, index], index].mean()


@pytest.mark.parametrize("wanted", [0.8, 0.95])
def test_a_wished_recall_is_kept_on_average_on_new_pictures(wanted):
    found = []
    for seed in range(12):
        scores, truth = pictures(1500, seed)
        decision = thresholds.fit(Decision(), scores, truth, Wishes({"crack": wanted}), NAMES)
        assert recall(decision, scores, truth, 1) >= wanted
        found.append(recall(decision, *pictures(6000, 100 + seed), 1))
    assert np.mean(found) == pytest.approx(wanted + 0.005, abs=0.025)


def test_what_is_kept_already_changes_nothing():
    scores, truth = pictures(1000, 0)
    plain = thresholds.fit(Decision(), scores, truth, Wishes({"good": 0.5}), NAMES)
    assert np.array_equal(decide(plain, scores).top, scores.argmax(1))
    assert thresholds.fit(Decision(), scores, truth, Wishes(), NAMES) == Decision()


def test_false_alarms_are_limited_where_recall_lets_them():
    scores, truth = pictures(4000, 1)
    limited = thresholds.fit(Decision(), scores, truth, Wishes({}, {"crack": 0.002}), NAMES)
    assert 0 < thresholds.alarms(decide(limited, scores), truth, 1)[0] <= 0.002 * (~truth[:, 1]).sum()
    both = thresholds.fit(Decision(), scores, truth, Wishes({"crack": 0.95}, {"crack": 0.002}), NAMES)
    assert recall(both, scores, truth, 1) >= 0.95
    assert thresholds.alarms(decide(both, scores), truth, 1)[0] > 0.002 * (~truth[:, 1]).sum()


def test_rejection_keeps_known_pictures_and_a_wished_recall():
    scores, truth = pictures(2000, 2)
    sure = decide(Decision(), scores).probabilities.max(1)
    unknown = np.random.default_rng(0).random(500) * 0.7
    least = thresholds.reject_threshold(sure, truth, unknown, Wishes(), NAMES)
    assert 0.95 <= (sure >= least).mean() < 0.96
    strict = thresholds.reject_threshold(sure, truth, unknown, Wishes({}, {"": 0.02}), NAMES)
    assert (unknown >= strict).mean() <= 0.02 < (unknown >= least).mean()
    wish = Wishes({"crack": 0.99}, {"": 0.02})
    lenient = thresholds.reject_threshold(sure, truth, unknown, wish, NAMES)
    rejecting = Decision(reject=Reject("max_probability", lenient))
    assert recall(thresholds.fit(rejecting, scores, truth, wish, NAMES), scores, truth, 1) >= 0.99


def test_costs_move_answers_to_the_cheaper_error():
    scores, truth = pictures(3000, 4)
    costs = {("crack", "good"): 30.0, ("crack", "dirt"): 30.0}
    matrix, decision = cost_matrix(costs, NAMES), thresholds.fit(Decision(), scores, truth, Wishes(costs=costs), NAMES)
    fresh, labels = pictures(3000, 5)
    paid = [matrix[labels.argmax(1), decide(said, fresh).top].mean() for said in (Decision(), decision)]
    assert paid[1] < 0.8 * paid[0]


def test_several_labels_get_the_threshold_of_the_best_f1():
    rng = np.random.default_rng(0)
    truth = rng.random((2000, 2)) < [0.05, 0.5]
    scores = rng.normal(0, 1, (2000, 2)) + np.where(truth, [0.5, 2.0], [-3.0, -2.0])
    decision = thresholds.best_f1(Decision(mode="multi"), scores, truth)
    assert decision.thresholds[0] < 0.4 < decision.thresholds[1] < 0.6


def test_how_many_must_and_may():
    assert (thresholds.must_comply(99, 0.95), thresholds.must_comply(10, 0.95)) == (95, 10)
    assert (thresholds.may_comply(99, 0.05), thresholds.may_comply(10, 0.05)) == (4, 0)
