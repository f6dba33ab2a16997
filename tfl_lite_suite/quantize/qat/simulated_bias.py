"""Bias correction of a simulated int8 network; `ptq.bias_correction` does the same to a file.

Source: Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.2, in the empirical form of appendix D.
"""

import collections
from typing import Any

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import Array, KerasNode, Tensor
from tfl_lite_suite.quantize.ptq.bias_correction import middle_mean
from tfl_lite_suite.quantize.qat.simulation import Simulation


def correct_biases(simulation: Simulation, pictures: Array) -> int:
    """Gives the bias of each linear layer the mean that rounding takes from its outputs.

    Both networks are gone through layer by layer, so that every layer sees those before it corrected. Layers with an
    activation of their own are left as they are.

    Args:
        simulation: Changed in place.
        pictures: uint8 `(n, height, width, channels)`; about 32 are enough.

    Returns:
        The number of layers that were corrected.
    """
    plan, count = simulation.plan, 0
    wrapped = {layer.name.removeprefix("quant_"): layer for layer in simulation.model.layers}
    exact = {id(plan.model.inputs[0]): tf.cast(pictures, tf.float32)}
    rounded = dict(exact)
    uses = collections.Counter(id(tensor) for node in plan.nodes for tensor in node.keras_inputs)
    for node in plan.nodes:
        layer, output = wrapped.get(node.layer.name), id(node.outputs)
        exact[output] = node.layer(_given(node, exact))
        inputs = _given(node, rounded)
        rounded[output] = inputs if layer is None else layer(inputs, training=False)
        if layer is not None and _is_linear(node, plan):
            layer.layer.bias.assign_add(_shift(exact[output], rounded[output], layer.quantize_config.limits))
            rounded[output] = layer(inputs, training=False)
            count += 1
        for tensor in map(id, node.keras_inputs):
            uses[tensor] -= 1
            if not uses[tensor]:
                del exact[tensor], rounded[tensor]
    return count


def _given(node: KerasNode, values: dict[int, Tensor]) -> Tensor:
    inputs = [values[id(tensor)] for tensor in node.keras_inputs]
    return inputs[0] if len(inputs) == 1 else inputs


def _shift(exact: Tensor, rounded: Tensor, limits: Tensor) -> Array:
    """Returns the mean that rounding takes from each channel; what the range clips, no bias brings back."""
    inside = tf.cast((exact > limits[0]) & (exact < limits[1]), tf.float32)
    axes = list(range(1, len(exact.shape) - 1))
    return middle_mean(tf.reduce_mean(inside * (exact - rounded), axis=axes).numpy())


def _is_linear(node: KerasNode, plan: Any) -> bool:
    layer = node.layer
    return bool(layer.weights) and layer.use_bias and plan.rounded(layer) == id(node.outputs)
