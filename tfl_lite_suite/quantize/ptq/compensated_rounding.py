"""Weights rounded one after the other, each making up for the errors of those before it.

Rounding to the nearest step treats each weight alone. What a layer computes depends on sums over its inputs, and
inputs are alike: what one weight loses, others that are not rounded yet can give back. Which, and how much, follows
from the second moments of the layer's inputs on calibration pictures, in closed form and without training.

Source: Frantar et al., 2023, https://arxiv.org/abs/2210.17323 (GPTQ), section 3; the largest weight of a scale stays,
so that the scale does.
"""

import collections

import numpy as np

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, KerasLayer, Tensor
from tfl_lite_suite.quantize.qat.simulation import Simulation, kernel_and_bias
from tfl_lite_suite.tflite.integer_arithmetic import MOST

_MOST_PICTURES, _FEWEST_PICTURES, _MOST_ROWS = 64, 8, 6000
# Share of the mean variance that is added to each, as inputs of few pictures may depend on one another by chance.
_DAMPING = 0.01
_TINY = 1e-12


def compensate(simulation: Simulation, pictures: Array, seed: int = 0) -> None:
    """Rounds the kernels of a simulated int8 network so that its layers lose the least.

    Biases take the mean that the rounded weights still shift. Kernels with zeros or clusters to keep stay as they are.

    Args:
        simulation: Changed in place.
        pictures: uint8 `(n, height, width, channels)`; at most 64 are used.
        seed: Of the choice of positions within pictures.
    """
    plan, generator = simulation.plan, np.random.default_rng(seed)
    wrapped = {layer.name.removeprefix("quant_"): layer for layer in simulation.model.layers}
    values = {id(plan.model.inputs[0]): tf.cast(pictures[:_MOST_PICTURES], tf.float32)}
    uses = collections.Counter(id(tensor) for node in plan.nodes for tensor in node.keras_inputs)
    progress = Progress("compensated rounding", len(plan.nodes))
    for number, node in enumerate(plan.nodes):
        layer = wrapped.get(node.layer.name)
        inputs = [values[id(tensor)] for tensor in node.keras_inputs]
        given = inputs[0] if len(inputs) == 1 else inputs
        if layer is not None and kernel_and_bias(layer) and node.keras_inputs[0] is not plan.model.inputs[0]:
            _round(layer, given, generator)
        values[id(node.outputs)] = given if layer is None else layer(given, training=False)
        for tensor in map(id, node.keras_inputs):
            uses[tensor] -= 1
            if not uses[tensor]:
                del values[tensor]
        progress.update(number + 1)
    progress.close()


def _round(layer: KerasLayer, inputs: Tensor, generator: np.random.Generator) -> None:
    """Rounds the kernel of one layer; its bias takes what that shifts."""
    (kernel, quantizer), *_ = layer.rounded
    if quantizer.sparse or quantizer.groups is not None or getattr(layer.layer, "groups", 1) > 1:
        return
    weights, steps = kernel.numpy().astype(np.float64), quantizer.steps(kernel).numpy().astype(np.float64)
    given = _inputs_of_weights(layer.layer, inputs, generator)
    rows = generator.choice(len(given), min(_MOST_ROWS, len(given)), replace=False)
    given = tf.gather(given, rows).numpy().astype(np.float64)
    shape = weights.shape
    if quantizer.depthwise:
        weights = weights.reshape(-1, *shape[2:]).transpose(1, 0, 2)
        given, steps = given.transpose(2, 0, 1), steps.reshape(shape[2:])
    else:
        weights, given = weights.reshape(1, -1, shape[-1]), given.reshape(1, len(given), -1)
        steps = np.broadcast_to(steps, (1, shape[-1]))
    sizes = np.abs(weights)
    stays = sizes == (sizes.max(axis=1, keepdims=True) if quantizer.per_channel else sizes.max())
    mean = given.mean(axis=1)
    centred = given - mean[:, np.newaxis]
    found = rounded(weights, centred.transpose(0, 2, 1) @ centred / len(rows), steps, stays)
    shift = np.einsum("gk,gko->go", mean, weights - found).ravel()
    kernel.assign((found.transpose(1, 0, 2) if quantizer.depthwise else found).reshape(shape))
    if layer.layer.use_bias:
        layer.layer.bias.assign_add(shift.astype(np.float32))


def rounded(weights: Array, covariance: Array, steps: Array, stays: Array) -> Array:
    """Returns weights as multiples of steps, by which sums over their inputs lose little.

    Args:
        weights: float64 `(groups, inputs, outputs)`; groups have inputs of their own.
        covariance: Of the inputs of each group, `(groups, inputs, inputs)`.
        steps: Of each output, `(groups, outputs)`.
        stays: Weights that make up for no others, bool of the shape of `weights`.
    """
    variances = np.diagonal(covariance, axis1=1, axis2=2)
    # The inputs that vary the most come first, while there are many others to make up for them.
    order, group = np.argsort(-variances, axis=1), np.arange(len(weights))[:, np.newaxis]
    damped = covariance + (_DAMPING * variances.mean(axis=1) + _TINY)[:, np.newaxis, np.newaxis] * np.eye(len(order[0]))
    damped = damped[group[:, :, np.newaxis], order[:, :, np.newaxis], order[:, np.newaxis]]
    factor = np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1)
    left, free, result = weights[group, order], ~stays[group, order], np.empty_like(weights)
    for index in range(left.shape[1]):
        found = np.clip(np.rint(left[:, index] / steps), -MOST, MOST) * steps
        error = (left[:, index] - found) / factor[:, index, index, np.newaxis]
        following = factor[:, index, index + 1 :, np.newaxis] * error[:, np.newaxis]
        left[:, index + 1 :] -= free[:, index + 1 :] * following
        result[group[:, 0], order[:, index]] = found
    return result


def _inputs_of_weights(layer: KerasLayer, inputs: Tensor, generator: np.random.Generator) -> Tensor:
    """Returns what each weight of an output is multiplied with, `(rows, height · width, channels)`."""
    if len(inputs.shape) == 2:
        return inputs[:, tf.newaxis]
    # A few pictures have positions enough where they are large; patches of all would not fit in memory.
    enough = max(_FEWEST_PICTURES, -(-4 * _MOST_ROWS // (inputs.shape[1] * inputs.shape[2])))
    few = generator.choice(len(inputs), min(enough, len(inputs)), replace=False)
    windows = [(1, *pair, 1) for pair in (layer.kernel_size, layer.strides, layer.dilation_rate)]
    found = tf.image.extract_patches(tf.gather(inputs, few), *windows, layer.padding.upper())
    return tf.reshape(found, (-1, layer.kernel_size[0] * layer.kernel_size[1], inputs.shape[-1]))
