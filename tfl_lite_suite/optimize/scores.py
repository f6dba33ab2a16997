"""What a classifier's output means: logits, or probabilities where it ends in a softmax, as foreign models often do."""

from typing import Any

from tfl_lite_suite.framework import keras, tf

_LEAST = 1e-7


def ends_in_softmax(model: Any) -> bool:
    """Tells whether a model gives probabilities.

    Args:
        model: Functional or sequential model; the softmax may be in a nested model. Anything else gives logits.
    """
    outputs = getattr(model, "outputs", None)
    if not outputs:
        return False
    layer = outputs[0]._keras_history.layer
    if isinstance(layer, keras.Model):
        return ends_in_softmax(layer)
    return isinstance(layer, keras.layers.Softmax) or getattr(layer, "activation", None) is keras.activations.softmax


def as_logits(model: Any, scores: Any) -> Any:
    """Returns what a model gave as float32 logits; those of probabilities are their logarithms."""
    scores = tf.cast(scores, tf.float32)
    return tf.math.log(tf.maximum(scores, _LEAST)) if ends_in_softmax(model) else scores
