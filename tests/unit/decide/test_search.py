import itertools

import numpy as np
import pytest

from tfl_lite_suite.decide import search


def pictures(count, seed):
    """Probabilities of three classes that are often confused, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    scores = rng.normal(0, 1, (count, 3))
    scores[np.arange(count), labels] += 1.0
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True), labels


def short_of(goal, least):
    """What is missed, exceeded and paid, computed anew."""
    gains = np.where(goal.chances >= least, goal.chances / least, 0.0)
    answers = np.where(gains.max(axis=1) > 0, gains.argmax(axis=1), 3)
    counts = np.bincount(goal.labels, minlength=3)
    hits = np.array([np.sum((answers == label) & (goal.labels == label)) for label in range(3)])
    alarms = np.bincount(answers, minlength=4)[:3] - hits
    missed = np.sum(np.maximum(goal.needed - hits, 0) / counts)
    exceeded = np.sum(np.maximum(alarms - goal.allowed, 0) / (len(goal.labels) - counts))
    return missed, exceeded, 0.0 if goal.costs is None else goal.costs[goal.labels, answers].mean()


COSTS = np.array([[0, 9.0, 9, 2], [1, 0, 1, 1], [1, 1, 0, 1]])
GOALS = {
    "two recalls": ((65, 60, 0), (200, 200, 200), None),
    "recall and alarms": ((40, 0, 0), (10, 200, 200), None),
    "alarms": ((0, 0, 0), (5, 5, 200), None),
    "costs": ((0, 0, 0), (200, 200, 200), COSTS),
    "recall and costs": ((0, 45, 0), (200, 200, 200), COSTS),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", GOALS)
def test_nothing_on_a_fine_grid_is_better(name, seed):
    chances, labels = pictures(200, seed)
    needed, allowed, costs = GOALS[name]
    goal = search.Goal(chances, labels, np.array(needed), np.array(allowed), costs)
    found = short_of(goal, search.best(goal, np.full(3, 1 / 3), np.arange(2)))
    grid = np.append(np.geomspace(0.01, 1, 25), 1 / 3)
    best = min(short_of(goal, np.array([one, other, 1 / 3])) for one, other in itertools.product(grid, grid))
    assert found <= tuple(np.array(best) + 1e-9)


def test_what_is_kept_already_stays():
    chances, labels = pictures(200, 3)
    goal = search.Goal(chances, labels, np.array([5, 0, 0]), np.full(3, 200))
    assert np.array_equal(search.best(goal, np.full(3, 1 / 3), np.arange(1)), np.full(3, 1 / 3))


def test_the_other_classes_move_only_where_that_keeps_the_wishes():
    chances, labels = pictures(200, 4)
    for needed in range(40, int((labels == 0).sum()), 5):
        goal = search.Goal(chances, labels, np.array([needed, 0, 0]), np.array([40, 200, 200]))
        least = search.best(goal, np.full(3, 1 / 3), np.arange(1))
        assert np.array_equal(least[1:], np.full(2, 1 / 3)) or short_of(goal, least)[:2] == (0, 0)
        assert np.array_equal(least, search.best(goal, np.full(3, 1 / 3), np.arange(1)))
