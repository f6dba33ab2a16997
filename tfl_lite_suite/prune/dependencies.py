"""Which channels of a network can only be removed together, and which cannot be removed at all.

Every tensor's channels are followed from the convolution or dense layer that makes them to those that take them.
Additions and gates join channels; what is not understood leaves the channels that reach it whole.

Source: Fang et al., 2023, https://arxiv.org/abs/2301.12900, section 3, for the idea of a dependency graph.
"""

import dataclasses
import math

import numpy as np

from tfl_lite_suite.core.disjoint_sets import DisjointSets
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, KerasNode, Variable
from tfl_lite_suite.models.graph.calls import CallList
from tfl_lite_suite.models.layer_kinds import kind_of
from tfl_lite_suite.models.layer_kinds.channel_rules import Role, Unsupported, merge

INPUT = "the model's input"
OUTPUT = "the model's output"
# Functions of TensorFlow that Keras wraps in a layer when they are called on its symbolic tensors.
_UNARY = frozenset("nn.relu nn.relu6 nn.silu nn.swish nn.elu nn.gelu math.sigmoid math.tanh math.square".split())
_BINARY = frozenset(
    "__operators__.add math.add __operators__.sub math.subtract __operators__.mul math.multiply math.maximum "
    "math.minimum __operators__.truediv math.truediv math.divide".split()
)


@dataclasses.dataclass(frozen=True)
class Axis:
    """An axis of a weight that shrinks when channels are removed.

    Attributes:
        layer: The layer's unique name.
        weight: Place of the weight in `layer.get_weights()`.
        axis: The axis.
        role: Whether the layer makes these channels, takes them, or passes them on.
        channels: Channel of each index along the axis, int64.
    """

    layer: str
    weight: int
    axis: int
    role: Role
    channels: Array


@dataclasses.dataclass(frozen=True)
class Group:
    """Channels of layers that are tied to one another.

    Attributes:
        layers: Names of the layers that make them.
        channels: The channels that can be removed, each with all that is tied to it, int64.
        fixed: Number of further channels that must stay.
        regular: No layer makes more than one of its filters for any channel.
    """

    layers: tuple[str, ...]
    channels: Array
    fixed: int
    regular: bool

    @property
    def width(self) -> int:
        """Number of channels, removable or not."""
        return len(self.channels) + self.fixed


@dataclasses.dataclass(frozen=True)
class FixedChannels:
    """Layers whose channels cannot be removed.

    Attributes:
        layers: Names of the layers that make the channels.
        reason: Why.
    """

    layers: tuple[str, ...]
    reason: str


class Dependencies:
    """The channels of a model. A channel is a number; channels that are tied to one another have the same number.

    Attributes:
        calls: The model's graph.
        axes: Every axis that shrinks.
        tensors: Channel of each index of a tensor's last axis, int64, by tensor number.
        count: Number of channels.
        groups: Channels that can be removed.
        whole: Layers that are left whole, with the reason.
    """

    def __init__(self, model: KerasModel) -> None:
        """Follows the channels of a model.

        Args:
            model: Functional or sequential model with one input and one output.

        Raises:
            SuiteError: If it is anything else.
        """
        self.calls = CallList(model)
        tracker = _Tracker(self.calls)
        number = tracker.numbers()
        self.count = int(number.max()) + 1
        self.axes = [dataclasses.replace(axis, channels=number[axis.channels]) for axis in tracker.axes]
        self.tensors = {tensor: number[atoms] for tensor, atoms in tracker.tensors.items()}
        reasons: dict[int, str] = {}
        for atoms, reason in tracker.frozen:
            for channel in number[atoms]:
                reasons.setdefault(int(channel), reason)
        self.groups, self.whole = self._grouped(reasons)

    def axes_of(self, layer: str) -> list[Axis]:
        """Returns the axes of a layer's weights."""
        return [axis for axis in self.axes if axis.layer == layer]

    def _grouped(self, reasons: dict[int, str]) -> tuple[list[Group], list[FixedChannels]]:
        made = {axis.layer: axis.channels for axis in self.axes if axis.role == "out"}
        joined: DisjointSets[int] = DisjointSets()
        for channels in made.values():
            for channel in channels[1:].tolist():
                joined.join(int(channels[0]), channel)
        members: dict[int, list[str]] = {}
        for layer, channels in made.items():
            members.setdefault(joined.find(int(channels[0])), []).append(layer)
        groups, whole = [], []
        for layers in members.values():
            channels = np.unique(np.concatenate([made[layer] for layer in layers]))
            free = np.array([channel for channel in channels if int(channel) not in reasons], np.int64)
            held = sorted({reasons[int(channel)] for channel in channels if int(channel) in reasons})
            if held:
                whole.append(FixedChannels(tuple(layers), "; ".join(held)))
            if len(free):
                regular = all(len(np.unique(made[layer])) == len(made[layer]) for layer in layers)
                groups.append(Group(tuple(layers), free, len(channels) - len(free), regular))
        return groups, whole


class _Tracker:
    """Follows channels call by call; the tracker that rules tell of channels."""

    def __init__(self, calls: CallList) -> None:
        self.calls = calls
        self.axes: list[Axis] = []
        self.frozen: list[tuple[Array, str]] = []
        self.tensors: dict[int, Array] = {}
        self._sets: DisjointSets[int] = DisjointSets()
        self._count = 0
        self._first_inputs: dict[int, list[Array]] = {}
        self._first_outputs: dict[int, list[Array]] = {}
        self.tensors[0] = self.fresh(calls.model.input_shape[-1])
        self.freeze(self.tensors[0], INPUT)
        for call in calls.calls:
            self.tensors.update(zip(call.outputs, self._follow(call), strict=True))
        self.freeze(self.tensors[calls.output], OUTPUT)

    def numbers(self) -> Array:
        """Returns, for each atom, the number of the set that it ended in, from 0 on."""
        roots = [self._sets.find(atom) for atom in range(self._count)]
        return np.unique(roots, return_inverse=True)[1]

    def fresh(self, count: int | None) -> Array:
        """Returns `count` new atoms; a single one where the count is not known."""
        first, self._count = self._count, self._count + (1 if count is None else int(count))
        return np.arange(first, self._count)

    def join(self, left: Array, right: Array) -> None:
        """Ties atoms to one another, index by index."""
        for one, other in zip(left.tolist(), right.tolist(), strict=True):
            self._sets.join(one, other)

    def freeze(self, atoms: Array, reason: str) -> None:
        """Says that channels must stay."""
        self.frozen.append((atoms, reason))

    def shrinks(self, layer: KerasLayer, variable: Variable, axis: int, role: Role, atoms: Array) -> None:
        """Notes that an axis of one of a layer's weights has these channels."""
        weight = next(place for place, own in enumerate(layer.weights) if own is variable)
        self.axes.append(Axis(self.calls.names[id(layer)], weight, axis, role, atoms))

    def _follow(self, call: KerasNode) -> list[Array]:
        inputs = [self.tensors[number] for number in call.inputs]
        first = self._first_inputs.get(id(call.layer))
        try:
            if first is not None and call.layer.weights and _known(call):
                return self._follow_again(call, inputs, first)
            outputs = _followed(self, call, inputs)
            if first is not None and kind_of(call.layer).pruned_config:
                self._tie(call, first, inputs)
        except Unsupported as problem:
            reason = f"'{call.layer.name}' ({type(call.layer).__name__}): {problem}"
            for atoms in [*inputs, *(first or [])]:
                self.freeze(atoms, reason)
            outputs = [self.fresh(shape[-1] if len(shape) > 1 else None) for shape in call.output_shapes]
            for atoms in outputs:
                self.freeze(atoms, reason)
        self._first_inputs.setdefault(id(call.layer), inputs)
        self._first_outputs.setdefault(id(call.layer), outputs)
        return outputs

    def _follow_again(self, call: KerasNode, inputs: list[Array], first: list[Array]) -> list[Array]:
        """Follows another call of a layer with weights: what it makes has the channels of its first call."""
        self._tie(call, first, inputs)
        return self._first_outputs[id(call.layer)]

    def _tie(self, call: KerasNode, first: list[Array], inputs: list[Array]) -> None:
        if [len(atoms) for atoms in first] != [len(atoms) for atoms in inputs]:
            raise Unsupported("it is called on different numbers of channels")
        for one, other in zip(first, inputs, strict=True):
            self.join(one, other)


def _known(call: KerasNode) -> bool:
    return kind_of(call.layer).channels is not None


def _followed(tracker: _Tracker, call: KerasNode, inputs: list[Array]) -> list[Array]:
    """Returns the channels of each output of a call, after noting what the call ties together."""
    operation = type(call.layer).__name__ == "TFOpLambda"
    rule = _tensorflow_function if operation else kind_of(call.layer).channels
    if rule is None:
        raise Unsupported("what it does to channels is not known")
    if getattr(call.layer, "data_format", "channels_last") != "channels_last":
        raise Unsupported("channels are not the last axis")
    outputs = rule(tracker, call, inputs)
    for atoms, shape in zip(outputs, call.output_shapes, strict=True):
        if len(atoms) != shape[-1]:
            raise Unsupported("its output has not the channels that were expected")
    return outputs


def _tensorflow_function(tracker: _Tracker, call: KerasNode, inputs: list[Array]) -> list[Array]:
    symbol = call.layer.get_config()["function"]
    plain = all(value is None or isinstance(value, (int, float, str)) for value in call.constants)
    if len(inputs) == 1 and symbol in _UNARY | _BINARY and plain:
        return inputs
    if len(inputs) == 2 and symbol in _BINARY and plain:
        return merge(tracker, call, inputs)
    raise Unsupported("what it does to channels is not known")


def positions(call: KerasNode) -> int:
    """Returns the number of places, in height and width, of a call's output."""
    return math.prod(side or 1 for side in call.output_shapes[0][1:-1])
