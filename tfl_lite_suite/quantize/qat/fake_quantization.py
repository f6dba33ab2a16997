"""Quantization-aware training: from a trained float model to one that computes as its int8 file will.

Batch normalization is folded first, activation ranges are calibrated, and every layer is wrapped by TFMOT with its own
configuration. Where a convolution is followed by a ReLU, only the result of both is rounded, as in
the fused operator of the `.tflite` file. Weights that are zero stay zero, and those of a cluster stay equal.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.canonical import as_depthwise, canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm, normalizes_channels, scale_and_offset
from tfl_lite_suite.models.graph.scores import decisive_range
from tfl_lite_suite.models.quantizers import FakeQuantized, LayerConfig
from tfl_lite_suite.prune.clustering import equal_weights
from tfl_lite_suite.prune.sparsity import prunable
from tfl_lite_suite.quantize.qat import activation_ranges
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES, Range

_PIXELS = (0.0, 255.0)
_MOST_NAMED = 6
_STEPS = 255
# The only output quantization that TensorFlow Lite's LOGISTIC accepts: scale 1/256, zero point -128.
_SIGMOID = (0.0, 255.0 / 256.0)
_KERNELS = {
    keras.layers.DepthwiseConv2D: "depthwise_kernel",
    keras.layers.Conv2D: "kernel",
    keras.layers.Dense: "kernel",
}
_RANGED = (
    keras.layers.Add,
    keras.layers.Multiply,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.LeakyReLU,
    layers.HardSwish,
)
# Their output has the scale of their input.
_SAME_SCALE = (
    keras.layers.Concatenate,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.Flatten,
    keras.layers.Reshape,
    layers.ChannelShuffle,
    layers.ChannelSlice,
)


def quantization_aware(
    model: Any, calibration: np.ndarray, rule: str = EXTREMES, *, split_hard_swish: bool = True
) -> Any:
    """Returns a trainable model with fake quantization wherever its int8 file will round.

    Args:
        model: Trained functional model from raw pixels to logits.
        calibration: uint8 `(n, height, width, channels)`, pictures that activation ranges are taken from.
        rule: One of `activation_ranges.RULES`.
        split_hard_swish: Whether the file will have ADD and MUL in place of HARD_SWISH.

    Returns:
        A functional model of TFMOT wrappers, named like `model`.

    Raises:
        SuiteError: If the graph holds a layer that has no int8 form here; the message names each.
    """
    plan = Plan.of(model, calibration, split_hard_swish)
    return plan.quantized(plan.ranges_by(rule))


def expanded(model: Any, split_hard_swish: bool = True) -> Any:
    """Returns the folded float model whose every layer is one operator of the int8 file; see `quantization_aware`."""
    folded = _expand(fold_batch_norm(canonical(model)), split_hard_swish)
    _check(folded)
    return folded


def _expand(model: Any, split_hard_swish: bool) -> Any:
    """Rewrites layers that are several operators in a `.tflite` file, or can be part of the convolution before them."""
    after = rewrite.consumers(model)
    gated = {
        id(node.layer)
        for node in rewrite.nodes(model)
        if _kernel(node.layer) and [type(layer) for layer in after.get(id(node.outputs), [])] == [layers.HardSigmoid]
    }

    def replace(layer: Any, inputs: Any) -> Any:
        if isinstance(layer, layers.PixelNormalization):
            scale = 1 / np.array(layer.std, np.float32)
            return as_depthwise(layer.name, scale, -_mean_on_a_step(layer) * scale, inputs, trainable=False)
        if isinstance(layer, keras.layers.BatchNormalization) and normalizes_channels(layer, len(inputs.shape)):
            return _as_depthwise(layer, inputs) if len(inputs.shape) in (2, 4) else rewrite.copy_layer(layer, inputs)
        if isinstance(layer, layers.Swish):
            gate = keras.layers.Activation("sigmoid", name=f"{layer.name}_gate")(inputs)
            return keras.layers.Multiply(name=layer.name)([inputs, gate])
        if isinstance(layer, layers.HardSwish) and split_hard_swish:
            return layers.SplitHardSwish(name=layer.name)(inputs)
        if id(layer) not in gated:
            return rewrite.copy_layer(layer, inputs)
        copy = type(layer).from_config({**layer.get_config(), "use_bias": True})
        output = copy(inputs)
        kernel, *bias = layer.get_weights()
        copy.set_weights([kernel / 6, (bias[0] if bias else np.zeros(copy.bias.shape, np.float32)) / 6 + 0.5])
        copy.trainable = layer.trainable
        return output

    return rewrite.rebuild(model, replace)


def _as_depthwise(norm: Any, inputs: Any) -> Any:
    """Applies a batch normalization that nothing took; one of vectors as one of pictures of one pixel."""
    if len(inputs.shape) == 4:
        return as_depthwise(norm.name, *scale_and_offset(norm), inputs, trainable=norm.trainable)
    pixel = keras.layers.Reshape((1, 1, inputs.shape[-1]), name=f"{norm.name}_pixel")(inputs)
    scaled = as_depthwise(norm.name, *scale_and_offset(norm), pixel, trainable=norm.trainable)
    return keras.layers.Reshape((inputs.shape[-1],), name=f"{norm.name}_vector")(scaled)


def _mean_on_a_step(layer: Any) -> np.ndarray:
    """Returns the mean that pixels lose, a whole number where all channels have the same, float32 `(channels,)`.

    A mean of 127.5 would put every pixel half-way between two steps, where float and integer kernels round apart.
    """
    mean = np.array(layer.mean, np.float32)
    alike = len(set(layer.mean)) == 1 and len(set(layer.std)) == 1
    return np.rint(mean) if alike else mean


def _kernel(layer: Any) -> str | None:
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return None
    return next((name for kind, name in _KERNELS.items() if isinstance(layer, kind)), None)


def _is_clip(layer: Any) -> bool:
    """Tells whether int8 saturation does all that the layer does, once its input has the layer's output range."""
    relu = isinstance(layer, keras.layers.ReLU) and not layer.threshold and not layer.negative_slope
    return relu or isinstance(layer, layers.HardSigmoid)


def _takes_clip(layer: Any) -> bool:
    """Tells whether an operator can have an activation of its own."""
    return bool(_kernel(layer)) or isinstance(layer, keras.layers.Add)


def _is_sigmoid(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.sigmoid


def _is_softmax(layer: Any) -> bool:
    """Tells whether a layer is a softmax, whose int8 output always has the same scale."""
    return isinstance(layer, keras.layers.Softmax) or (
        isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.softmax
    )


def _has_same_scale(layer: Any) -> bool:
    """Tells whether the output has the scale of the input; the converter leaves a mean of one pixel out."""
    one_pixel = isinstance(layer, keras.layers.GlobalAveragePooling2D) and layer.input_shape[1:3] == (1, 1)
    return one_pixel or isinstance(layer, _SAME_SCALE)


def _check(model: Any) -> None:
    refused = []
    for node in rewrite.nodes(model):
        layer = node.layer
        known = _kernel(layer) or any(test(layer) for test in (_is_clip, _is_sigmoid, _is_softmax))
        if not known and not isinstance(layer, _RANGED + _SAME_SCALE):
            function = getattr(getattr(layer, "activation", None), "__name__", "")
            refused.append(f"'{layer.name}' ({type(layer).__name__}{f' {function}' if function else ''})")
    if refused:
        more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
        raise SuiteError(
            f"model '{model.name}' cannot be trained for int8, because these layers have no int8 form here: "
            f"{', '.join(refused[:_MOST_NAMED])}{more}. Put others in their place, or quantize "
            "without training: --scheme=ptq"
        )


def fake_quantized(layer: Any, inputs: Any, config: LayerConfig) -> Any:
    """Applies a copy of `layer` in a wrapper, which keeps the zeros and the clusters of its kernel."""
    config.kernel = _kernel(layer)
    if prunable(layer):
        kernel = layer.get_weights()[0]
        config.groups, config.sparse = equal_weights(kernel, len(inputs.shape) == 4), not np.all(kernel)
    copy = type(layer).from_config(layer.get_config())
    if layer.weights:
        copy.build(inputs.shape)
        copy.set_weights(layer.get_weights())
    wrapper = FakeQuantized(copy, config)
    output = wrapper(inputs)
    wrapper.trainable = layer.trainable
    return output


class Plan:
    """How the layers of a folded model are wrapped, and which tensors have one range.

    Attributes:
        model: The folded model.
        tensors: Its tensors, by their `id`.
    """

    def __init__(self, model: Any, calibration: np.ndarray) -> None:
        """Observes the tensors of a model that `expanded` made."""
        self.model = model
        self.nodes = rewrite.nodes(model)
        self.tensors = {id(tensor): tensor for tensor in [model.inputs[0], *(node.outputs for node in self.nodes)]}
        self._after = rewrite.consumers(model)
        self._node_of = {id(node.layer): node for node in self.nodes}
        logits = _logits(model)
        values, scores = activation_ranges.observe(model, list(self.tensors.values()), logits, calibration)
        self._values = dict(zip(self.tensors, values, strict=True))
        self._fixed = {key: found for key in self.tensors if (found := self._fixed_range(key))}
        if id(logits) not in self._fixed:
            self._fixed[id(logits)] = decisive_range(scores, *self._values[id(logits)].range_by(EXTREMES))
        self._leader = {tensor: tensor for tensor in self.tensors}
        for node in self.nodes:
            if _has_same_scale(node.layer):
                for tensor in node.keras_inputs:
                    self._leader[self.leader(id(tensor))] = self.leader(id(node.outputs))

    @classmethod
    def of(cls, model: Any, calibration: np.ndarray, split_hard_swish: bool = True) -> "Plan":
        """Returns the plan of a trained model; see `quantization_aware` for arguments and errors."""
        return cls(expanded(model, split_hard_swish), calibration)

    def quantized(self, ranges: dict[int, Range]) -> Any:
        """Returns the model with fake quantization to ranges of `ranges_by` or `constrained`."""
        return rewrite.rebuild(self.model, lambda layer, inputs: self.wrap(layer, inputs, ranges))

    def wrap(self, layer: Any, inputs: Any, ranges: dict[int, Range]) -> Any:
        """Applies the wrapped copy of `layer`."""
        given = [ranges[id(tensor)] for tensor in self._node_of[id(layer)].keras_inputs]
        return self.wrap_with(layer, inputs, lambda tensor: LayerConfig(None, ranges[tensor], given))

    def wrap_with(self, layer: Any, inputs: Any, config_of: Callable[[int], LayerConfig]) -> Any:
        """Applies the wrapped copy of `layer`, configured by a function of the tensor to whose range it rounds."""
        node = self._node_of[id(layer)]
        if node.keras_inputs[0] is self.model.inputs[0]:
            inputs = FakeQuantized(keras.layers.Activation("linear", name="pixels"), LayerConfig(None, _PIXELS))(inputs)
        if isinstance(layer, _SAME_SCALE) or _is_softmax(layer):
            return rewrite.copy_layer(layer, inputs)
        if _is_clip(layer) and self._is_fused(node):
            return inputs
        return fake_quantized(layer, inputs, config_of(self.rounded(layer)))

    def _is_fused(self, node: Any) -> bool:
        """Tells whether an activation is part of the operator before it."""
        before = node.keras_inputs[0]
        return _takes_clip(before._keras_history.layer) and len(self._after[id(before)]) == 1

    def rounded(self, layer: Any) -> int:
        """Returns the `id` of the tensor to whose range a layer's output, clipped by what follows, is rounded."""
        node = self._node_of[id(layer)]
        after = self._after.get(id(node.outputs), [])
        clipped = _takes_clip(node.layer) and len(after) == 1 and _is_clip(after[0])
        return id(self._node_of[id(after[0])].outputs if clipped else node.outputs)

    def leader(self, tensor: int) -> int:
        """Returns the `id` of the tensor that stands for all of one scale: what is concatenated, or only moved."""
        while self._leader[tensor] != tensor:
            tensor = self._leader[tensor]
        return tensor

    def is_fixed(self, tensor: int) -> bool:
        """Tells whether the operators demand a tensor's range, or one that has its scale."""
        return any(self.leader(key) == self.leader(tensor) for key in self._fixed)

    def cap(self, tensor: int) -> float:
        """Returns the value at which an activation ends, 0.0 if there is none."""
        layer = self.tensors[tensor]._keras_history.layer
        return float(layer.max_value or 0.0) if isinstance(layer, keras.layers.ReLU) else 0.0

    def ranges_by(self, rule: str) -> dict[int, Range]:
        """Returns the range of each tensor, by its `id`, that a rule of `activation_ranges.RULES` chooses."""
        groups: dict[int, list[Range]] = {}
        for tensor in self.tensors:
            limits = self._fixed.get(tensor) or self._values[tensor].range_by(rule)
            if cap := self.cap(tensor):
                limits = 0.0, cap if rule == EXTREMES else min(limits[1], cap)
            groups.setdefault(self.leader(tensor), []).append(limits)
        return self.constrained(
            {key: (min(low for low, _ in ends), max(high for _, high in ends)) for key, ends in groups.items()}
        )

    def constrained(self, joined: dict[int, Range]) -> dict[int, Range]:
        """Returns the range of each tensor, from those of the leaders: little wider where integer kernels need it."""
        joined = dict(joined)
        for node in self.nodes:
            if isinstance(node.layer, keras.layers.GlobalAveragePooling2D) and not _has_same_scale(node.layer):
                mean = self.leader(id(node.outputs))
                joined[mean] = _range_of_mean(joined[mean], joined[self.leader(id(node.keras_inputs[0]))])
            if isinstance(node.layer, keras.layers.Multiply):
                product = self.leader(id(node.outputs))
                sources = (joined[self.leader(id(tensor))] for tensor in node.keras_inputs)
                joined[product] = _range_of_product(joined[product], *sources)
        return {tensor: joined[self.leader(tensor)] for tensor in self.tensors}

    def _fixed_range(self, tensor: int) -> Range | None:
        layer = self.tensors[tensor]._keras_history.layer
        node = self._node_of.get(id(layer))
        if node is not None and node.keras_inputs[0] is self.model.inputs[0] and layer.weights and not layer.trainable:
            ends = [layer(tf.fill((1, *self.model.input_shape[1:]), end)).numpy() for end in _PIXELS]
            return min(float(np.min(ends)), 0.0), max(float(np.max(ends)), 0.0)
        return _fixed_range(layer)


def _logits(model: Any) -> Any:
    """Returns the tensor of logits, which a softmax may follow."""
    last = model.outputs[0]
    return last._keras_history.layer.input if _is_softmax(last._keras_history.layer) else last


def _fixed_range(layer: Any) -> Range | None:
    if isinstance(layer, keras.layers.InputLayer):
        return _PIXELS
    if _is_sigmoid(layer):
        return _SIGMOID
    if isinstance(layer, layers.HardSigmoid):
        return 0.0, 1.0
    return None


def _range_of_mean(wanted: tuple[float, float], source: tuple[float, float]) -> tuple[float, float]:
    """Returns a range, little wider than the wanted one, in which TensorFlow Lite's MEAN is exact.

    MEAN rounds the zero point of its input, counted in steps of its output, to a whole number. The step is chosen so
    that it is one; otherwise every output is wrong by up to half a step.

    Args:
        wanted: Least and greatest mean.
        source: The range of what is averaged.
    """
    step_in, step = ((high - low) / _STEPS for low, high in (source, wanted))
    zero_in = abs(round(-source[0] / step_in) - 128)
    count = int(zero_in * step_in / step)
    while count and math.gcd(count, 2 * zero_in) > 1:  # Else many means would lie half-way between two steps.
        count -= 1
    if count:
        step = zero_in * step_in / count
    low = round(wanted[0] / step) * step
    return low, low + _STEPS * step


def _range_of_product(wanted: tuple[float, float], *sources: tuple[float, float]) -> tuple[float, float]:
    """Returns a range, little wider than the wanted one where it has to be, in which few products lie half-way.

    Where the steps' ratio is a power of two, as when a gate lets through all that it gets, many products lie half-way
    between two steps, and kernels on ARM and x86 round them apart.

    Args:
        wanted: Least and greatest product.
        sources: The range of each factor.
    """
    steps = [(high - low) / _STEPS for low, high in (*sources, wanted)]
    fraction, _ = math.frexp(math.prod(steps[:-1]) / steps[-1])
    wider = 1 + 2**-10 if min(fraction - 0.5, 1 - fraction) < 2**-20 else 1.0
    return wanted[0] * wider, wanted[1] * wider
