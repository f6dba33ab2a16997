"""A linear classifier of fixed features, fitted to convergence: the baseline of transfer learning, and its start.

Softmax (multinomial logistic) regression where a picture has one label, a logistic regression a class where it may have
several. The squared weights are penalized, the biases are not.
"""

import dataclasses

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.train.lbfgs import minimize

# Penalties, from the strongest to the weakest, for features with a mean square of 1.
STRENGTHS = tuple(float(10.0**exponent) for exponent in np.arange(1.0, -5.1, -0.5))
# Weaker penalties are not tried after so many that are worse than the best.
_PATIENCE = 2


@dataclasses.dataclass(frozen=True)
class Examples:
    """What is learned from.

    Attributes:
        features: float32 `(n, d)`.
        targets: Distribution over the classes, or 1 for each of several labels; float32 `(n, classes)`.
        weights: Weight of each example, float32 `(n,)`; 1 if `None`.
    """

    features: Array
    targets: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.features)

    def subset(self, chosen: Array) -> "Examples":
        """Returns some of the examples."""
        weights = None if self.weights is None else self.weights[chosen]
        return Examples(self.features[chosen], self.targets[chosen], weights)

    def joined(self, other: "Examples") -> "Examples":
        """Returns these examples and others."""
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate([_weights(self), _weights(other)])
        return Examples(
            np.concatenate([self.features, other.features]), np.concatenate([self.targets, other.targets]), weights
        )


@dataclasses.dataclass(frozen=True)
class Probe:
    """A linear classifier.

    Attributes:
        kernel: float32 `(d, classes)`.
        bias: float32 `(classes,)`.
        strength: The penalty that it was fitted with.
    """

    kernel: Array
    bias: Array
    strength: float

    def logits(self, features: Array) -> Array:
        """Returns float32 `(n, classes)`."""
        return np.asarray(features @ self.kernel + self.bias)


def fit(examples: Examples, strength: float, several: bool = False, start: Probe | None = None) -> Probe:
    """Fits a classifier to convergence.

    Args:
        examples: What is learned from.
        strength: Half the factor of the squared weights in the loss, for features centred and divided by one number so
            that their mean square is 1.
        several: Whether a picture may have several labels.
        start: A classifier of the same features to begin with.

    Returns:
        The classifier, of the features as they are.
    """
    mean, scale = _standard(examples.features)
    features = (examples.features - mean) / scale
    width, classes = features.shape[1], examples.targets.shape[1]
    share = _weights(examples) / _weights(examples).sum()

    def loss(point: Array) -> tuple[float, Array]:
        kernel, bias = point[:-classes].reshape(width, classes), point[-classes:]
        logits = features @ kernel.astype(np.float32) + bias.astype(np.float32)
        each, slopes = _losses(logits, examples.targets, several)
        slopes = slopes * share[:, None]
        value = float(each @ share) + strength / 2 * float(np.sum(kernel**2))
        by_kernel = features.T @ slopes + strength * kernel
        return value, np.concatenate([by_kernel.ravel(), slopes.sum(0)]).astype(np.float64)

    first = np.zeros((width + 1) * classes)
    if start is not None:
        first = np.concatenate([(start.kernel * scale).ravel(), start.bias + mean @ start.kernel])
    found = minimize(loss, first)
    kernel = found[:-classes].reshape(width, classes) / scale
    return Probe(kernel.astype(np.float32), (found[-classes:] - mean @ kernel).astype(np.float32), strength)


def choose(examples: Examples, held_out: Examples | None, parts: int = 5, several: bool = False) -> float:
    """Finds the penalty with the least loss on examples that were not learned from.

    Args:
        examples: What is learned from.
        held_out: Examples to judge by; `None` for cross-validation over `examples`.
        parts: Parts of the cross-validation; each is judged by a classifier of the others.
        several: Whether a picture may have several labels.
    """
    if held_out is not None:
        pairs = [(examples, held_out)]
    else:
        part = folds(examples.targets, min(parts, len(examples)))
        pairs = [(examples.subset(part != number), examples.subset(part == number)) for number in np.unique(part)]
    found: list[float] = []
    probes: list[Probe | None] = [None] * len(pairs)
    for strength in STRENGTHS:
        probes = [fit(given, strength, several, probe) for (given, _), probe in zip(pairs, probes, strict=True)]
        sums = [
            loss(probe.logits(asked.features), asked.targets, several) * len(asked)
            for (_, asked), probe in zip(pairs, probes, strict=True)
            if probe is not None
        ]
        found.append(sum(sums))
        if len(found) - 1 - int(np.argmin(found)) >= _PATIENCE:
            break
    return STRENGTHS[int(np.argmin(found))]


def loss(logits: Array, targets: Array, several: bool = False) -> float:
    """Returns the mean loss."""
    return float(losses(logits, targets, several).mean())


def losses(logits: Array, targets: Array, several: bool = False) -> Array:
    """Returns the loss of each example, `(n,)`."""
    return _losses(logits, targets, several)[0]


def _losses(logits: Array, targets: Array, several: bool) -> tuple[Array, Array]:
    """Returns each example's loss `(n,)`, and its slope along each logit `(n, classes)`."""
    if several:
        above = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
        return (above - targets * logits).sum(1), 1 / (1 + np.exp(-np.clip(logits, -60, 60))) - targets
    logits = logits - logits.max(1, keepdims=True)
    powers = np.exp(logits)
    total = powers.sum(1, keepdims=True)
    return (targets * (np.log(total) - logits)).sum(1), powers / total - targets


def _weights(examples: Examples) -> Array:
    return np.ones(len(examples), np.float32) if examples.weights is None else examples.weights


def _standard(features: Array) -> tuple[Array, float]:
    """Returns the mean of the features, and the one number that gives them a mean square of 1."""
    mean = features.mean(0, dtype=np.float64).astype(np.float32)
    scale = float(np.sqrt(np.mean(features.var(0, dtype=np.float64))))
    return mean, scale or 1.0


def folds(targets: Array, parts: int) -> Array:
    """Returns the fold of each example, int64 `(n,)`: of every class as many in each fold, give or take one."""
    order = np.random.default_rng(0).permutation(len(targets))
    order = order[np.argsort(targets[order].argmax(1), kind="stable")]
    part = np.empty(len(targets), np.int64)
    part[order] = np.arange(len(targets)) % parts
    return part
