"""How much rounding the channels of a tensor moves a classifier's answers.

Noise of variance v on every value of a channel makes the class probabilities diverge, to second order, by half of v
times the channel's diagonal of the Fisher matrix: the mean square of the gradients of random combinations of the
logits, whose covariance is that of the one-hot answer.

Source: Martens, 2020, https://arxiv.org/abs/1412.1193, section 9; Li et al., 2021, https://arxiv.org/abs/2102.05426,
section 3.3, for its use in quantization.
"""

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasModel, Tensor
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.train.fast_gradient import fast_gradients

_BATCH, _MOST_PICTURES = 16, 64


def sensitivities(model: KerasModel, tensors: list[Tensor], pictures: Array) -> list[Array]:
    """Returns the sensitivity of every channel of tensors of a model, each float64 `(channels,)`, in nats.

    Args:
        model: Functional model from raw pixels to logits or probabilities.
        tensors: Some of its tensors.
        pictures: uint8 `(n, height, width, channels)`; the first 64 are used.
    """
    probe, generator = keras.Model(model.inputs, [*model.outputs, *tensors]), np.random.default_rng(0)

    @tf.function(autograph=False)
    def squares(images: Tensor, noise: Tensor) -> list[Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores, *values = probe(images, training=False)
            logits = as_logits(model, scores)
            share = tf.nn.softmax(logits)
            root = tf.sqrt(share) * noise
            direction = tf.stop_gradient(root - share * tf.reduce_sum(root, axis=-1, keepdims=True))
            combined = tf.reduce_sum(direction * logits)
        found = tape.gradient(combined, values, unconnected_gradients="zero")
        return [tf.reduce_sum(gradient**2, axis=list(range(len(gradient.shape) - 1))) for gradient in found]

    pictures, total = pictures[:_MOST_PICTURES], [np.zeros(1)] * len(tensors)
    with fast_gradients():
        for start in range(0, len(pictures), _BATCH):
            batch = tf.cast(pictures[start : start + _BATCH], tf.float32)
            noise = generator.standard_normal((len(batch), model.output_shape[-1]))
            found = squares(batch, tf.constant(noise, tf.float32))
            total = [old + new.numpy() for old, new in zip(total, found, strict=True)]
    return [square / len(pictures) for square in total]
