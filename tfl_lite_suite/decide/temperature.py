"""The temperature that makes a file's probabilities true."""

import math

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import probabilities
from tfl_lite_suite.core.types import Array

_LEAST, _MOST = math.log(0.01), math.log(900.0)
_STEPS = 40
_GOLDEN = (math.sqrt(5) - 1) / 2


def fit(scores: Array, truth: Array, mode: str) -> float:
    """Returns the temperature with the greatest likelihood on labelled pictures.

    One imagined error among them keeps a model without errors from claiming certainty.

    Args:
        scores: Logits, `(n, classes)`; rows with NaN are left out.
        truth: Which classes each picture shows, bool `(n, classes)`.
        mode: `single` or `multi`, as in a decision.

    Source: Guo et al., 2017, https://arxiv.org/abs/1706.04599; the imagined error as in Platt, 1999.
    """
    usable = np.isfinite(scores).all(axis=1)
    scores, truth = scores[usable], truth[usable]
    if not len(scores):
        return 1.0
    error = 1 / (len(scores) + 2)
    others = truth.shape[1] - 1 if mode == "single" else 1
    target = np.where(truth, 1 - error, error / max(others, 1))

    def loss(logarithm: float) -> float:
        found = probabilities(Decision(mode=mode, temperature=math.exp(logarithm)), scores)  # type: ignore[arg-type]
        missed = np.log(np.maximum(found, 1e-300))
        if mode == "single":
            return float(-(target * missed).sum(axis=1).mean())
        return float(-(target * missed + (1 - target) * np.log(np.maximum(1 - found, 1e-300))).mean())

    low, high = _LEAST, _MOST
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_inner, at_outer = loss(inner), loss(outer)
    for _ in range(_STEPS):
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - _GOLDEN * (high - low)
            at_inner = loss(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + _GOLDEN * (high - low)
            at_outer = loss(outer)
    return round(math.exp((low + high) / 2), 6)
