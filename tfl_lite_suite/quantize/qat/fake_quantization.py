"""Quantization-aware training: from a trained float model to one that computes as its int8 file will.

Batch normalization is folded first, activation ranges are calibrated once and kept, and every layer is wrapped by
TFMOT with its own configuration. Where a convolution is followed by a ReLU, only the result of both is rounded, as in
the fused operator of the `.tflite` file. Weights that are zero stay zero, and those of a cluster stay equal.
"""

import math
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.canonical import as_depthwise, canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm, scale_and_offset
from tfl_lite_suite.models.graph.scores import decisive_range
from tfl_lite_suite.models.quantizers import FakeQuantized, LayerConfig
from tfl_lite_suite.prune.clustering import equal_weights
from tfl_lite_suite.prune.sparsity import prunable

_BATCH = 64
_PIXELS = (0.0, 255.0)
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


def quantization_aware(model: Any, calibration: np.ndarray, *, split_hard_swish: bool = True) -> Any:
    """Returns a trainable model with fake quantization wherever its int8 file will round.

    Args:
        model: Trained functional model from raw pixels to logits.
        calibration: uint8 `(n, height, width, channels)`, pictures that activation ranges are taken from.
        split_hard_swish: Whether the file will have ADD and MUL in place of HARD_SWISH.

    Returns:
        A functional model of TFMOT wrappers, named like `model`.

    Raises:
        SuiteError: If the graph holds a layer that has no int8 form here; the message names each.
    """
    folded, plan = planned(model, calibration, split_hard_swish)
    return rewrite.rebuild(folded, plan.wrap)


def planned(model: Any, calibration: np.ndarray, split_hard_swish: bool = True) -> "tuple[Any, Plan]":
    """Returns the folded float model, and how `quantization_aware`, which has these arguments, wraps its layers."""
    folded = _expand(fold_batch_norm(canonical(model)), split_hard_swish)
    _check(folded)
    return folded, Plan(folded, calibration)


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
        if isinstance(layer, keras.layers.BatchNormalization) and len(inputs.shape) == 4:
            return as_depthwise(layer.name, *scale_and_offset(layer), inputs, trainable=layer.trainable)
        if isinstance(layer, layers.Swish):
            gate = keras.layers.Activation("sigmoid", name=f"{layer.name}_gate")(inputs)
            return keras.layers.Multiply(name=layer.name)([inputs, gate])
        if isinstance(layer, layers.HardSwish) and split_hard_swish:
            return layers.SplitHardSwish(name=layer.name)(inputs)
        output = rewrite.copy_layer(layer, inputs)
        if id(layer) in gated:
            copy = output._keras_history.layer
            kernel, bias = copy.get_weights()
            copy.set_weights([kernel / 6, bias / 6 + 0.5])
        return output

    return rewrite.rebuild(model, replace)


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
        raise SuiteError(
            f"model '{model.name}' cannot be trained for int8, because these layers have no int8 form here: "
            f"{', '.join(refused)}. Put others in their place, or quantize without training: --scheme=ptq"
        )


def fake_quantized(layer: Any, inputs: Any, output_range: Any, input_ranges: Any = ()) -> Any:
    """Applies a copy of `layer` in a wrapper; the ranges are those of `LayerConfig`."""
    groups, sparse = None, False
    if prunable(layer):
        kernel = layer.get_weights()[0]
        groups, sparse = equal_weights(kernel, len(inputs.shape) == 4), not np.all(kernel)
    copy = type(layer).from_config(layer.get_config())
    if layer.weights:
        copy.build(inputs.shape)
        copy.set_weights(layer.get_weights())
    wrapper = FakeQuantized(copy, LayerConfig(_kernel(layer), output_range, input_ranges, groups, sparse))
    output = wrapper(inputs)
    wrapper.trainable = layer.trainable
    return output


class Plan:
    """Decides, for each layer of a folded model, which configuration wraps it."""

    def __init__(self, model: Any, calibration: np.ndarray) -> None:
        self._after = rewrite.consumers(model)
        self._node_of = {id(node.layer): node for node in rewrite.nodes(model)}
        self._input = id(model.inputs[0])
        self._ranges = self._shared(model, _observe(model, calibration))

    def wrap(self, layer: Any, inputs: Any) -> Any:
        """Applies the wrapped copy of `layer`."""
        node = self._node_of[id(layer)]
        if id(node.keras_inputs[0]) == self._input:
            inputs = FakeQuantized(keras.layers.Activation("linear", name="pixels"), LayerConfig(None, _PIXELS))(inputs)
        if isinstance(layer, _SAME_SCALE) or _is_softmax(layer):
            return rewrite.copy_layer(layer, inputs)
        if _is_clip(layer) and self._is_fused(node):
            return inputs
        input_ranges = [self._ranges[id(tensor)] for tensor in node.keras_inputs]
        return fake_quantized(layer, inputs, self.output_range(layer), input_ranges)

    def _is_fused(self, node: Any) -> bool:
        """Tells whether an activation is part of the operator before it."""
        before = node.keras_inputs[0]
        return _takes_clip(before._keras_history.layer) and len(self._after[id(before)]) == 1

    def output_range(self, layer: Any) -> tuple[float, float]:
        """Returns the range to which a layer's output, clipped by what follows, is rounded."""
        node = self._node_of[id(layer)]
        after = self._after.get(id(node.outputs), [])
        clipped = _takes_clip(node.layer) and len(after) == 1 and _is_clip(after[0])
        return self._ranges[id(self._node_of[id(after[0])].outputs if clipped else node.outputs)]

    def _shared(self, model: Any, observed: dict[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
        """Gives one range to tensors of one scale: what a concatenation joins, and what only moves values."""
        leader = {tensor: tensor for tensor in observed}

        def find(tensor: int) -> int:
            while leader[tensor] != tensor:
                tensor = leader[tensor]
            return tensor

        for node in rewrite.nodes(model):
            if _has_same_scale(node.layer):
                for tensor in node.keras_inputs:
                    leader[find(id(tensor))] = find(id(node.outputs))
        groups: dict[int, list[tuple[float, float]]] = {}
        for tensor, limits in observed.items():
            groups.setdefault(find(tensor), []).append(limits)
        joined = {key: (min(low for low, _ in ends), max(high for _, high in ends)) for key, ends in groups.items()}
        for node in rewrite.nodes(model):
            if isinstance(node.layer, keras.layers.GlobalAveragePooling2D) and not _has_same_scale(node.layer):
                mean = find(id(node.outputs))
                joined[mean] = _range_of_mean(joined[mean], joined[find(id(node.keras_inputs[0]))])
            if isinstance(node.layer, keras.layers.Multiply):
                product = find(id(node.outputs))
                joined[product] = _range_of_product(joined[product], *(joined[find(id(t))] for t in node.keras_inputs))
        return {tensor: joined[find(tensor)] for tensor in observed}


def _observe(model: Any, calibration: np.ndarray) -> dict[int, tuple[float, float]]:
    """Returns least and greatest value of every tensor, by its `id`; 0 lies between them."""
    tensors = [model.inputs[0], *(node.outputs for node in rewrite.nodes(model))]
    logits = _logits(model)
    probe = tf.function(keras.Model(model.inputs, [logits, *(_Extremes()(tensor) for tensor in tensors)]))
    starts = range(0, len(calibration), _BATCH)
    batches = [probe(tf.cast(calibration[start : start + _BATCH], tf.float32)) for start in starts]
    extremes = np.array([batch[1:] for batch in batches])
    least, most = extremes[..., 0].min(axis=0), extremes[..., 1].max(axis=0)
    ranges = {}
    for index, tensor in enumerate(tensors):
        low, high = min(float(least[index]), 0.0), max(float(most[index]), 0.0)
        ranges[id(tensor)] = _fixed_range(tensor._keras_history.layer) or (low, max(high, low + 1e-3))
    ranges[id(logits)] = decisive_range(np.concatenate([batch[0] for batch in batches]), *ranges[id(logits)])
    return ranges


def _logits(model: Any) -> Any:
    """Returns the tensor of logits, which a softmax may follow."""
    last = model.outputs[0]
    return last._keras_history.layer.input if _is_softmax(last._keras_history.layer) else last


def _fixed_range(layer: Any) -> tuple[float, float] | None:
    if isinstance(layer, keras.layers.InputLayer):
        return _PIXELS
    if _is_sigmoid(layer):
        return _SIGMOID
    if isinstance(layer, layers.HardSigmoid):
        return 0.0, 1.0
    if isinstance(layer, keras.layers.ReLU) and layer.max_value:
        return 0.0, float(layer.max_value)
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


class _Extremes(keras.layers.Layer):
    """Least and greatest value of a batch, float32 `(2,)`."""

    def call(self, inputs: Any) -> Any:
        return tf.stack([tf.reduce_min(inputs), tf.reduce_max(inputs)])
