"""How much rounding a tensor moves a classifier's answers, by gradients of its logits.

To second order, an error e of a tensor makes the class probabilities diverge by half the mean square of g·e, where g is
the gradient of a random combination of the logits whose covariance is that of the one-hot answer. So noise of variance
v on every value of a channel counts by half of v times the sum of the squares of its gradients.

Source: Martens, 2020, https://arxiv.org/abs/1412.1193, section 9; Li et al., 2021, https://arxiv.org/abs/2102.05426,
section 3.3, for its use in quantization.
"""

from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasModel, Tensor
from tfl_lite_suite.models.graph.batches import batches_of, for_batches
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.train.fast_gradient import fast_gradients

_MOST_PICTURES = 64
# Of a batch: small pictures are not worth a step each, and the gradients of large ones take memory.
_BATCH_PIXELS = 8 * 224 * 224


def sensitivities(model: KerasModel, tensors: list[Tensor], pictures: Array) -> list[Array]:
    """Returns the sum of squared gradients of every channel of tensors of a model, each float32 `(channels,)`.

    Args:
        model: Functional model from raw pixels to logits or probabilities.
        tensors: Some of its tensors.
        pictures: uint8 `(n, height, width, channels)`; the first 64 are used.
    """

    def squares(_: int, values: Tensor, gradients: Tensor) -> Tensor:
        return tf.reduce_sum(gradients**2, axis=list(range(1, len(values.shape) - 1)))

    return [found.mean(axis=0) for found in of_gradients(model, tensors, pictures, squares)]


def of_gradients(
    model: KerasModel, tensors: list[Tensor], pictures: Array, statistic: Callable[[int, Tensor, Tensor], Tensor]
) -> list[Array]:
    """Returns what a statistic gives for each picture and tensor, each float32 `(n, …)`.

    Args:
        model: As for `sensitivities`.
        tensors: As for `sensitivities`.
        pictures: As for `sensitivities`.
        statistic: From the number of a tensor, its values and its gradients, both `(batch, …)`, to `(batch, …)`.
    """
    probe, generator = keras.Model(model.inputs, [*model.outputs, *tensors]), np.random.default_rng(0)

    def gradients_of(images: Tensor, noise: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores, *values = probe(images, training=False)
            logits = as_logits(model, scores)
            share = tf.nn.softmax(logits)
            root = tf.sqrt(share) * noise
            direction = tf.stop_gradient(root - share * tf.reduce_sum(root, axis=-1, keepdims=True))
            combined = tf.reduce_sum(direction * logits)
        return values, tape.gradient(combined, values, unconnected_gradients="zero")

    pictures, found = pictures[:_MOST_PICTURES], []
    size = max(1, _BATCH_PIXELS // (pictures.shape[1] * pictures.shape[2]))
    run = for_batches(model, gradients_of, tf.TensorSpec((None, model.output_shape[-1]), tf.float32))
    with fast_gradients():
        for batch in batches_of(pictures, size):
            noise = generator.standard_normal((len(batch), model.output_shape[-1]))
            pairs = zip(*run(batch, tf.constant(noise, tf.float32)), strict=True)
            found.append([statistic(index, *pair).numpy() for index, pair in enumerate(pairs)])
    return [np.concatenate(batches) for batches in zip(*found, strict=True)]
