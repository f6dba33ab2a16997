"""What layers do to the channels that they are given, which pruning follows: rules for the table of kinds.

A rule takes a tracker, the call of a layer and the channels of each of its inputs, int64, and returns those of each
output. `Unsupported` leaves the channels whole that reach a layer, and those that it makes.
"""

import math
from typing import Literal, Protocol

import numpy as np

from tfl_lite_suite.core.types import Array, JsonObject, KerasLayer, KerasNode, Variable

Atoms = np.ndarray
Role = Literal["out", "in", "through"]


class Tracker(Protocol):
    """What a rule tells of channels."""

    def fresh(self, count: int | None) -> Atoms:
        """Returns new channels."""

    def join(self, left: Atoms, right: Atoms) -> None:
        """Ties channels to one another, index by index."""

    def freeze(self, atoms: Atoms, reason: str) -> None:
        """Says that channels must stay."""

    def shrinks(self, layer: KerasLayer, variable: Variable, axis: int, role: Role, atoms: Atoms) -> None:
        """Notes that an axis of one of a layer's weights has these channels."""


_ELEMENTWISE = frozenset(
    "linear relu relu6 sigmoid hard_sigmoid tanh swish silu elu selu gelu softplus softsign exponential leaky_relu "
    "mish".split()
)


class Unsupported(Exception):
    """A rule does not know what a call does to channels; the message says why."""


def _activation(tracker: Tracker, layer: KerasLayer, atoms: Atoms) -> None:
    name = getattr(layer.activation, "__name__", str(layer.activation))
    if layer.activation is not None and name not in _ELEMENTWISE:
        tracker.freeze(atoms, f"'{layer.name}' ({type(layer).__name__}): its activation {name} may mix channels")


def convolution(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A kernel whose last axis makes channels, and whose axis before takes them."""
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


def _alike(tracker: Tracker, atoms: Atoms, groups: int) -> Atoms:
    """Makes every group of channels lose the same places, so that groups stay equal; returns those of the first."""
    first, *others = atoms.reshape(groups, -1)
    for group in others:
        tracker.join(first, group)
    return np.asarray(first)


def separable(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A depthwise convolution and a 1×1 one in one layer."""
    layer = call.layer
    made = tracker.fresh(call.output_shapes[0][-1])
    tracker.shrinks(layer, layer.depthwise_kernel, 2, "through", inputs[0])
    tracker.shrinks(layer, layer.pointwise_kernel, 2, "in", np.repeat(inputs[0], layer.depth_multiplier))
    tracker.shrinks(layer, layer.pointwise_kernel, 3, "out", made)
    if layer.use_bias:
        tracker.shrinks(layer, layer.bias, 0, "through", made)
    _activation(tracker, layer, made)
    return [made]


def depthwise(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A depthwise convolution, which makes `depth_multiplier` channels of each."""
    layer = call.layer
    made = np.repeat(inputs[0], layer.depth_multiplier)
    tracker.shrinks(layer, layer.depthwise_kernel, 2, "through", inputs[0])
    if layer.use_bias:
        tracker.shrinks(layer, layer.bias, 0, "through", made)
    _activation(tracker, layer, made)
    return [made]


def batch_norm(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A batch normalization of the channels."""
    layer = call.layer
    if list(layer.axis) != [len(call.input_shapes[0]) - 1]:
        raise Unsupported(f"it normalises axis {list(layer.axis)}, which is not the channels")
    for variable in layer.weights:
        tracker.shrinks(layer, variable, 0, "through", inputs[0])
    return inputs


def parametric_relu(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A slope for each channel."""
    layer = call.layer
    if layer.alpha.shape[-1] != len(inputs[0]):
        raise Unsupported("its slopes are shared among channels")
    tracker.shrinks(layer, layer.alpha, layer.alpha.shape.rank - 1, "through", inputs[0])
    return inputs


def same(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A layer without weights that does not mix channels."""
    return inputs


def activation(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A layer that applies its `activation`."""
    _activation(tracker, call.layer, inputs[0])
    return inputs


def rescaling(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A factor and a summand, for all channels or for each."""
    if np.ndim(call.layer.scale) or np.ndim(call.layer.offset):
        tracker.freeze(inputs[0], f"'{call.layer.name}' (Rescaling): it has a scale for each channel")
    return inputs


def pixel_normalization(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """A mean and a standard deviation for each channel."""
    tracker.freeze(inputs[0], f"'{call.layer.name}' (PixelNormalization): it has a scale for each channel")
    return inputs


def merge(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Tensors that are joined element by element; one channel may meet all of another."""
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


def concatenate(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Tensors one after the other."""
    rank = len(call.input_shapes[0])
    if call.layer.axis % rank == rank - 1:
        return [np.concatenate(inputs)]
    for atoms in inputs[1:]:
        tracker.join(inputs[0], atoms)
    return inputs[:1]


def channel_slice(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Neighbouring channels."""
    return [inputs[0][call.layer.begin : call.layer.begin + call.layer.size]]


def channel_shuffle(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Interleaved groups of channels."""
    # Interleaving keeps the order of what is left only if every group loses the same places.
    _alike(tracker, inputs[0], call.layer.groups)
    return [inputs[0].reshape(call.layer.groups, -1).T.reshape(-1)]


def flatten(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Channels repeated for every place."""
    sides = call.input_shapes[0][1:-1]
    if None in sides:
        raise Unsupported("the size of its input is not known")
    return [np.tile(inputs[0], math.prod(side for side in sides if side is not None))]


def reshape(tracker: Tracker, call: KerasNode, inputs: list[Atoms]) -> list[Atoms]:
    """Another shape of the same channels."""
    if call.output_shapes[0][-1] != len(inputs[0]):
        raise Unsupported("it moves channels to another axis")
    return inputs


def filters(layer: KerasLayer, inputs: list[Array], outputs: list[Array]) -> JsonObject:
    """Returns what changes in a convolution's configuration."""
    return {"filters": int(outputs[0].sum())}


def units(layer: KerasLayer, inputs: list[Array], outputs: list[Array]) -> JsonObject:
    """Returns what changes in a dense layer's configuration."""
    return {"units": int(outputs[0].sum())}


def slice_ends(layer: KerasLayer, inputs: list[Array], outputs: list[Array]) -> JsonObject:
    """Returns what changes in the configuration of a slice of channels."""
    return {"begin": int(inputs[0][: layer.begin].sum()), "size": int(outputs[0].sum())}


def target_shape(layer: KerasLayer, inputs: list[Array], outputs: list[Array]) -> JsonObject:
    """Returns what changes in the configuration of another shape."""
    return {"target_shape": (*layer.target_shape[:-1], int(outputs[0].sum()))}
