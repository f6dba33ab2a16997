"""How much each channel of a network matters."""

from typing import Literal

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, Tensor
from tfl_lite_suite.models.graph.batches import for_batches
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.prune.dependencies import Dependencies

Importance = Literal["l1", "bn_scale", "taylor"]
_BATCH = 32


def scores(
    dependencies: Dependencies,
    importance: Importance,
    images: Array | None = None,
    labels: Array | None = None,
) -> Array:
    """Returns the importance of each channel, over all layers that it is tied to, with a mean of 1 in each group.

    Args:
        dependencies: The channels of a model.
        importance: `l1`, mean magnitude of the weights that make, pass on and take the channel; `bn_scale`, magnitude
            of its batch normalizations' scales; `taylor`, change of the loss if it were zero, to first order.
        images: For `taylor`: training pictures, uint8 `(n, height, width, channels)`.
        labels: For `taylor`: their classes, int64 `(n,)`.

    Returns:
        float64; `nan` for a channel about which nothing is known, such as one without batch normalization.

    Raises:
        SuiteError: If there are no pictures for `taylor`, or no batch normalization for `bn_scale`.

    Source: Li et al., 2016, https://arxiv.org/abs/1608.08710, section 3.1 (l1); Liu et al., 2017,
    https://arxiv.org/abs/1708.06519, section 3 (bn_scale); Molchanov et al., 2016, https://arxiv.org/abs/1611.06440,
    Eq. 7 (taylor).
    """
    if importance == "taylor":
        if images is None or labels is None or not len(images):
            raise ArgumentError("importance", "taylor needs a recipe's training pictures. Without: l1, bn_scale")
        found = _taylor(dependencies, images, labels)
    elif importance == "l1":
        found = _l1(dependencies)
    else:
        found = _bn_scale(dependencies)
    if all(np.isnan(found[group.channels]).all() for group in dependencies.groups):
        raise ArgumentError("importance", "bn_scale needs batch normalization, of which this network has none. Try l1")
    for group in dependencies.groups:
        mean = found[group.channels].mean()
        if mean > 0:
            found[group.channels] /= mean
    return found


def _l1(dependencies: Dependencies) -> Array:
    weights = {dependencies.calls.names[id(layer)]: layer.get_weights() for layer in dependencies.calls.layers}
    vectors = []
    for axis in dependencies.axes:
        weight = weights[axis.layer][axis.weight]
        if weight.ndim > 1:
            others = tuple(other for other in range(weight.ndim) if other != axis.axis)
            vectors.append((axis.channels, np.abs(weight).mean(axis=others)))
    return _mean_over_layers(dependencies.count, vectors)


def _bn_scale(dependencies: Dependencies) -> Array:
    vectors = []
    for layer in dependencies.calls.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.scale:
            axes = dependencies.axes_of(dependencies.calls.names[id(layer)])
            if axes:
                vectors.append((axes[0].channels, np.abs(layer.gamma.numpy())))
    return _mean_over_layers(dependencies.count, vectors)


def _mean_over_layers(count: int, vectors: list[tuple[Array, Array]]) -> Array:
    """Returns each channel's mean over the vectors, each of which counts alike whatever its scale."""
    total, number = np.zeros(count), np.zeros(count)
    for channels, values in vectors:
        mean = float(values.mean())
        np.add.at(total, channels, values / mean if mean > 0 else values)
        np.add.at(number, channels, 1)
    return np.divide(total, number, out=np.full(count, np.nan), where=number > 0)


def _taylor(dependencies: Dependencies, images: Array, labels: Array) -> Array:
    """Returns the magnitude of activation times gradient, a mean over pictures, summed over the layers that take it."""
    calls = dependencies.calls
    taking = {axis.layer for axis in dependencies.axes if axis.role == "in"}
    taken = sorted({call.inputs[0] for call in calls.calls if calls.names[id(call.layer)] in taking} - {0})

    def effects(pictures: Tensor, classes: Tensor) -> list[Tensor]:
        with tf.GradientTape() as tape:
            values = calls.run(pictures, lambda call, args, kwargs: call.layer(*args, **kwargs))
            logits = as_logits(calls.model, values[calls.output])
            loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
        tensors = [values[number] for number in taken]
        gradients = tape.gradient(loss, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [_effect(*pair) for pair in zip(tensors, gradients, strict=True)]

    sums: list[Tensor] = [0.0] * len(taken)
    run = for_batches(calls.model, effects, tf.TensorSpec((None,), tf.int64))
    for start in range(0, len(images), _BATCH):
        pictures = tf.cast(images[start : start + _BATCH], tf.float32)
        found = run(pictures, tf.cast(labels[start : start + _BATCH], tf.int64))
        sums = [total + effect.numpy() for total, effect in zip(sums, found, strict=True)]
    total = np.full(dependencies.count, np.nan)
    for number, effect in zip(taken, sums, strict=True):
        channels = dependencies.tensors[number]
        total[channels] = np.nan_to_num(total[channels])
        np.add.at(total, channels, effect / len(images))
    return total


def _effect(tensor: Tensor, gradient: Tensor) -> Tensor:
    """Returns, for each channel, the sum over pictures of the magnitude of the change of the loss, to first order."""
    product = tf.cast(tensor * gradient, tf.float32)
    between = list(range(1, len(product.shape) - 1))
    return tf.reduce_sum(tf.abs(tf.reduce_sum(product, axis=between)), axis=0)
