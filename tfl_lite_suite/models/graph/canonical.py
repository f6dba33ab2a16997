"""Models of other people in the terms of this suite: one layer for each thing that a `.tflite` file does.

Activations become layers of their own, scaling of pixels becomes `PixelNormalization`, a separable convolution becomes
two, and what does nothing at inference goes. The outputs stay as they were.
"""

import itertools
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, KerasNode, KerasObject, Tensor, TensorShape
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.graph import channel_order, idle, rewrite
from tfl_lite_suite.models.layer_kinds import kind_of

# What stands for functions of TensorFlow between layers, by TensorFlow's names for them.
_FUNCTIONS: dict[str, Callable[..., KerasObject]] = {
    "nn.relu": lambda name: keras.layers.ReLU(name=name),
    "nn.relu6": lambda name: keras.layers.ReLU(6.0, name=name),
    "nn.silu": lambda name: layers.Swish(name=name),
    "nn.softmax": lambda name: keras.layers.Softmax(name=name),
    "math.sigmoid": lambda name: keras.layers.Activation("sigmoid", name=name),
}
_JOINS = {
    "__operators__.add": keras.layers.Add,
    "math.add": keras.layers.Add,
    "math.multiply": keras.layers.Multiply,
}
# Factor and summand where one of two operands is constant; whether the constant comes first.
_AFFINE: dict[tuple[str, bool], Callable[[KerasLayer], tuple[KerasLayer, KerasLayer]]] = {
    ("math.subtract", False): lambda value: (1.0, -value),
    ("math.subtract", True): lambda value: (-1.0, value),
    ("math.truediv", False): lambda value: (1 / value, 0.0),
    ("nn.bias_add", False): lambda value: (1.0, value),
    **dict.fromkeys(itertools.product(("__operators__.add", "math.add"), (False, True)), lambda value: (1.0, value)),
    **dict.fromkeys((("math.multiply", False), ("math.multiply", True)), lambda value: (value, 0.0)),
}
# Arguments that say what holds without them.
_NEUTRAL = (None, "NHWC")
# By the function's name; functions of other names stay as they are.
_ACTIVATIONS: dict[str, Callable[..., KerasLayer]] = {
    "relu": lambda name: keras.layers.ReLU(name=name),
    "relu6": lambda name: keras.layers.ReLU(6.0, name=name),
    "swish": lambda name: layers.Swish(name=name),
    "silu": lambda name: layers.Swish(name=name),
}


def canonical(model: KerasModel) -> KerasModel:
    """Returns an equal flat model made of the suite's kinds of layers, as far as there is one for each.

    Args:
        model: Functional or sequential model with one input and one output.

    Raises:
        SuiteError: See `graph.check_functional`.
    """
    known = rewrite.rebuild(rewrite.flat(model), _replace, _operate)
    if any(type(layer).__name__ in rewrite.OPERATIONS for layer in known.layers):
        # Now that no `x + 3` can be part of a hard sigmoid.
        known = rewrite.rebuild(known, _replace, _scale)
        return rewrite.rebuild(known, rewrite.copy_layer, _ordered)
    return known


def _operate(layer: KerasLayer, output: Tensor) -> Tensor:
    """Returns what operators between layers compute as a layer, if there is one for it."""
    before = _before_hard_sigmoid(output)
    if before is not None:
        return layers.HardSigmoid(name=f"{layer.name}_hard_sigmoid")(before)
    function, tensors, operands = _operation(layer, output)
    if idle.operation_does_nothing(function, output, tensors):
        return tensors[0]
    if len(operands) == len(tensors) == 2 and function in _JOINS and len({len(t.shape) for t in tensors}) == 1:
        return _replace(_JOINS[function](name=layer.name), tensors)
    if len(operands) == len(tensors) == 1 and function in _FUNCTIONS:
        return _FUNCTIONS[function](layer.name)(tensors[0])
    return output


def _scale(layer: KerasLayer, output: Tensor) -> Tensor:
    """Returns a sum with a constant, or a product, as a layer."""
    function, tensors, operands = _operation(layer, output)
    if len(operands) != 2 or len(tensors) != 1:
        return output
    is_first = operands[1] is tensors[0]
    if (function, is_first) not in _AFFINE:
        return output
    scale, offset = _AFFINE[function, is_first](np.asarray(operands[0 if is_first else 1], np.float64))
    as_layer = keras.layers.Rescaling(scale, offset, name=layer.name)
    return output if _affine(as_layer, tensors[0].shape) is None else _replace(as_layer, tensors[0])


def _ordered(layer: KerasLayer, output: Tensor) -> Tensor:
    """Returns channels in another order, where nothing that follows could take that over, as a convolution."""
    found = channel_order.reordered(output)
    return output if found is None else channel_order.as_convolution(layer.name, found)


def _operation(layer: KerasLayer, output: Tensor) -> tuple[str, list[Tensor], list[Tensor]]:
    """Returns an operator's function, its tensors, and all that it is given."""
    node = _maker(output).inbound_nodes[0]
    given = [*node.call_args, *(value for key, value in node.call_kwargs.items() if key != "name")]
    operands = [value for value in given if not (value is None or isinstance(value, str) and value in _NEUTRAL)]
    return str(layer.get_config().get("function")), node.keras_inputs, operands


def _before_hard_sigmoid(output: Tensor) -> Tensor:
    """Returns the `x` of `relu6(x + 3) / 6`, which the networks of `keras.applications` compute in operators."""
    if not _computes(output, "math.multiply", 1 / 6) and not _computes(output, "math.truediv", 6):
        return None
    relu = _maker_of_input(output)
    if not isinstance(relu, keras.layers.ReLU) or relu.max_value != 6 or relu.negative_slope or relu.threshold:
        return None
    return _maker(relu.input).input if _computes(relu.input, "__operators__.add", 3) else None


def _maker(tensor: Tensor) -> KerasLayer:
    return keras_graph.layer_of(tensor)


def _maker_of_input(tensor: Tensor) -> KerasNode:
    before = _maker(tensor).input
    return None if isinstance(before, list) else _maker(before)


def _computes(tensor: Tensor, function: str, constant: float) -> bool:
    """Tells whether a tensor comes from an operator with one tensor and this constant."""
    layer = _maker(tensor)
    if getattr(layer, "function", None) is None or layer.get_config().get("function") != function:
        return False
    node = layer.inbound_nodes[0]
    if function == "math.truediv" and node.call_args[0] is not node.keras_inputs[0]:
        return False
    numbers = [
        value for value in tf.nest.flatten((node.call_args, node.call_kwargs)) if isinstance(value, (int, float))
    ]
    return len(numbers) == 1 and abs(numbers[0] - constant) < 1e-6


def _replace(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    function = getattr(layer, "activation", None)
    if isinstance(layer, keras.layers.Multiply):
        for gate, value in (inputs, inputs[::-1]) if len(inputs) == 2 else ():
            if isinstance(_maker(gate), layers.HardSigmoid) and _maker(gate).input is value:
                return layers.HardSwish(name=layer.name)(value)
    if type(layer) in (keras.layers.Add, keras.layers.Multiply) and len(inputs) > 2:
        return _two_at_a_time(layer, inputs)
    if (
        isinstance(layer, keras.layers.ReLU)
        and layer.negative_slope
        and not layer.threshold
        and layer.max_value is None
    ):
        return keras.layers.LeakyReLU(layer.negative_slope, name=layer.name)(inputs)
    if idle.does_nothing(layer, inputs):
        return inputs
    if isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)):
        affine = _affine(layer, inputs.shape)
        return rewrite.copy_layer(layer, inputs) if affine is None else _normalized(layer.name, *affine, inputs)
    if isinstance(layer, layers.LayerScale) and len(inputs.shape) == 4:
        factors = layer.gamma.numpy()
        return rewrite.as_depthwise(layer.name, factors, np.zeros_like(factors), inputs, layer.trainable)
    if type(layer) is keras.layers.Activation:
        return _activated(layer.name, function, inputs)
    if type(layer) is keras.layers.SeparableConv2D and layer.data_format == "channels_last":
        return _activated(f"{layer.name}_activation", function, _separated(layer, inputs))
    order = channel_order.reordered(inputs) if keras_graph.is_symbolic(inputs) else None
    if order is not None and kind_of(layer).channelwise:
        return order.applied(rewrite.copy_layer(layer, order.source))
    if order is not None and type(layer) is keras.layers.Conv2D and layer.groups == 1:
        kernel, *bias = layer.get_weights()
        kernel = order.to_source(kernel.swapaxes(2, 3)).swapaxes(2, 3)
        return _split(layer, order.source, [kernel, *bias])
    return _split(layer, inputs, layer.get_weights())


def _split(layer: KerasLayer, inputs: Tensor, weights: list[Array]) -> Tensor:
    """Applies a copy of a layer with these weights, its activation as a layer of its own."""
    function = getattr(layer, "activation", None)
    ends = bool(kind_of(layer).kernels) and function not in (None, keras.activations.linear)
    plain = rewrite.configured(layer, **({"activation": "linear"} if ends else {}))
    output = plain(inputs)
    plain.set_weights(weights[: len(plain.weights)])  # Those of an activation follow.
    plain.trainable = layer.trainable
    return _activated(f"{layer.name}_activation", function, output) if ends else output


def _two_at_a_time(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Joins tensors as TensorFlow Lite does, whose operators take two."""
    result, *others = inputs
    for number, tensor in enumerate(others, 1):
        name = layer.name if number == len(others) else f"{layer.name}_{number}"
        result = type(layer)(name=name)([result, tensor])
    return result


def _activated(name: str, function: Tensor, inputs: Tensor) -> Tensor:
    if function is keras.activations.linear:
        return inputs
    if isinstance(function, keras.layers.Layer):  # Such as `Conv2D(8, 3, activation=ReLU(6.0))`.
        made = rewrite.copy_layer(function, inputs, name)
        return _replace(_maker(made), inputs)
    make = _ACTIVATIONS.get(getattr(function, "__name__", ""))
    known = function in (keras.activations.relu, keras.activations.swish, tf.nn.relu6, tf.nn.silu)
    return make(name=name)(inputs) if make and known else keras.layers.Activation(function, name=name)(inputs)


def _separated(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Applies a separable convolution, without its activation, as a depthwise and a 1×1 convolution."""
    config = layer.get_config()
    shape = {key: config[key] for key in ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier")}
    depthwise = keras.layers.DepthwiseConv2D(**shape, use_bias=False, name=f"{layer.name}_depthwise")
    pointwise = keras.layers.Conv2D(layer.filters, 1, use_bias=layer.use_bias, name=layer.name)
    output = pointwise(depthwise(inputs))
    first, *rest = layer.get_weights()
    depthwise.set_weights([first])
    pointwise.set_weights(rest[: len(pointwise.weights)])
    depthwise.trainable = pointwise.trainable = layer.trainable
    return output


def _affine(layer: KerasLayer, shape: TensorShape) -> tuple[Array, Array] | None:
    """Returns mean and standard deviation, float64 `(channels,)`, of what scales pixels; `None` if it does not."""
    if isinstance(layer, keras.layers.Rescaling):
        scale, offset = (np.asarray(value, np.float64) for value in (layer.scale, layer.offset))
        if not scale.all():
            return None
        mean, std = -offset / scale, 1 / scale
    else:
        mean, std = (np.asarray(value, np.float64) for value in (layer.mean, np.sqrt(layer.variance)))
        std = np.maximum(std, keras.backend.epsilon())
    channels = shape[-1]
    if (
        len(shape) != 4
        or getattr(layer, "invert", False)
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
    before = _maker(inputs)
    if not isinstance(before, (keras.layers.InputLayer, layers.PixelNormalization)):
        # Other values have no whole steps.
        return rewrite.as_depthwise(name, 1 / std, -mean / std, inputs, trainable=False)
    if isinstance(before, layers.PixelNormalization):
        mean = np.array(before.mean) + mean * np.array(before.std)
        std = std * np.array(before.std)
        inputs = before.input
    return layers.PixelNormalization(mean.tolist(), std.tolist(), name=name)(inputs)
