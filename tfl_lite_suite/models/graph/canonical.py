"""Models of other people in the terms of this suite: one layer for each thing that a `.tflite` file does.

Activations become layers of their own, scaling of pixels becomes `PixelNormalization`, a separable convolution becomes
two, and what does nothing at inference goes. The outputs stay as they were.
"""

import itertools
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasLayer, KerasModel, KerasNode, KerasObject, Tensor
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.graph import channel_order, rewrite
from tfl_lite_suite.models.layer_kinds import canonical_forms

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


def canonical(model: KerasModel) -> KerasModel:
    """Returns an equal flat model made of the suite's kinds of layers, as far as there is one for each.

    Args:
        model: Functional or sequential model with one input and one output.

    Raises:
        SuiteError: See `graph.check_functional`.
    """
    known = rewrite.rebuild(rewrite.flat(model), canonical_forms.canonical, _operate)
    if any(type(layer).__name__ in rewrite.OPERATIONS for layer in known.layers):
        # Now that no `x + 3` can be part of a hard sigmoid.
        known = rewrite.rebuild(known, canonical_forms.canonical, _scale)
        return rewrite.rebuild(known, rewrite.copy_layer, _ordered)
    return known


def _operate(layer: KerasLayer, output: Tensor) -> Tensor:
    """Returns what operators between layers compute as a layer, if there is one for it."""
    before = _before_hard_sigmoid(output)
    if before is not None:
        return layers.HardSigmoid(name=f"{layer.name}_hard_sigmoid")(before)
    function, tensors, operands = _operation(layer, output)
    if _does_nothing(function, output, tensors):
        return tensors[0]
    if len(operands) == len(tensors) == 2 and function in _JOINS and len({len(t.shape) for t in tensors}) == 1:
        return canonical_forms.canonical(_JOINS[function](name=layer.name), tensors)
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
    made = canonical_forms.affine(layer.name, scale, offset, tensors[0])
    return output if made is None else made


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


def _does_nothing(function: str, output: Tensor, tensors: list[Tensor]) -> bool:
    if function in ("identity", "stop_gradient"):
        return True
    return function == "cast" and len(tensors) == 1 and output.dtype == tensors[0].dtype


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
