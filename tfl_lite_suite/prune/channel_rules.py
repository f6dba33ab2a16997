"""What each kind of layer does to the channels that it is given.

A rule is found by a layer's exact class, since a subclass may compute anything. A class without a rule leaves the
channels that reach it, and those that it makes, whole.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers

Atoms = np.ndarray

_ELEMENTWISE = frozenset(
    "linear relu relu6 sigmoid hard_sigmoid tanh swish silu elu selu gelu softplus softsign exponential leaky_relu "
    "mish".split()
)
# Functions of TensorFlow that Keras wraps in a layer when they are called on its symbolic tensors.
_UNARY = frozenset("nn.relu nn.relu6 nn.silu nn.swish nn.elu nn.gelu math.sigmoid math.tanh math.square".split())
_BINARY = frozenset(
    "__operators__.add math.add __operators__.sub math.subtract __operators__.mul math.multiply math.maximum "
    "math.minimum __operators__.truediv math.truediv math.divide".split()
)


class Unsupported(Exception):
    """A rule does not know what a call does to channels; the message says why."""


def follow(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    """Returns the channels of each output of a call, after noting what the call ties together.

    Args:
        tracker: What `fresh`, `join`, `freeze` and `shrinks` are told to.
        call: The call.
        inputs: Channels of each input, int64.

    Raises:
        Unsupported: If there is no rule.
    """
    rule = RULES.get(type(call.layer))
    if rule is None and type(call.layer).__name__ == "TFOpLambda":
        rule = _tensorflow_function
    if rule is None:
        raise Unsupported("what it does to channels is not known")
    if getattr(call.layer, "data_format", "channels_last") != "channels_last":
        raise Unsupported("channels are not the last axis")
    outputs = rule(tracker, call, inputs)
    for atoms, shape in zip(outputs, call.output_shapes, strict=True):
        if len(atoms) != shape[-1]:
            raise Unsupported("its output has not the channels that were expected")
    return outputs


def has_channels_in_config(layer: Any) -> bool:
    """Tells whether a layer without weights must be configured anew when its channels change."""
    return type(layer) in (layers.ChannelSlice, keras.layers.Reshape)


def new_config(layer: Any, inputs: list[np.ndarray], outputs: list[np.ndarray]) -> dict[str, Any]:
    """Returns what changes in a layer's configuration when channels are removed.

    Args:
        layer: The layer.
        inputs: For each input, whether each channel stays, bool.
        outputs: The same for each output.
    """
    if type(layer) in (keras.layers.Conv2D, keras.layers.SeparableConv2D):
        return {"filters": int(outputs[0].sum())}
    if type(layer) is keras.layers.Dense:
        return {"units": int(outputs[0].sum())}
    if type(layer) is layers.ChannelSlice:
        return {"begin": int(inputs[0][: layer.begin].sum()), "size": int(outputs[0].sum())}
    if type(layer) is keras.layers.Reshape:
        return {"target_shape": (*layer.target_shape[:-1], int(outputs[0].sum()))}
    return {}


def _activation(tracker: Any, layer: Any, atoms: Atoms) -> None:
    name = getattr(layer.activation, "__name__", str(layer.activation))
    if layer.activation is not None and name not in _ELEMENTWISE:
        tracker.freeze(atoms, f"'{layer.name}' ({type(layer).__name__}): its activation {name} may mix channels")


def _convolution(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    layer = call.layer
    made = tracker.fresh(call.output_shapes[0][-1])
    taken = _alike(tracker, inputs[0], getattr(layer, "groups", 1))
    _alike(tracker, made, getattr(layer, "groups", 1))
    tracker.shrinks(layer, layer.kernel, layer.kernel.shape.rank - 2, "in", taken)
    tracker.shrinks(layer, layer.kernel, layer.kernel.shape.rank - 1, "out", made)
    if layer.use_bias:
        tracker.shrinks(layer, layer.bias, 0, "through", made)
    _activation(tracker, layer, made)
    return [made]


def _alike(tracker: Any, atoms: Atoms, groups: int) -> Atoms:
    """Makes every group of channels lose the same places, so that groups stay equal; returns those of the first."""
    first, *others = atoms.reshape(groups, -1)
    for group in others:
        tracker.join(first, group)
    return np.asarray(first)


def _separable(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    layer = call.layer
    made = tracker.fresh(call.output_shapes[0][-1])
    tracker.shrinks(layer, layer.depthwise_kernel, 2, "through", inputs[0])
    tracker.shrinks(layer, layer.pointwise_kernel, 2, "in", np.repeat(inputs[0], layer.depth_multiplier))
    tracker.shrinks(layer, layer.pointwise_kernel, 3, "out", made)
    if layer.use_bias:
        tracker.shrinks(layer, layer.bias, 0, "through", made)
    _activation(tracker, layer, made)
    return [made]


def _depthwise(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    layer = call.layer
    made = np.repeat(inputs[0], layer.depth_multiplier)
    tracker.shrinks(layer, layer.depthwise_kernel, 2, "through", inputs[0])
    if layer.use_bias:
        tracker.shrinks(layer, layer.bias, 0, "through", made)
    _activation(tracker, layer, made)
    return [made]


def _batch_norm(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    layer = call.layer
    if list(layer.axis) != [len(call.input_shapes[0]) - 1]:
        raise Unsupported(f"it normalises axis {list(layer.axis)}, which is not the channels")
    for variable in layer.weights:
        tracker.shrinks(layer, variable, 0, "through", inputs[0])
    return inputs


def _parametric_relu(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    layer = call.layer
    if layer.alpha.shape[-1] != len(inputs[0]):
        raise Unsupported("its slopes are shared among channels")
    tracker.shrinks(layer, layer.alpha, layer.alpha.shape.rank - 1, "through", inputs[0])
    return inputs


def _same(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    return inputs


def _activation_layer(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    _activation(tracker, call.layer, inputs[0])
    return inputs


def _rescaling(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    if np.ndim(call.layer.scale) or np.ndim(call.layer.offset):
        tracker.freeze(inputs[0], f"'{call.layer.name}' (Rescaling): it has a scale for each channel")
    return inputs


def _normalization(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    tracker.freeze(inputs[0], f"'{call.layer.name}' (PixelNormalization): it has a scale for each channel")
    return inputs


def _merge(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    if len({len(shape) for shape in call.input_shapes}) != 1:
        raise Unsupported("it joins tensors of different rank")
    width = max(map(len, inputs))
    full = [atoms for atoms in inputs if len(atoms) == width]
    for atoms in inputs:
        if len(atoms) == width:
            tracker.join(full[0], atoms)
        elif len(atoms) == 1:
            tracker.freeze(atoms, f"'{call.layer.name}' ({type(call.layer).__name__}): it meets every channel")
        else:
            raise Unsupported("it joins different numbers of channels")
    return [full[0]]


def _concatenate(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    rank = len(call.input_shapes[0])
    if call.layer.axis % rank == rank - 1:
        return [np.concatenate(inputs)]
    for atoms in inputs[1:]:
        tracker.join(inputs[0], atoms)
    return inputs[:1]


def _slice(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    return [inputs[0][call.layer.begin : call.layer.begin + call.layer.size]]


def _shuffle(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    # Interleaving keeps the order of what is left only if every group loses the same places.
    _alike(tracker, inputs[0], call.layer.groups)
    return [inputs[0].reshape(call.layer.groups, -1).T.reshape(-1)]


def _flatten(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    sides = call.input_shapes[0][1:-1]
    if None in sides:
        raise Unsupported("the size of its input is not known")
    return [np.tile(inputs[0], math.prod(side for side in sides if side is not None))]


def _reshape(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    if call.output_shapes[0][-1] != len(inputs[0]):
        raise Unsupported("it moves channels to another axis")
    return inputs


def _tensorflow_function(tracker: Any, call: Any, inputs: list[Atoms]) -> list[Atoms]:
    symbol = call.layer.get_config()["function"]
    plain = all(value is None or isinstance(value, (int, float, str)) for value in call.constants)
    if len(inputs) == 1 and symbol in _UNARY | _BINARY and plain:
        return inputs
    if len(inputs) == 2 and symbol in _BINARY and plain:
        return _merge(tracker, call, inputs)
    raise Unsupported("what it does to channels is not known")


_kinds = keras.layers
Rule = Callable[[Any, Any, list[Atoms]], list[Atoms]]
RULES: dict[type, Rule] = {
    _kinds.Conv2D: _convolution,
    _kinds.Dense: _convolution,
    _kinds.DepthwiseConv2D: _depthwise,
    _kinds.SeparableConv2D: _separable,
    _kinds.BatchNormalization: _batch_norm,
    _kinds.PReLU: _parametric_relu,
    _kinds.Activation: _activation_layer,
    _kinds.Rescaling: _rescaling,
    layers.PixelNormalization: _normalization,
    _kinds.Concatenate: _concatenate,
    layers.ChannelSlice: _slice,
    layers.ChannelShuffle: _shuffle,
    _kinds.Flatten: _flatten,
    _kinds.Reshape: _reshape,
    **dict.fromkeys(
        (
            _kinds.ReLU,
            _kinds.LeakyReLU,
            _kinds.ELU,
            _kinds.ThresholdedReLU,
            layers.HardSwish,
            layers.HardSigmoid,
            layers.Swish,
            _kinds.Dropout,
            _kinds.SpatialDropout2D,
            _kinds.GaussianNoise,
            _kinds.GaussianDropout,
            _kinds.ZeroPadding2D,
            _kinds.Cropping2D,
            _kinds.UpSampling2D,
            _kinds.MaxPooling2D,
            _kinds.AveragePooling2D,
            _kinds.GlobalAveragePooling2D,
            _kinds.GlobalMaxPooling2D,
        ),
        _same,
    ),
    **dict.fromkeys(
        (_kinds.Add, _kinds.Multiply, _kinds.Subtract, _kinds.Average, _kinds.Maximum, _kinds.Minimum), _merge
    ),
}
