"""Thresholds of the classes and of the score that rejects, so that wishes hold on pictures not seen while fitting.

For a wished share r, of n pictures ceil((n + 1) r) must comply: the share that is expected of new pictures is then at
least r (split conformal prediction: Vovk et al., 2005; Angelopoulos and Bates, 2021, https://arxiv.org/abs/2107.07511).
"""

import math

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import Decided, certainty, decide, probabilities
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.decide.wishes import EVERY, Wishes

# A threshold taken from a picture must be reached by that picture in spite of rounding.
_BELOW = 1 - 1e-9
_LEAST = 1e-9
_PASSES = 4
_COST_PASSES = 3
_COST_CANDIDATES = 60
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
    return math.nextafter(blocked, math.inf) / _BELOW if blocked > 0 else math.nextafter(blocked, math.inf)


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
        wishes: What is wanted; recall goes before false alarms.
        names: The classes' names.
    """
    wished = {
        index: (wishes.min_recall.get(name), wishes.limit_of(name))
        for index, name in enumerate(names)
        if name in wishes.min_recall or wishes.limit_of(name) is not None
    }
    if not wished:
        return decision
    chances = probabilities(decision, scores)
    kept = np.ones(len(scores), bool)
    if decision.reject.score != "none":
        kept = certainty(decision, scores, chances) >= decision.reject.threshold
    base = 1.0 / len(names) if decision.mode == "single" else 0.5
    least = np.array(decision.thresholds or [base] * len(names))
    begin = least.copy()
    for _ in range(_PASSES if decision.mode == "single" else 1):
        for index, (recall, alarms) in wished.items():
            reach = np.where(kept, _reach(decision.mode, chances, least, index), -np.inf)
            least[index] = _chosen(reach, truth[:, index], recall, alarms, begin[index])
    return _with(decision, least)


def _reach(mode: str, chances: Array, least: Array, index: int) -> Array:
    """Returns the greatest threshold of a class with which each picture would be answered with it."""
    own = chances[:, index]
    if mode == "multi":
        return own
    gains = np.where(chances >= least, chances / least, 0.0)
    gains[:, index] = 0.0
    rival = gains.max(axis=1)
    return np.where(rival > 0, np.minimum(own, own / np.maximum(rival, 1e-300)), own)


def _chosen(reach: Array, of_it: Array, recall: float | None, alarms: float | None, preferred: float) -> float:
    most = math.inf
    if recall is not None and of_it.any():
        most = greatest_kept_by(reach[of_it], must_comply(int(of_it.sum()), recall)) * _BELOW
    least = 0.0
    if alarms is not None and (~of_it).any():
        others = reach[~of_it]
        least = least_passed_by(others, may_comply(len(others), alarms))
    return float(np.clip(min(max(preferred, least), most), _LEAST, 1.0))


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
        least[index] = min(1.0, max(_LEAST, (own[order[ends[best]]] + below) / 2))
    return _with(decision, least)


def cheapest(decision: Decision, scores: Array, truth: Array, matrix: Array) -> Decision:
    """Returns the decision with the thresholds that cost least on the pictures.

    Args:
        decision: For one label a picture.
        scores: `(n, classes)`.
        truth: Which class each picture shows, bool `(n, classes)`.
        matrix: From `wishes.cost_matrix`.
    """
    labels = truth.argmax(axis=1)
    chances = probabilities(decision, scores)
    least = np.full(truth.shape[1], 1.0 / truth.shape[1])

    def cost(values: Array) -> float:
        return float(matrix[labels, decide(_with(decision, values), scores).top].mean())

    touched = [index for index in range(len(least)) if _matters(matrix, index)]
    best = cost(least)
    for _ in range(_COST_PASSES):
        for index in touched:
            reach = np.unique(_reach("single", np.nan_to_num(chances), least, index))
            quantiles = np.quantile(reach, np.linspace(0, 1, _COST_CANDIDATES))
            for candidate in np.clip(quantiles * _BELOW, _LEAST, 1.0):
                tried = least.copy()
                tried[index] = candidate
                found = cost(tried)
                if found < best - 1e-12:
                    best, least = found, tried
    return _with(decision, least)


def _matters(matrix: Array, index: int) -> bool:
    """Whether a class's costs, as truth or as answer, are other than those of any error."""
    plain = 1.0 - np.eye(len(matrix), matrix.shape[1])
    return bool((matrix[index] != plain[index]).any() or (matrix[:, index] != plain[:, index]).any())


def alarms(decided: Decided, truth: Array, index: int) -> tuple[int, int]:
    """Returns how many pictures of other classes are answered with a class, and how many there are."""
    others = ~truth[:, index]
    return int((decided.answered[:, index] & others).sum()), int(others.sum())
