"""How far a decision keeps to what was wanted of it, with intervals."""

import dataclasses
import math

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import Decided, decide, probabilities
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.decide import Scored, temperature
from tfl_lite_suite.decide.result import AnswerCosts, Calibration, WishCheck
from tfl_lite_suite.decide.thresholds import alarms
from tfl_lite_suite.decide.wishes import EVERY, Wishes, cost_matrix
from tfl_lite_suite.evaluate import metrics


def wishes(decided: Decided, unknown: Decided | None, scored: Scored, wanted: Wishes) -> list[WishCheck]:
    """Compares wishes with what a decision does; see `decide.report`.

    Args:
        decided: The answers to pictures of the classes.
        unknown: Those to pictures of none of the classes.
        scored: The pictures.
        wanted: The wishes.
    """
    found = []
    for name, share in wanted.min_recall.items():
        of_it = scored.truth[:, scored.names.index(name)]
        hits = int(decided.answered[of_it, scored.names.index(name)].sum())
        found.append(_row("min_recall", name, share, hits, int(of_it.sum())))
    for index, name in enumerate(scored.names):
        limit = wanted.limit_of(name)
        if limit is not None:
            found.append(_row("max_false_alarms", name, limit, *alarms(decided, scored.truth, index)))
    if unknown is not None and EVERY in wanted.max_false_alarms:
        answered = int((~unknown.rejected).sum())
        found.append(_row("max_false_alarms", "unknown", wanted.max_false_alarms[EVERY], answered, len(unknown.top)))
    return found


def _row(wish: str, name: str, wanted: float, count: int, of: int) -> WishCheck:
    received = count / of if of else None
    met = received is not None and (received >= wanted if wish == "min_recall" else received <= wanted)
    return WishCheck(
        wish=wish, of=name, wanted=wanted, received=received, ci95=metrics.wilson(count, of), n=of, met=met
    )


def costs(decision: Decision, decided: Decided, scored: Scored, wanted: Wishes) -> AnswerCosts | None:
    """Returns the mean cost of an answer, with intervals by the normal distribution; `None` without costs."""
    if not wanted.costs or decision.mode != "single":
        return None
    matrix, labels = cost_matrix(wanted.costs, scored.names), scored.truth.argmax(axis=1)
    plain = decide(dataclasses.replace(decision, thresholds=()), scored.scores)
    reached, without = (matrix[labels, answers.top] for answers in (decided, plain))
    saved = without - reached
    half = 1.96 * float(saved.std()) / math.sqrt(len(saved))
    return AnswerCosts(
        reached=float(reached.mean()),
        without=float(without.mean()),
        saved_ci95=(float(saved.mean()) - half, float(saved.mean()) + half),
    )


def calibration(decision: Decision, scored: Scored) -> Calibration:
    """Returns the calibration error before and after fitting, each picture by a temperature fitted without it."""
    if decision.scores == "probabilities":
        before, chance = _error(probabilities(decision, scored.scores), scored.truth, decision.mode)
        return Calibration(before=before, after=before, by_chance=chance)
    plain = Decision(mode=decision.mode)
    found = np.empty(scored.scores.shape)
    halves = np.random.default_rng(0).permutation(len(found)) % 2
    for half in (0, 1):
        inside, others = halves == half, halves != half
        heat = temperature.fit(scored.scores[others], scored.truth[others], decision.mode)
        found[inside] = probabilities(Decision(mode=decision.mode, temperature=heat), scored.scores[inside])
    before, _ = _error(probabilities(plain, scored.scores), scored.truth, decision.mode)
    after, chance = _error(found, scored.truth, decision.mode)
    return Calibration(before=before, after=after, by_chance=chance)


def _error(chances: Array, truth: Array, mode: str) -> tuple[float | None, float | None]:
    usable = ~np.isnan(chances).any(axis=1)
    chances, truth = chances[usable], truth[usable]
    if not len(chances):
        return None, None
    if mode == "multi":
        sure, right = np.maximum(chances, 1 - chances).ravel(), ((chances >= 0.5) == truth).ravel()
    else:
        sure, right = chances.max(axis=1), truth[np.arange(len(truth)), chances.argmax(axis=1)]
    return metrics.calibration_error(sure, right), metrics.calibration_error_by_chance(sure)
