"""Executes a decision: from scores to probabilities, from those to an answer, and from frames to a consensus.

`docs/decision.md` specifies every step. The exponential and the logarithm are computed from sums, products and
quotients alone, because those of two languages differ in the last bit.
"""

import collections
import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from tfl_lite_suite.core.decision import Decision, Frames
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array

NONE_OF_THESE = -1

_LOG2_E = 1.4426950408889634
# The first part has 21 trailing zero bits, so that its products with small whole numbers are exact.
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_LN2, _SQRT_HALF = 0.6931471805599453, 0.7071067811865476
_LEAST_EXPONENT = -700.0
_EXP_TERMS = tuple(1.0 / math.factorial(power) for power in range(14))
_LN_TERMS = tuple(1.0 / power for power in range(1, 22, 2))
# A share times a window is a whole number that floating point may miss.
_COUNT_SLACK = 1e-9
# Pictures at a time; more do not fit into the processor's cache.
_BLOCK = 64


@dataclasses.dataclass(frozen=True)
class Decided:
    """The answers to some pictures.

    Attributes:
        probabilities: Of each class, float64 `(n, classes)`; NaN where a score is NaN.
        answered: Which classes are answered, bool `(n, classes)`; in `single` mode at most one a picture.
        top: The class answered, or of several the one with the highest score; int64 `(n,)`, −1 for none of these.
        certainty: What `reject.threshold` is compared with, float64 `(n,)`; the greatest probability for `none`.
    """

    probabilities: Array
    answered: Array
    top: Array
    certainty: Array

    @property
    def rejected(self) -> Array:
        """Which pictures are none of the classes, bool `(n,)`."""
        return np.asarray(self.top == NONE_OF_THESE)


def decide(decision: Decision, scores: Array) -> Decided:
    """Answers pictures by their scores.

    Args:
        decision: How.
        scores: Real values of a model's output, `(n, classes)`: float32 as dequantized, or float64.

    Raises:
        SuiteError: If there is not one threshold a class.
    """
    count, classes = scores.shape
    if decision.thresholds and len(decision.thresholds) != classes:
        raise SuiteError(f"decision.thresholds: expected one a class, {classes}. Received: {len(decision.thresholds)}")
    if count > _BLOCK:
        parts = [decide(decision, scores[first : first + _BLOCK]) for first in range(0, count, _BLOCK)]
        names = [field.name for field in dataclasses.fields(Decided)]
        return Decided(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    found = probabilities(decision, scores)
    known = certainty(decision, scores, found)
    least = np.array(decision.thresholds or [0.0 if decision.mode == "single" else 0.5] * classes)
    answered = found >= least
    if decision.reject.score != "none":
        answered &= (known >= decision.reject.threshold)[:, None]
    values = np.where(np.isnan(scores), -np.inf, scores).astype(np.float64)
    if decision.mode == "single" and decision.thresholds:
        gain = np.where(answered, found / least, -1.0)
        answered &= gain == gain.max(axis=1, keepdims=True)
    # Of equal scores the class with the lowest index comes first.
    top = np.where(answered, values, -np.inf).argmax(axis=1)
    rows = np.arange(count)
    top = np.where(answered.any(axis=1), np.where(answered[rows, top], top, answered.argmax(axis=1)), NONE_OF_THESE)
    if decision.mode == "single":
        answered = answered & (np.arange(classes) == top[:, None])
    return Decided(found, answered, top, known)


def probabilities(decision: Decision, scores: Array) -> Array:
    """Returns what scores mean.

    Args:
        decision: How to read them.
        scores: `(n, classes)`.

    Returns:
        float64 `(n, classes)`; a row of NaN where a score is NaN.
    """
    values = np.asarray(scores, np.float64)
    broken: Array = np.isnan(values).any(axis=1)
    if decision.scores == "logits":
        # Float files may overflow; the largest finite value keeps the order and the arithmetic.
        values = np.clip(np.where(np.isnan(values), 0.0, values), -1e30, 1e30)
        if decision.mode == "single":
            powers = exponential((values - values.max(axis=1, keepdims=True)) / decision.temperature)
            values = powers / _sum(powers)[:, None]
        else:
            powers = exponential(-np.abs(values / decision.temperature))
            values = np.where(values >= 0, 1.0, powers) / (1.0 + powers)
    return np.where(broken[:, None], np.nan, values)


def certainty(decision: Decision, scores: Array, found: Array) -> Array:
    """Returns how surely each picture is one of the classes at all, by `decision.reject.score`.

    Args:
        decision: Which score.
        scores: `(n, classes)`.
        found: Their `probabilities`.

    Returns:
        float64 `(n,)`; NaN where a score is NaN.
    """
    if decision.reject.score == "energy":
        values = np.clip(np.asarray(scores, np.float64), -1e30, 1e30)
        if decision.mode == "single":
            most = values.max(axis=1)
            return np.asarray(most + logarithm(_sum(exponential(values - most[:, None]))))
        return _sum(np.maximum(values, 0.0) + logarithm(1.0 + exponential(-np.abs(values))))
    if decision.reject.score == "margin" and found.shape[1] > 1:
        second, first = np.sort(found, axis=1)[:, -2:].T
        return np.asarray(first - second)
    if decision.reject.score == "entropy":
        some = np.where(found > 0, found, 1.0)
        return _sum(some * logarithm(some))
    return np.asarray(found.max(axis=1))


def exponential(values: Array) -> Array:
    """Returns e to the power of values at most 0, the same bits on every machine; 0 below −700."""
    whole = np.where(np.isnan(values), 0.0, np.maximum(values, _LEAST_EXPONENT))
    twos = np.floor(whole * _LOG2_E + 0.5)
    rest = (whole - twos * _LN2_HIGH) - twos * _LN2_LOW
    total = np.full_like(rest, _EXP_TERMS[-1])
    for term in _EXP_TERMS[-2::-1]:
        total = total * rest + term
    powers = np.where(values < _LEAST_EXPONENT, 0.0, np.ldexp(total, twos.astype(np.int64)))
    return np.where(np.isnan(values), np.nan, powers)


def logarithm(values: Array) -> Array:
    """Returns the natural logarithm of values above 0, the same bits on every machine."""
    mantissa: Array
    mantissa, twos = np.frexp(values)
    small = mantissa < _SQRT_HALF
    mantissa, twos = np.where(small, mantissa * 2.0, mantissa), np.where(small, twos - 1, twos)
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    total: Array = np.full_like(square, _LN_TERMS[-1])
    for term in _LN_TERMS[-2::-1]:
        total = total * square + term
    return np.asarray(twos * _LN2 + 2.0 * ratio * total)


def _sum(values: Array) -> Array:
    """Returns the sum over the classes, added one after another; NumPy's own order depends on their number."""
    total = values[:, 0].copy()
    for index in range(1, values.shape[1]):
        total += values[:, index]
    return np.asarray(total)


class Consensus:
    """What several successive frames agree on."""

    def __init__(self, frames: Frames) -> None:
        """Starts with an empty window."""
        self._enter = frames.share * frames.window - _COUNT_SLACK
        self._stay = (frames.share - frames.hysteresis) * frames.window - _COUNT_SLACK
        self._window: collections.deque[tuple[int, ...]] = collections.deque(maxlen=frames.window)
        self._announced: tuple[int, ...] = ()

    def add(self, answered: Iterable[int]) -> tuple[int, ...]:
        """Takes the next frame's answer.

        Args:
            answered: The classes answered; empty for none of these.

        Returns:
            The classes announced now, the one that most frames answered first; of as many, one announced before
            comes first, then the lowest index. Empty for none of these. In `single` mode the first counts.
        """
        self._window.append(tuple(answered))
        counts = collections.Counter(label for frame in self._window for label in frame)
        kept = [label for label, count in counts.items() if count >= self._least(label)]
        rank = {label: place for place, label in enumerate(self._announced)}
        kept.sort(key=lambda label: (-counts[label], rank.get(label, len(rank)), label))
        self._announced = tuple(kept)
        return self._announced

    def _least(self, label: int) -> float:
        return self._stay if label in self._announced else self._enter
