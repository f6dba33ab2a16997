"""TFMOT quantizers for graphs whose batch normalization is folded and whose activation ranges are fixed."""

import functools
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import (
    Array,
    HdfGroup,
    JsonObject,
    KerasLayer,
    KerasObject,
    Tensor,
    TensorShape,
    Variable,
)
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.layer_kinds import kind_of
from tfl_lite_suite.models.model_optimization import tfmot
from tfl_lite_suite.tflite import integer_arithmetic
from tfl_lite_suite.tflite.integer_arithmetic import LEAST, MOST, Quantization, quantization


class FixedRange(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds activations to 256 steps of a range that training does not move."""

    def __init__(self, least: float, most: float) -> None:
        """Sets the range.

        Args:
            least: Lower end, at most 0.
            most: Upper end, greater than `least` and at least 0.
        """
        self.least, self.most = least, most

    def build(self, tensor_shape: TensorShape, name: str, layer: KerasLayer) -> JsonObject:
        """Returns the quantizer's variables: none."""
        return {}

    def __call__(self, inputs: Tensor, training: Tensor, weights: Tensor, **kwargs: object) -> Tensor:
        """Fake-quantizes a float32 tensor; its gradient is zero outside the range."""
        return tf.quantization.fake_quant_with_min_max_args(inputs, self.least, self.most)

    def get_config(self) -> JsonObject:
        """Returns the constructor's arguments."""
        return {"least": self.least, "most": self.most}


class VariableRange(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds activations to 256 steps of a range that several layers may share and training may move.

    The gradient of a step is that of LSQ: the rounding error inside the range, and what is clipped outside.

    Source: Esser et al., 2020, https://arxiv.org/abs/1902.08153, Eq. 3; Bhalgat et al., 2020,
    https://arxiv.org/abs/2004.09576, for the two ends.
    """

    def __init__(self, limits: Tensor) -> None:
        """Sets the variable, float32 `(2,)`: the least and the greatest value, with 0 between them."""
        self.limits = limits

    def build(self, tensor_shape: TensorShape, name: str, layer: KerasLayer) -> JsonObject:
        """Returns the range."""
        return {"limits": self.limits}

    def __call__(self, inputs: Tensor, training: Tensor, weights: Tensor, **kwargs: object) -> Tensor:
        """Fake-quantizes a float32 tensor."""
        return _rounded_within(inputs, weights["limits"]) if self.limits.trainable else _within(inputs, self.limits)

    def get_config(self) -> JsonObject:
        """Returns nothing: a model with such ranges is not saved."""
        return {}


def _within(inputs: Tensor, limits: Tensor) -> Tensor:
    return tf.quantization.fake_quant_with_min_max_vars(inputs, limits[0], limits[1])


@tf.custom_gradient
def _rounded_within(inputs: Tensor, limits: Tensor) -> tuple[Tensor, Tensor]:
    rounded = _within(inputs, limits)

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
        to_inputs, below, above = tf.raw_ops.FakeQuantWithMinMaxVarsGradient(
            gradients=upstream, inputs=inputs, min=limits[0], max=limits[1]
        )
        # How the rounding errors inside grow with the range, of which a step is a 255th.
        inside = tf.reduce_sum(to_inputs * (rounded - inputs)) / (limits[1] - limits[0])
        return to_inputs, tf.stack([below - inside, above + inside])

    return rounded, gradient


class SymmetricWeights(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds weights to 255 steps symmetric about 0, the range taken anew from the weights at each step.

    Source: the int8 specification of TensorFlow Lite, https://ai.google.dev/edge/litert/models/quantization_spec.
    """

    def __init__(
        self, per_channel: bool = True, depthwise: bool = False, groups: Array | None = None, sparse: bool = False
    ) -> None:
        """Sets the granularity, and what training preserves; a saved model does not hold the latter.

        Args:
            per_channel: One range an output channel, rather than one in all.
            depthwise: The kernel is `(height, width, channels, multiplier)`, whose last two axes make the output.
            groups: Numbers from 0, of the kernel's shape; weights of one number are trained as one.
            sparse: Weights that are zero stay zero.
        """
        self.per_channel, self.depthwise, self.groups, self.sparse = per_channel, depthwise, groups, sparse

    def build(self, tensor_shape: TensorShape, name: str, layer: KerasLayer) -> JsonObject:
        """Returns the quantizer's variables: none."""
        return {}

    def __call__(self, inputs: Tensor, training: Tensor, weights: Tensor, **kwargs: object) -> Tensor:
        """Fake-quantizes a float32 kernel; its gradient is the identity, but `sparse` and `groups` are kept."""

        @tf.custom_gradient
        def straight_through(kernel: Tensor) -> tuple[Tensor, Tensor]:
            # TensorFlow's operator, which the converter looks for, takes ten times as long for many channels.
            rounded = self._elementwise(kernel) if training is True else self._operator(kernel)
            return tf.reshape(rounded, kernel.shape), functools.partial(self._kept, kernel)

        return straight_through(inputs)

    def steps(self, kernel: Tensor) -> Tensor:
        """Returns what the rounded weights are multiples of, float32 `(outputs,)`, or `()` if there is one in all."""
        return _rounded(tf.cast(self._most(kernel), tf.float64) / MOST)

    def integers(self, kernel: Tensor) -> Tensor:
        """Returns the rounded weights as multiples of `steps`, float32, of the kernel's shape."""
        return tf.reshape(tf.round(self._operator(kernel) / self.steps(kernel)), kernel.shape)

    def _elementwise(self, kernel: Tensor) -> Tensor:
        steps = self.steps(kernel)
        return tf.round(self._flat(kernel) * (1 / steps)) * steps

    def _operator(self, kernel: Tensor) -> KerasObject:
        fake, most = tf.quantization, self._most(kernel)
        per_channel, in_all = fake.fake_quant_with_min_max_vars_per_channel, fake.fake_quant_with_min_max_vars
        return (per_channel if self.per_channel else in_all)(self._flat(kernel), -most, most, narrow_range=True)

    def _kept(self, kernel: Tensor, gradient: Tensor) -> Tensor:
        """Returns the gradient that gives weights of a group their mean, and zeros none."""
        if self.groups is not None:
            groups = self.groups.ravel()
            mean = tf.math.unsorted_segment_mean(tf.reshape(gradient, (-1,)), groups, int(groups.max()) + 1)
            gradient = tf.gather(mean, self.groups)
        return gradient * tf.cast(kernel != 0, gradient.dtype) if self.sparse else gradient

    def _most(self, kernel: Tensor) -> Tensor:
        """Returns the range's upper end, shaped as `steps`; no gradient passes."""
        flat = self._flat(kernel)
        axes = list(range(len(flat.shape) - 1)) if self.per_channel else None
        # A channel of zeros must keep a range, or its scale is 0.
        return tf.maximum(tf.stop_gradient(tf.reduce_max(tf.abs(flat), axis=axes)), 1e-6)

    def _flat(self, kernel: Tensor) -> Tensor:
        """Returns a kernel whose last axis is the output's."""
        if not self.depthwise:
            return kernel
        height, width, channels, multiplier = kernel.shape
        return tf.reshape(kernel, (height, width, 1, channels * multiplier))

    def get_config(self) -> JsonObject:
        """Returns the constructor's arguments."""
        return {"per_channel": self.per_channel, "depthwise": self.depthwise}


def _rounded(values: Tensor) -> Tensor:
    """Rounds float64 to float32, as kernels do after each product; TensorFlow reorders products of one type."""
    return tf.cast(values, tf.float32)


class SumSteps(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds a bias to the steps of the int32 sums that it is added to: a kernel's steps times the input's."""

    def __init__(self, kernel: Tensor, kernel_quantizer: SymmetricWeights, input_step: float) -> None:
        """Sets what the steps follow from.

        Args:
            kernel: The variable.
            kernel_quantizer: Its quantizer.
            input_step: Difference of neighbouring values of the layer's input.
        """
        self.kernel, self.kernel_quantizer, self.input_step = kernel, kernel_quantizer, input_step

    def build(self, tensor_shape: TensorShape, name: str, layer: KerasLayer) -> JsonObject:
        """Returns the quantizer's variables: none."""
        return {}

    def __call__(self, inputs: Tensor, training: Tensor, weights: Tensor, **kwargs: object) -> Tensor:
        """Rounds a float32 bias, but not in training, where so fine a rounding is not worth its time."""
        if training is True:
            return tf.identity(inputs)
        steps = self._steps()
        return tf.round(inputs / steps) * steps

    def integers(self, bias: Tensor) -> Tensor:
        """Returns the rounded bias as multiples of the steps, float32."""
        return tf.round(bias / self._steps())

    def _steps(self) -> Tensor:
        return self.kernel_quantizer.steps(self.kernel) * self.input_step

    def get_config(self) -> JsonObject:
        """Returns the step of the input; kernel and quantizer are the layer's."""
        return {"input_step": self.input_step}


class LayerConfig(tfmot.quantization.keras.QuantizeConfig):
    """Which weights of a layer are quantized, and the range of its output."""

    def __init__(
        self,
        kernel: str | None = None,
        output_range: Sequence[float] | None = None,
        input_ranges: Sequence[Sequence[float]] = (),
        groups: Array | None = None,
        sparse: bool = False,
        limits: Tensor = None,
    ) -> None:
        """Sets them.

        Args:
            kernel: Attribute that holds the kernel; `None` for a layer without one.
            output_range: `(least, most)`; `None` leaves the output unrounded.
            input_ranges: `(least, most)` of each input; without them the bias is not rounded either.
            groups: See `SymmetricWeights`.
            sparse: See `SymmetricWeights`.
            limits: See `VariableRange`; in place of `output_range`.
        """
        self.kernel, self.output_range, self.input_ranges = kernel, output_range, input_ranges
        self.groups, self.sparse, self.limits = groups, sparse, limits

    @property
    def inputs(self) -> list[Quantization]:
        """What relates the values of each input to int8 ones."""
        return [quantization(limits) for limits in self.input_ranges]

    def get_weights_and_quantizers(self, layer: KerasLayer) -> list[tuple[KerasObject, KerasObject]]:
        """Returns the kernel and its quantizer, and the bias if it is rounded."""
        if self.kernel is None:
            return []
        kernel = getattr(layer, self.kernel)
        # TensorFlow Lite's dense kernels of the oldest supported runtime take one scale only.
        quantizer = SymmetricWeights(
            len(kernel.shape) == 4, self.kernel == "depthwise_kernel", self.groups, self.sparse
        )
        if not self.input_ranges or not layer.use_bias:
            return [(kernel, quantizer)]
        return [(kernel, quantizer), (layer.bias, SumSteps(kernel, quantizer, float(self.inputs[0].step)))]

    def get_activations_and_quantizers(self, layer: KerasLayer) -> list[tuple[KerasObject, KerasObject]]:
        """Returns nothing: activations are layers of their own."""
        return []

    def set_quantize_weights(self, layer: KerasLayer, quantize_weights: Sequence[KerasObject]) -> None:
        """Puts the fake-quantized kernel, and the rounded bias, in the layer's places of them."""
        for name, weight in zip((self.kernel, "bias"), quantize_weights, strict=False):
            setattr(layer, str(name), weight)

    def set_quantize_activations(self, layer: KerasLayer, quantize_activations: Sequence[KerasObject]) -> None:
        """Does nothing."""

    def get_output_quantizers(self, layer: KerasLayer) -> list[KerasObject]:
        """Returns the quantizer of the output, if it has a range."""
        if self.limits is not None:
            return [VariableRange(self.limits)]
        return [] if self.output_range is None else [FixedRange(*self.output_range)]

    def get_config(self) -> JsonObject:
        """Returns the constructor's arguments."""
        return {"kernel": self.kernel, "output_range": self.output_range, "input_ranges": self.input_ranges}


def _looked_up(answers: Array, inputs: Tensor, source: Quantization, result: Quantization) -> Tensor:
    """Looks up what the int8 kernels answer to each value."""
    table = (answers - result.zero_point).astype(np.float32) * result.step
    return tf.gather(table, tf.cast(tf.round(inputs / source.step), tf.int32) + (source.zero_point - LEAST))


def _sum(inputs: Sequence[Tensor], sources: Sequence[Quantization], result: Quantization) -> Tensor:
    """Adds with whole-number factors, as the int8 kernel does; halves go up."""
    factors, bits = integer_arithmetic.addition(sources, result)
    counts = [tf.cast(tf.round(values / source.step), tf.int32) for values, source in zip(inputs, sources, strict=True)]
    total = counts[0] * factors[0] + counts[1] * factors[1] + (1 << (bits - 1))
    limits = (LEAST - result.zero_point, MOST - result.zero_point)
    return tf.cast(tf.clip_by_value(tf.bitwise.right_shift(total, bits), *limits), tf.float32) * result.step


class FakeQuantized(tfmot.quantization.keras.QuantizeWrapperV2):
    """TFMOT's wrapper, which computes as int8 kernels do when it does not train.

    Its state, that `.keras` files hold, is kernel and rounded bias; the rest is in the layer.
    """

    @tf.autograph.experimental.do_not_convert
    def call(self, inputs: Tensor, training: Tensor = None, **kwargs: object) -> Tensor:
        """Applies the layer with its weights and its output rounded; a gradient passes only in training."""
        config = self.quantize_config
        if keras_graph.only_shapes_matter():
            # The layer loses its variables to the wrapper at the first call, as TFMOT has it.
            config.set_quantize_weights(self.layer, [tf.identity(variable) for variable, _ in self.rounded])
            return self.layer.call(inputs, **kwargs)
        if training is True or integer_arithmetic.converting() or not config.input_ranges or not config.output_range:
            return super().call(inputs, training=training, **kwargs)
        kind, result = kind_of(self.layer), quantization(config.output_range)
        if kind.lookup is not None:
            return _looked_up(kind.lookup(config.inputs[0], result), inputs, config.inputs[0], result)
        if kind.arithmetic == "sum" and len(inputs) == 2:
            return _sum(inputs, config.inputs, result)
        return self._on_integers(inputs) if kind.arithmetic == "products" else super().call(inputs, training=False)

    def _on_integers(self, inputs: Tensor) -> Tensor:
        """Sums whole numbers, and rounds once; float32 holds the sums exactly up to 2²⁴."""
        config = self.quantize_config
        steps = [source.step for source in config.inputs]
        counts = [tf.round(values / step) for values, step in zip(tf.nest.flatten(inputs), steps, strict=True)]
        if self.rounded:
            kernel, quantizer = self.rounded[0]
            steps.append(quantizer.steps(kernel))
            config.set_quantize_weights(self.layer, [quant.integers(value) for value, quant in self.rounded])
        result = quantization(config.output_range)
        factor = steps[0]
        for step in steps[1:]:
            factor = _rounded(tf.cast(factor, tf.float64) * tf.cast(step, tf.float64))
        factor = _rounded(tf.cast(factor, tf.float64) / float(result.step))
        sums = self.layer.call(counts if len(counts) > 1 else counts[0])
        least, most = LEAST - result.zero_point, MOST - result.zero_point
        return tf.clip_by_value(tf.round(sums * factor), least, most) * result.step

    @property
    def rounded(self) -> list[tuple[Variable, KerasObject]]:
        """Each variable that is rounded, and its quantizer: the kernel, and the bias if it is; TFMOT's private list."""
        return [(variable, quantizer) for variable, quantizer, _ in self._weight_vars]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Kernel and bias; none where the layer is frozen, which TFMOT's wrapper overlooks."""
        return list(super().trainable_weights) if self.trainable else []

    def save_own_variables(self, store: HdfGroup) -> None:
        """Writes kernel and rounded bias."""
        for index, (weight, _) in enumerate(self.rounded):
            store[str(index)] = weight

    def load_own_variables(self, store: HdfGroup) -> None:
        """Reads kernel and rounded bias."""
        for index, (weight, _) in enumerate(self.rounded):
            weight.assign(store[str(index)])


CUSTOM_OBJECTS = {
    "FakeQuantized": FakeQuantized,
    "FixedRange": FixedRange,
    "LayerConfig": LayerConfig,
    "QuantizeWrapperV2": tfmot.quantization.keras.QuantizeWrapperV2,
    "SymmetricWeights": SymmetricWeights,
}
