"""Which epoch is the best: one figure of the answers to the validation images, gathered over several processes."""

from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import Split
from tfl_lite_suite.models.graph.logits import divergence, root

ROOT_KL = "root_kl"
_FALLING = ("loss", ROOT_KL)


def counts(logits: Array, split: Split) -> Array:
    """Counts what every figure is made of; counts of several parts of the pictures add up.

    Args:
        logits: Scores of the pictures, float32 `(n, classes)`.
        split: The pictures. Of several labels each counts by itself, and a class is answered from a logit of 0.

    Returns:
        Float64 `(3 + 3 * classes,)`: pictures with a label, those whose highest score is a label, the summed
        cross-entropy; and for each class right answers, false alarms and misses.
    """
    truth = split.one_hot() > 0
    places = np.arange(len(truth))
    best = logits.argmax(axis=1)
    logits = logits.astype(np.float64)
    if split.targets is None:
        answers = np.zeros_like(truth)
        answers[places, best] = True
        greatest = logits.max(axis=1)
        loss = np.log(np.exp(logits - greatest[:, None]).sum(axis=1)) + greatest - logits[places, split.labels]
    else:
        answers = logits > 0
        loss = (np.logaddexp(0, logits) - truth * logits).sum(axis=1)
    by_class = [(truth & answers).sum(axis=0), (~truth & answers).sum(axis=0), (truth & ~answers).sum(axis=0)]
    return np.concatenate([[truth.any(axis=1).sum(), truth[places, best].sum(), loss.sum()], *by_class])


def figures(counted: Array, pictures: int) -> dict[str, float]:
    """Returns every figure that can choose an epoch; classes without pictures are left out.

    Args:
        counted: The sum of `counts`.
        pictures: Number of pictures.

    Returns:
        `top1`, `balanced_accuracy`, `macro_f1` (shares) and `loss`.
    """
    labelled, hits, loss = counted[:3]
    right, false, missed = counted[3:].reshape(3, -1)
    there = right + missed > 0
    recall = right[there] / (right + missed)[there]
    f1 = 2 * right[there] / (2 * right + false + missed)[there]
    return {
        "top1": float(hits / max(labelled, 1)),
        "balanced_accuracy": float(recall.mean()) if there.any() else 0.0,
        "macro_f1": float(f1.mean()) if there.any() else 0.0,
        "loss": float(loss / max(pictures, 1)),
    }


def better(select: str, one: float, other: float) -> bool:
    """Whether a value of a figure is better than another."""
    return one < other if select in _FALLING else one > other


def best(select: str, values: Sequence[float]) -> int:
    """Returns the place of the best value of a figure, the first of equal ones."""
    return int((np.argmin if select in _FALLING else np.argmax)(values))


def right(logits: Array, split: Split) -> Array:
    """Returns whether the highest score of each picture is one of its labels, float64 `(n,)`."""
    return (split.one_hot()[np.arange(len(split)), logits.argmax(axis=1)] > 0).astype(np.float64)


def nearness(logits: Array, expected: Array, split: Split) -> Array:
    """Returns how near the answers to pictures are to those of another network, float64 `(n,)`, at most 0.

    It is the negative `root` of the Kullback-Leibler divergence; of several labels, of the sum over the classes.
    """
    if split.targets is None:
        return -root(divergence(expected, logits))
    ours, theirs = (np.stack([scores, np.zeros_like(scores)], axis=-1).reshape(-1, 2) for scores in (logits, expected))
    return -root(divergence(theirs, ours).reshape(logits.shape).sum(axis=1))


def gains(one: Array, other: Array) -> bool:
    """Whether pictures are answered better than before, by more than chance would give on so few.

    Args:
        one: `right` or `nearness` of the pictures now.
        other: The same before.

    Returns:
        Whether the gain is greater than its paired standard error, of right answers the root of the number of those
        that changed.
    """
    gain = one - other
    return bool(gain.sum() > np.sqrt(np.square(gain).sum()))
