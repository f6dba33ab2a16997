"""Models of other people in the terms of this suite: one layer for each thing that a `.tflite` file does.

Activations become layers of their own, scaling of pixels becomes `PixelNormalization`, a separable convolution becomes
two, and what does nothing at inference goes. The outputs stay as they were.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.framework import keras, tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.optimize import graph

_IDLE = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.ActivityRegularization,
)
# By the function's name; functions of other names stay as they are.
_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "relu": lambda name: keras.layers.ReLU(name=name),
    "relu6": lambda name: keras.layers.ReLU(6.0, name=name),
    "swish": lambda name: layers.Swish(name=name),
    "silu": lambda name: layers.Swish(name=name),
}


def canonical(model: Any) -> Any:
    """Returns an equal flat model made of the suite's kinds of layers, as far as there is one for each.

    Args:
        model: Functional or sequential model with one input and one output.

    Raises:
        SuiteError: See `graph.check_functional`.
    """
    return graph.rebuild(graph.flat(model), _replace, _operate)


def _operate(layer: Any, output: Any) -> Any:
    """Returns `relu6(x + 3) / 6`, as the networks of `keras.applications` write it, in one layer."""
    relu = _maker_of_input(output)
    if not _computes(output, "math.multiply", 1 / 6) or not isinstance(relu, keras.layers.ReLU) or relu.max_value != 6:
        return output
    if not _computes(relu.input, "__operators__.add", 3):
        return output
    return layers.HardSigmoid(name=f"{relu.name}_hard_sigmoid")(_maker(relu.input).input)


def _maker(tensor: Any) -> Any:
    return tensor._keras_history.layer


def _maker_of_input(tensor: Any) -> Any:
    before = _maker(tensor).input
    return None if isinstance(before, list) else _maker(before)


def _computes(tensor: Any, function: str, constant: float) -> bool:
    """Tells whether a tensor comes from an operator with one tensor and this constant."""
    layer = _maker(tensor)
    if getattr(layer, "function", None) is None or layer.get_config().get("function") != function:
        return False
    node = layer.inbound_nodes[0]
    numbers = [
        value for value in tf.nest.flatten((node.call_args, node.call_kwargs)) if isinstance(value, (int, float))
    ]
    return len(numbers) == 1 and abs(numbers[0] - constant) < 1e-6


def _replace(layer: Any, inputs: Any) -> Any:
    function = getattr(layer, "activation", None)
    if isinstance(layer, keras.layers.Multiply):
        for gate, value in (inputs, inputs[::-1]) if len(inputs) == 2 else ():
            if isinstance(_maker(gate), layers.HardSigmoid) and _maker(gate).input is value:
                return layers.HardSwish(name=layer.name)(value)
    if isinstance(layer, _IDLE) or type(layer) is keras.layers.Activation and function is keras.activations.linear:
        return inputs
    if isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)):
        affine = _affine(layer, inputs.shape)
        return graph.copy_layer(layer, inputs) if affine is None else _normalized(layer.name, *affine, inputs)
    if type(layer) is keras.layers.Activation:
        return _activated(layer.name, function, inputs)
    if isinstance(layer, keras.layers.SeparableConv2D):
        return _activated(f"{layer.name}_activation", function, _separated(layer, inputs))
    if function in (None, keras.activations.linear) or not layer.weights or "activation" not in layer.get_config():
        return graph.copy_layer(layer, inputs)
    plain = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    output = plain(inputs)
    plain.set_weights(layer.get_weights())
    plain.trainable = layer.trainable
    return _activated(f"{layer.name}_activation", function, output)


def _activated(name: str, function: Any, inputs: Any) -> Any:
    if function is keras.activations.linear:
        return inputs
    make = _ACTIVATIONS.get(getattr(function, "__name__", ""))
    known = function in (keras.activations.relu, keras.activations.swish, tf.nn.relu6, tf.nn.silu)
    return make(name=name)(inputs) if make and known else keras.layers.Activation(function, name=name)(inputs)


def _separated(layer: Any, inputs: Any) -> Any:
    """Applies a separable convolution, without its activation, as a depthwise and a 1×1 convolution."""
    config = layer.get_config()
    shape = {key: config[key] for key in ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier")}
    depthwise = keras.layers.DepthwiseConv2D(**shape, use_bias=False, name=f"{layer.name}_depthwise")
    pointwise = keras.layers.Conv2D(layer.filters, 1, use_bias=layer.use_bias, name=layer.name)
    output = pointwise(depthwise(inputs))
    first, *rest = layer.get_weights()
    depthwise.set_weights([first])
    pointwise.set_weights(rest)
    depthwise.trainable = pointwise.trainable = layer.trainable
    return output


def _affine(layer: Any, shape: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns mean and standard deviation, float64 `(channels,)`, of what scales pixels; `None` if it does not."""
    if isinstance(layer, keras.layers.Rescaling):
        scale, offset = (np.asarray(value, np.float64) for value in (layer.scale, layer.offset))
        if not (scale > 0).all():
            return None
        mean, std = -offset / scale, 1 / scale
    else:
        mean, std = (np.asarray(value, np.float64) for value in (layer.mean, np.sqrt(layer.variance)))
    channels = shape[-1]
    if (
        len(shape) != 4
        or getattr(layer, "invert", False)
        or any(value.size not in (1, channels) for value in (mean, std))
    ):
        return None
    mean, std = (np.broadcast_to(value.reshape(-1), (channels,)) for value in (mean, std))
    return mean, np.maximum(std, keras.backend.epsilon())


def _normalized(name: str, mean: np.ndarray, std: np.ndarray, inputs: Any) -> Any:
    """Normalises pixels; what normalised them before is taken into the same layer."""
    before = inputs._keras_history.layer
    if isinstance(before, layers.PixelNormalization):
        mean = np.array(before.mean) + mean * np.array(before.std)
        std = std * np.array(before.std)
        inputs = before.input
    return layers.PixelNormalization(mean.tolist(), std.tolist(), name=name)(inputs)
