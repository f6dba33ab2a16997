"""What a classifier's output means: logits, or probabilities where it ends in a softmax, as foreign models often do."""

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasModel, Tensor
from tfl_lite_suite.models import keras_graph

_LEAST = 1e-7
# Logits that far apart are probabilities of 1 and 1e-5.
_DECIDED = 12.0


def ends_in_softmax(model: KerasModel) -> bool:
    """Tells whether a model gives probabilities.

    Args:
        model: Functional or sequential model; the softmax may be in a nested model. Anything else gives logits.
    """
    outputs = getattr(model, "outputs", None)
    if not outputs:
        return False
    layer = keras_graph.layer_of(outputs[0])
    if isinstance(layer, keras.Model):
        return ends_in_softmax(layer)
    return isinstance(layer, keras.layers.Softmax) or getattr(layer, "activation", None) is keras.activations.softmax


def as_logits(model: KerasModel, scores: Tensor) -> Tensor:
    """Returns what a model gave as float32 logits; those of probabilities are their logarithms."""
    scores = tf.cast(scores, tf.float32)
    return tf.math.log(tf.maximum(scores, _LEAST)) if ends_in_softmax(model) else scores


def decisive_range(logits: Array, least: float, most: float) -> tuple[float, float]:
    """Narrows the range of logits to where they decide; rounded to its finer steps, fewer tie.

    What lies far below a picture's greatest logit, or far above its second, may saturate: the order stays.

    Args:
        logits: Those of calibration pictures, float32 `(n, classes)`.
        least: Lower end of their range, at most 0.
        most: Upper end, at least 0.

    Returns:
        `(least, most)`, with 0 between them; those given where there are no classes to decide between.
    """
    if logits.ndim != 2 or logits.shape[1] < 2:
        return least, most
    second, first = np.sort(logits, axis=1)[:, -2:].T
    low, high = float(first.min()) - _DECIDED, float(second.max()) + _DECIDED
    return max(least, min(low, 0.0)), min(most, max(high, 1.0))


def divergence(expected: Array, received: Array) -> Array:
    """Returns the Kullback-Leibler divergence of `received` from `expected`, float64 `(n,)`, in nats.

    Args:
        expected: Logits or probabilities, `(n, classes)`.
        received: As `expected`, rounded.
    """
    as_probabilities = bool((expected >= 0).all() and np.allclose(expected.sum(axis=1), 1, atol=1e-3))
    before, after = (_log_probabilities(scores, as_probabilities) for scores in (expected, received))
    return np.asarray((np.exp(before) * (before - after)).sum(axis=1))


def root(divergences: Array) -> Array:
    """Returns the roots of what `divergence` returned, float64 `(n,)`: their mean tells how many answers change.

    That number grows with the errors of the logits, and divergence with their squares, so that a few pictures would
    decide its mean.
    """
    return np.asarray(np.sqrt(np.maximum(divergences, 0)))


def _log_probabilities(scores: Array, are_probabilities: bool) -> Array:
    scores = scores.astype(np.float64)
    if are_probabilities:
        # Half a step of an int8 probability stands for those rounded to 0.
        scores = np.log(np.maximum(scores, 1 / 512))
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))
