"""Thresholds of the classes and of the score that rejects, so that wishes hold on pictures not seen while fitting.

For a wished share r, of n pictures ceil((n + 1) r) must comply: the share that is expected of new pictures is then at
least r (split conformal prediction: Vovk et al., 2005; Angelopoulos and Bates, 2021, https://arxiv.org/abs/2107.07511).
"""

import math
from collections.abc import Mapping

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import Decided, certainty, probabilities
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.decide import search
from tfl_lite_suite.decide.search import BELOW, LEAST
from tfl_lite_suite.decide.wishes import EVERY, Wishes, cost_matrix

_LEAST_POSITIVES = 10


def must_comply(count: int, share: float) -> int:
    """Returns how many of some pictures must comply so that of new ones a share is expected to."""
    return min(count, math.ceil((count + 1) * share - 1e-9))


def may_comply(count: int, share: float) -> int:
    """Returns how many of some pictures may comply so that of new ones no more than a share is expected to."""
    return max(0, math.floor((count + 1) * share + 1e-9) - 1)


def greatest_kept_by(values: Array, count: int) -> float:
    """Returns the greatest threshold that at least `count` values reach; −∞ for none."""
    return float(np.sort(values)[len(values) - count]) if count else math.inf


def least_passed_by(values: Array, count: int) -> float:
    """Returns the least threshold that at most `count` values reach; −∞ where all may."""
    if count >= len(values):
        return -math.inf
    blocked = float(np.sort(values)[len(values) - count - 1])
    return math.nextafter(blocked, math.inf) / BELOW if blocked > 0 else math.nextafter(blocked, math.inf)


def reject_threshold(
    known: Array, truth: Array, unknown: Array | None, wishes: Wishes, names: tuple[str, ...]
) -> float:
    """Returns the threshold of the score that rejects.

    Args:
        known: The score of pictures of the classes, `(n,)`.
        truth: Which classes each shows, bool `(n, classes)`.
        unknown: The score of pictures of none of the classes, if there are any.
        wishes: What is wanted. False alarms decide before `keep`, and `min_recall` before both.
        names: The classes' names.
    """
    keep = wishes.keep if wishes.keep is not None else 0.95 if unknown is not None else 1.0
    least = greatest_kept_by(known, must_comply(len(known), keep))
    limit = wishes.max_false_alarms.get(EVERY)
    if unknown is not None and limit is not None:
        least = max(least, least_passed_by(unknown, may_comply(len(unknown), limit)))
    for name, share in wishes.min_recall.items():
        of_it = known[truth[:, names.index(name)]]
        if len(of_it):
            # Half of what may be missed is left to the class's own threshold.
            least = min(least, greatest_kept_by(of_it, must_comply(len(of_it), (1 + share) / 2)))
    return least


def fit(decision: Decision, scores: Array, truth: Array, wishes: Wishes, names: tuple[str, ...]) -> Decision:
    """Returns the decision with thresholds that keep to the wishes as far as they can be kept.

    Args:
        decision: With temperature and `reject`; its thresholds are where the search begins.
        scores: `(n, classes)`.
        truth: Which classes each picture shows, bool `(n, classes)`.
        wishes: What is wanted; recall goes before false alarms, and both before costs.
        names: The classes' names.
    """
    wished = {
        index: (wishes.min_recall.get(name), wishes.limit_of(name))
        for index, name in enumerate(names)
        if name in wishes.min_recall or wishes.limit_of(name) is not None
    }
    if not wished and not wishes.costs:
        return decision
    found = probabilities(decision, scores)
    chances = np.nan_to_num(found)
    if decision.reject.score != "none":
        sure = certainty(decision, scores, found)
        chances[~(sure >= decision.reject.threshold)] = 0.0
    if decision.mode == "multi":
        least = np.array(decision.thresholds or [0.5] * len(names))
        for index, (recall, alarms) in wished.items():
            least[index] = _chosen(chances[:, index], truth[:, index], recall, alarms, least[index])
        return _with(decision, least)
    goal = _goal(chances, truth, wished, wishes, names)
    movable = set(wished)
    if goal.costs is not None:
        movable |= {index for index in range(len(names)) if _matters(goal.costs, index)}
    begin = np.array(decision.thresholds or [1.0 / len(names)] * len(names))
    return _with(decision, search.best(goal, begin, np.array(sorted(movable), np.int64)))


def _goal(
    chances: Array,
    truth: Array,
    wished: Mapping[int, tuple[float | None, float | None]],
    wishes: Wishes,
    names: tuple[str, ...],
) -> search.Goal:
    counts = truth.sum(axis=0)
    needed, allowed = np.zeros(len(names), np.int64), np.full(len(names), len(truth), np.int64)
    for index, (recall, alarms) in wished.items():
        if recall is not None:
            needed[index] = must_comply(int(counts[index]), recall)
        if alarms is not None:
            allowed[index] = may_comply(len(truth) - int(counts[index]), alarms)
    costs = cost_matrix(wishes.costs, names) if wishes.costs else None
    return search.Goal(chances, truth.argmax(axis=1), needed, allowed, costs)


def _chosen(reach: Array, of_it: Array, recall: float | None, alarms: float | None, preferred: float) -> float:
    most = math.inf
    if recall is not None and of_it.any():
        most = greatest_kept_by(reach[of_it], must_comply(int(of_it.sum()), recall)) * BELOW
    least = 0.0
    if alarms is not None and (~of_it).any():
        others = reach[~of_it]
        least = least_passed_by(others, may_comply(len(others), alarms))
    return float(np.clip(min(max(preferred, least), most), LEAST, 1.0))


def _with(decision: Decision, least: Array) -> Decision:
    return Decision(
        decision.mode,
        decision.scores,
        decision.temperature,
        tuple(float(value) for value in least),
        decision.reject,
        decision.frames,
    )


def best_f1(decision: Decision, scores: Array, truth: Array) -> Decision:
    """Returns the decision of several labels with the threshold of each class that gives it the best F1.

    A class with fewer than ten pictures keeps 0.5.
    """
    chances, least = probabilities(decision, scores), np.full(truth.shape[1], 0.5)
    for index in range(truth.shape[1]):
        of_it, own = truth[:, index], np.nan_to_num(chances[:, index])
        if of_it.sum() < _LEAST_POSITIVES:
            continue
        order = np.argsort(-own, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(own[order])), len(own) - 1)
        hits = np.cumsum(of_it[order])[ends]
        scored = 2 * hits / (ends + 1 + of_it.sum())
        best = int(scored.argmax())
        below = own[order[ends[best] + 1]] if best + 1 < len(ends) else 0.0
        # Halfway to the next value, which generalizes better than the value itself.
        least[index] = min(1.0, max(LEAST, (own[order[ends[best]]] + below) / 2))
    return _with(decision, least)


def _matters(matrix: Array, index: int) -> bool:
    """Whether a class's costs, as truth or as answer, are other than those of any error."""
    plain = 1.0 - np.eye(len(matrix), matrix.shape[1])
    return bool((matrix[index] != plain[index]).any() or (matrix[:, index] != plain[:, index]).any())


def alarms(decided: Decided, truth: Array, index: int) -> tuple[int, int]:
    """Returns how many pictures of other classes are answered with a class, and how many there are."""
    others = ~truth[:, index]
    return int((decided.answered[:, index] & others).sum()), int(others.sum())
