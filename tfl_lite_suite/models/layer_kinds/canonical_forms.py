"""Layers in the terms of this suite: what other people's networks have in place of its kinds of layers.

A form takes a layer and the symbolic tensor, or tensors, that it is to be applied to, and returns the same values by
the suite's layers; `None` if the layer stays as it is.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, Tensor, TensorShape
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.graph import channel_order, rewrite
from tfl_lite_suite.models.layer_kinds.kind import does_nothing, kind_of

# By the function's name; functions of other names stay as they are.
_ACTIVATIONS: dict[str, Callable[..., KerasLayer]] = {
    "relu": lambda name: keras.layers.ReLU(name=name),
    "relu6": lambda name: keras.layers.ReLU(6.0, name=name),
    "swish": lambda name: layers.Swish(name=name),
    "silu": lambda name: layers.Swish(name=name),
}


def product(layer: KerasLayer, inputs: Sequence[Tensor]) -> Tensor:
    """Returns `x · hard sigmoid(x)` as a hard swish, and other products as of two factors each."""
    for gate, value in (inputs, inputs[::-1]) if len(inputs) == 2 else ():
        maker = keras_graph.layer_of(gate)
        if isinstance(maker, layers.HardSigmoid) and maker.input is value:
            return layers.HardSwish(name=layer.name)(value)
    return two_at_a_time(layer, inputs)


def two_at_a_time(layer: KerasLayer, inputs: Sequence[Tensor]) -> Tensor:
    """Joins tensors as TensorFlow Lite does, whose operators take two."""
    if len(inputs) == 2:
        return None
    result, *others = inputs
    for number, tensor in enumerate(others, 1):
        name = layer.name if number == len(others) else f"{layer.name}_{number}"
        result = type(layer)(name=name)([result, tensor])
    return result


def leaky(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a ReLU with a slope as what it is."""
    if not layer.negative_slope or layer.threshold or layer.max_value is not None:
        return None
    return keras.layers.LeakyReLU(layer.negative_slope, name=layer.name)(inputs)


def rescaling(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a factor and a summand as a normalization of pixels."""
    return affine(layer.name, layer.scale, layer.offset, inputs)


def normalization(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a mean and a variance as a normalization of pixels."""
    mean, std = (np.asarray(value, np.float64) for value in (layer.mean, np.sqrt(layer.variance)))
    std = np.maximum(std, keras.backend.epsilon())
    found = None if layer.invert else _by_channel(mean, std, inputs.shape)
    return None if found is None else _normalized(layer.name, *found, inputs)


def affine(name: str, factor: Array | float, summand: Array | float, inputs: Tensor) -> Tensor:
    """Returns a factor and a summand as a normalization of pixels; `None` if they differ by row."""
    scale, offset = (np.asarray(value, np.float64) for value in (factor, summand))
    found = _by_channel(-offset / scale, 1 / scale, inputs.shape) if scale.all() else None
    return None if found is None else _normalized(name, *found, inputs)


def layer_scale(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a factor for each channel as a convolution."""
    if len(inputs.shape) != 4:
        return None
    factors = layer.gamma.numpy()
    return rewrite.as_depthwise(layer.name, factors, np.zeros_like(factors), inputs, layer.trainable)


def activation(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a layer that applies a function as the layer for this function."""
    return activated(layer.name, layer.activation, inputs)


def separable(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Returns a separable convolution as a depthwise and a 1×1 convolution."""
    if layer.data_format != "channels_last":
        return None
    config = layer.get_config()
    shape = {key: config[key] for key in ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier")}
    depthwise = keras.layers.DepthwiseConv2D(**shape, use_bias=False, name=f"{layer.name}_depthwise")
    pointwise = keras.layers.Conv2D(layer.filters, 1, use_bias=layer.use_bias, name=layer.name)
    output = pointwise(depthwise(inputs))
    first, *rest = layer.get_weights()
    depthwise.set_weights([first])
    pointwise.set_weights(rest[: len(pointwise.weights)])
    depthwise.trainable = pointwise.trainable = layer.trainable
    return activated(f"{layer.name}_activation", layer.activation, output)


def convolution(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Takes channels in another order into the kernel."""
    order = channel_order.reordered(inputs) if keras_graph.is_symbolic(inputs) else None
    if order is None or layer.groups != 1:
        return None
    kernel, *bias = layer.get_weights()
    kernel = order.to_source(kernel.swapaxes(2, 3)).swapaxes(2, 3)
    return split(layer, order.source, [kernel, *bias])


def split(layer: KerasLayer, inputs: Tensor, weights: list[Array]) -> Tensor:
    """Applies a copy of a layer with these weights, its activation as a layer of its own."""
    function = getattr(layer, "activation", None)
    ends = bool(kind_of(layer).kernels) and function not in (None, keras.activations.linear)
    plain = rewrite.configured(layer, **({"activation": "linear"} if ends else {}))
    output = plain(inputs)
    plain.set_weights(weights[: len(plain.weights)])  # Those of an activation follow.
    plain.trainable = layer.trainable
    return activated(f"{layer.name}_activation", function, output) if ends else output


def activated(name: str, function: object, inputs: Tensor) -> Tensor:
    """Applies an activation as a layer of this name."""
    if function is keras.activations.linear:
        return inputs
    if isinstance(function, keras.layers.Layer):  # Such as `Conv2D(8, 3, activation=ReLU(6.0))`.
        return canonical(keras_graph.layer_of(rewrite.copy_layer(function, inputs, name)), inputs)
    make = _ACTIVATIONS.get(getattr(function, "__name__", ""))
    known = function in (keras.activations.relu, keras.activations.swish, tf.nn.relu6, tf.nn.silu)
    return make(name=name)(inputs) if make and known else keras.layers.Activation(function, name=name)(inputs)


def canonical(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Applies a layer by the suite's kinds of layers, as far as there is one for it."""
    if does_nothing(layer, inputs):
        return inputs
    kind = kind_of(layer)
    made = kind.canonical(layer, inputs) if kind.canonical else None
    if made is not None:
        return made
    order = channel_order.reordered(inputs) if keras_graph.is_symbolic(inputs) else None
    if order is not None and kind.channelwise:
        return order.applied(rewrite.copy_layer(layer, order.source))
    return split(layer, inputs, layer.get_weights())


def _by_channel(mean: Array, std: Array, shape: TensorShape) -> tuple[Array, Array] | None:
    """Returns mean and standard deviation of each channel, float64 `(channels,)`; `None` where rows differ.

    Args:
        mean: One for all, or with one for each channel on the last axis.
        std: As `mean`.
        shape: What they are applied to.
    """
    channels = shape[-1]
    if (
        len(shape) != 4
        or any(value.size > 1 and value.shape[-1:] != (value.size,) for value in (mean, std))
        or any(value.size not in (1, channels) for value in (mean, std))
    ):
        return None
    mean, std = (np.broadcast_to(value.reshape(-1), (channels,)) for value in (mean, std))
    return mean, std


def _normalized(name: str, mean: Array, std: Array, inputs: Tensor) -> KerasLayer:
    """Normalises pixels; what normalised them before is taken into the same layer."""
    order = channel_order.reordered(inputs)
    if order is not None:
        return order.applied(_normalized(name, order.to_source(mean), order.to_source(std), order.source))
    before = keras_graph.layer_of(inputs)
    if not isinstance(before, (keras.layers.InputLayer, layers.PixelNormalization)):
        # Other values have no whole steps.
        return rewrite.as_depthwise(name, 1 / std, -mean / std, inputs, trainable=False)
    if isinstance(before, layers.PixelNormalization):
        mean = np.array(before.mean) + mean * np.array(before.std)
        std = std * np.array(before.std)
        inputs = before.input
    return layers.PixelNormalization(mean.tolist(), std.tolist(), name=name)(inputs)
