"""A network that rounds as its int8 file will, with ranges that can be changed: to try rules, and to train them.

It rounds by TensorFlow's operators, a little unlike the integer kernels; `freeze` makes the model that is like them.
"""

from typing import Any

import numpy as np

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.quantizers import FakeQuantized, LayerConfig
from tfl_lite_suite.quantize.qat.activation_ranges import Range
from tfl_lite_suite.quantize.qat.fake_quantization import Plan
from tfl_lite_suite.tflite.integer_arithmetic import MOST

_STEPS = 255
_LEAST_WIDTH = 1e-3
_TINY = 1e-6
_OF_BIAS = 0.1


class Simulation:
    """A folded model with fake quantization to ranges that are variables.

    Attributes:
        plan: Which tensors share a range.
        model: The model.
    """

    def __init__(self, plan: Plan, ranges: dict[int, Range], train_ranges: bool = False) -> None:
        """Wraps the plan's model.

        Args:
            plan: The plan.
            ranges: Of each tensor, as from `Plan.ranges_by`.
            train_ranges: Whether training moves the ranges that no operator demands.
        """
        self.plan = plan
        self._limits: dict[int, Tensor] = {}
        for tensor in plan.tensors:
            key = plan.leader(tensor)
            if key not in self._limits:
                self._limits[key] = self._variable(key, ranges[tensor], train_ranges)
        self.model = rewrite.rebuild(plan.model, self._wrapped)

    def assign(self, ranges: dict[int, Range]) -> None:
        """Sets the ranges."""
        for key, limits in self._limits.items():
            limits.assign(ranges[key])

    def ranges(self) -> dict[int, Range]:
        """Returns the range of each tensor as it is now, as integer kernels need it."""
        now = {key: (float(limits[0]), float(limits[1])) for key, limits in self._limits.items()}
        return self.plan.constrained(now)

    def freeze(self) -> KerasModel:
        """Returns the model with the weights and ranges of now, which computes as int8 kernels do."""
        frozen = self.plan.quantized(self.ranges())
        trained = {layer.name: kernel_and_bias(layer) for layer in self.model.layers}
        for layer in frozen.layers:
            for variable, value in zip(kernel_and_bias(layer), trained.get(layer.name, ()), strict=False):
                variable.assign(value)
        return frozen

    def biases(self) -> dict[str, Array]:
        """Returns the bias of each layer that has one, by the layer's name."""
        return {layer.name: bias.numpy() for layer in self.model.layers for bias in kernel_and_bias(layer)[1:]}

    def set_biases(self, biases: dict[str, Array]) -> None:
        """Sets what `biases` returned."""
        for layer in self.model.layers:
            for bias in kernel_and_bias(layer)[1:]:
                bias.assign(biases[layer.name])

    def _wrapped(self, layer: KerasLayer, inputs: Tensor) -> KerasLayer:
        return self.plan.wrap_with(
            layer, inputs, lambda tensor: LayerConfig(None, limits=self._limits[self.plan.leader(tensor)])
        )

    def _variable(self, key: int, limits: Range, train: bool) -> Tensor:
        train = train and not self.plan.is_fixed(key)
        least = -np.inf if limits[0] < 0 else 0.0
        caps = [
            cap for tensor in self.plan.tensors if self.plan.leader(tensor) == key and (cap := self.plan.cap(tensor))
        ]
        most = min(caps, default=np.inf)

        def allowed(value: Any) -> Tensor:
            return tf.stack([tf.clip_by_value(value[0], least, 0.0), tf.clip_by_value(value[1], _LEAST_WIDTH, most)])

        return tf.Variable(np.array(limits, np.float32), trainable=train, constraint=allowed, name="limits")


def sizes_of(model: KerasModel) -> dict[Tensor, Tensor]:
    """Returns the size of each trainable variable of a model with fake quantization, by its reference.

    A kernel has one for each output channel, 127 int8 steps, shaped to be multiplied with it. A bias moves all values
    of a channel at once, and its size is a tenth of half the output's range; a range has the half.
    """
    found = {variable.ref(): tf.reduce_max(tf.abs(variable)) + _TINY for variable in model.trainable_variables}
    for layer in model.layers:
        if not isinstance(layer, FakeQuantized):
            continue
        config, variables = layer.quantize_config, kernel_and_bias(layer)
        output = config.output_range if config.limits is None else config.limits
        if output is not None:
            half = (output[1] - output[0]) / 2
            found |= {bias.ref(): _OF_BIAS * half for bias in variables[1:]}
            found |= {} if config.limits is None else {config.limits.ref(): half}
        if variables:
            quantizer = layer.rounded[0][1]
            size = quantizer.steps(variables[0]) * MOST
            found[variables[0].ref()] = tf.reshape(size, variables[0].shape[2:]) if quantizer.depthwise else size
    return {variable.ref(): tf.constant(found[variable.ref()]) for variable in model.trainable_variables}


def kernel_and_bias(wrapper: KerasLayer) -> list[Tensor]:
    """Returns the variables of a wrapped layer: kernel, and bias if it has one; none where it has no kernel."""
    variables = [variable for variable, _ in getattr(wrapper, "rounded", ())]
    return [*variables, wrapper.layer.bias] if len(variables) == 1 and wrapper.layer.use_bias else variables
