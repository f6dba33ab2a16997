"""Cross-layer equalization: channels of one tensor brought to one range, which a single int8 scale then suits.

Channel `c` of a tensor is multiplied by `s[c]` in the layers that make it and divided by it in the layers that take
it. Through convolutions, sums, pooling and ReLU that changes nothing in float: all are linear or positively
homogeneous. A ReLU6 commutes with a scale of 1 or more as long as the scaled channel stays below 6; the scale is
chosen so that it does by some way on the calibration pictures. A channel that goes further elsewhere is clipped there,
just as int8 clips what exceeds a tensor's calibrated range.

Tensors that share their scales cannot all be even. Those whose rounding moves the answers most come first.

Source: Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.1, with scales taken from activations instead
of weights, and whole residual stages scaled together.
"""

import dataclasses
import itertools

import numpy as np

from tfl_lite_suite.core.disjoint_sets import DisjointSets
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Activation, Array, KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.batches import batches_of, for_batches
from tfl_lite_suite.models.layer_kinds import Equalization, kind_of
from tfl_lite_suite.quantize.ptq.sensitivity import sensitivities

_BATCH = 16
# A channel this much weaker than the strongest carries nothing worth a scale.
_TINY = 1e-3
# Other pictures reach further than those of calibration, and what a clipping activation takes from them is lost.
_HEADROOM = 1.3
# Factors by which the search for the ends of ranges moves one.
_FIRST_STEP, _LAST_STEP = 2.0, 1.05


@dataclasses.dataclass(frozen=True)
class Equalized:
    """An equalized model and what was done to it.

    Attributes:
        model: Computes what the original computes.
        groups: For each set of tensors that share scales, the names of the layers that make them.
        largest_scale: Greatest factor by which a channel was multiplied; 1.0 where nothing was done.
        difference: Largest difference of a logit on the calibration pictures, relative to the largest logit.
    """

    model: KerasModel
    groups: tuple[tuple[str, ...], ...]
    largest_scale: float
    difference: float


def equalize(model: KerasModel, calibration: Array) -> Equalized:
    """Returns a model of equal outputs whose activations lose less in int8.

    Scaled together are the tensors that sums, pooling and ReLUs join, such as the output of every block of a residual
    stage. Left as they are: tensors made by a depthwise convolution, where it hurts; tensors that feed a dense layer,
    whose weights have one scale in int8; and tensors that touch a layer that is neither linear nor homogeneous.

    Args:
        model: Functional model without nested models, batch normalization folded (`fold_batch_norm`).
        calibration: uint8 `(n, height, width, channels)`, pictures from which each channel's maximum is taken.

    Returns:
        The new model and a record of the changes.
    """
    copy = rewrite.rebuild(model, rewrite.copy_layer)
    groups = [group for group in _Scaling(copy).groups() if group.producers and group.consumers]
    tensors = {id(tensor): tensor for group in groups for tensor in group.rounded}
    maxima = channel_maxima(copy, list(tensors.values()), calibration) if tensors else []
    by_tensor = dict(zip(tensors, maxima, strict=True))
    shared = {id(tensor): tensor for group in groups if len(group.rounded) > 1 for tensor in group.rounded}
    sensitive = sensitivities(copy, list(shared.values()), calibration) if shared else []
    by_shared = dict(zip(shared, sensitive, strict=True))
    largest = 1.0
    for group in groups:
        scale = group.scale(by_tensor, by_shared)
        largest = max(largest, float(scale.max()))
        group.apply(scale)
    return Equalized(
        copy,
        tuple(tuple(layer.name for layer in group.producers) for group in groups),
        largest,
        _difference(model, copy, calibration[:_BATCH]) if groups else 0.0,
    )


def channel_maxima(model: KerasModel, tensors: list[Tensor], calibration: Array) -> list[Array]:
    """Returns the greatest absolute value of every channel of tensors of a model, each float32 `(channels,)`."""
    probe = keras.Model(model.inputs, tensors)

    def maxima_of(images: Tensor) -> list[Tensor]:
        found = tf.nest.flatten(probe(images, training=False))
        return [tf.reduce_max(tf.abs(values), axis=list(range(len(values.shape) - 1))) for values in found]

    greatest, run = list[Array](), for_batches(model, maxima_of)
    for pictures in batches_of(calibration, _BATCH):
        batch = [maxima.numpy() for maxima in run(pictures)]
        greatest = [np.maximum(*pair) for pair in zip(greatest, batch, strict=True)] if greatest else batch
    return greatest


@dataclasses.dataclass
class _Group:
    """Tensors that must have one scale for each channel.

    Attributes:
        producers: Layers with weights that make one of them.
        consumers: Layers with weights that take one of them.
        rounded: Those that exist in the int8 graph, where an operator and the ReLU after it are one.
        limits: Upper limit of a clipping activation, by the `id` of its output.
    """

    producers: list[KerasLayer] = dataclasses.field(default_factory=list)
    consumers: list[KerasLayer] = dataclasses.field(default_factory=list)
    rounded: list[Tensor] = dataclasses.field(default_factory=list)
    limits: dict[int, float] = dataclasses.field(default_factory=dict)

    def scale(self, maxima: dict[int, Array], sensitive: dict[int, Array]) -> Array:
        """Returns the factor of each channel, at least 1.

        Args:
            maxima: The greatest absolute value of each channel, by the `id` of a tensor.
            sensitive: What `sensitivities` returned for the tensors of a group of several, by the `id` of a tensor.
        """
        own = np.array([maxima[id(tensor)] for tensor in self.rounded], np.float64)
        if len(own) > 1:
            own = own / _ends(own, np.array([sensitive[id(tensor)] for tensor in self.rounded]))[:, np.newaxis]
        own = own.max(axis=0)
        most = own.max()
        scale = np.where(own > _TINY * most, most / np.maximum(own, 1e-30), 1.0)
        for tensor, limit in self.limits.items():
            scale = np.minimum(scale, limit / np.maximum(_HEADROOM * maxima[tensor], 1e-30))
        return np.maximum(scale, 1.0)

    def apply(self, scale: Array) -> None:
        for layer in self.producers:
            kernel, *bias = layer.get_weights()
            layer.set_weights([kernel * scale, *(values * scale for values in bias)])
        for layer in self.consumers:
            kernel, *bias = layer.get_weights()
            layer.set_weights([kernel / scale[:, np.newaxis], *bias])


class _Scaling:
    """Finds out which tensors of a model must share their scales, and which must keep the scale 1."""

    def __init__(self, model: KerasModel) -> None:
        self._sets: DisjointSets[int] = DisjointSets()
        self._pinned: set[int] = set()
        self._tensors = {
            id(tensor): tensor for node in rewrite.nodes(model) for tensor in tf.nest.flatten(node.outputs)
        }
        self._takers = rewrite.consumers(model)
        self._nodes = rewrite.nodes(model)
        self._limits: dict[int, float] = {}
        self._pin(*model.inputs, *model.outputs)
        for node in self._nodes:
            self._read(node.layer, tf.nest.flatten(node.keras_inputs), tf.nest.flatten(node.outputs))

    def groups(self) -> list[_Group]:
        """Returns the groups that may be scaled, in the order of the graph."""
        pinned = {self._sets.find(tensor) for tensor in self._pinned}
        groups: dict[int, _Group] = {}
        for index, tensor in self._tensors.items():
            group = groups.setdefault(self._sets.find(index), _Group())
            takers = self._takers.get(index, [])
            if not (len(takers) == 1 and _clips(takers[0])):
                group.rounded.append(tensor)
            if index in self._limits:
                group.limits[index] = self._limits[index]
        for node in self._nodes:
            if _has_kernel(node.layer):
                groups[self._sets.find(id(node.outputs))].producers.append(node.layer)
                taken = self._sets.find(id(node.keras_inputs[0]))
                if taken in groups:
                    groups[taken].consumers.append(node.layer)
        return [group for leader, group in groups.items() if leader not in pinned]

    def _read(self, layer: KerasLayer, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        if _has_kernel(layer):
            limit = _clip_limit(layer.activation)
            if limit is None or kind_of(layer).equalization is Equalization.DEPTHWISE:
                self._pin(*outputs)
            if limit:
                self._limits[id(outputs[0])] = limit
            if getattr(layer, "groups", 1) > 1:
                self._pin(*inputs)
        elif _clips(layer):
            self._join(inputs + outputs)
            limit = _clip_limit(layer)
            if limit:
                self._limits[id(outputs[0])] = limit
        elif _passes(layer, inputs, outputs):
            self._join(inputs + outputs)
        else:
            self._pin(*inputs, *outputs)

    def _join(self, tensors: list[Tensor]) -> None:
        for tensor in tensors[1:]:
            self._sets.join(id(tensors[0]), id(tensor))

    def _pin(self, *tensors: object) -> None:
        self._pinned.update(id(tensor) for tensor in tensors)


def _ends(maxima: Array, sensitive: Array) -> Array:
    """Returns the end of the range of each tensor of a group, by which rounding moves the answers the least.

    A scale as large as all ends allow is the best for given ends, so that only these have to be searched.

    Args:
        maxima: The greatest absolute values, `(tensors, channels)`.
        sensitive: The sensitivities, `(tensors, channels)`.

    Returns:
        Relative to one another, `(tensors,)`.
    """

    def cost(ends: Array) -> float:
        inverse = np.maximum((maxima / ends[:, np.newaxis]).max(axis=0), 1e-30)
        return float(((maxima / inverse).max(axis=1) ** 2) @ (sensitive * inverse**2).sum(axis=1))

    ends = np.ones(len(maxima))
    least, step = cost(ends), _FIRST_STEP
    while step > _LAST_STEP:
        better = False
        for index, factor in itertools.product(range(len(ends)), (step, 1 / step)):
            tried = np.where(np.arange(len(ends)) == index, ends * factor, ends)
            if (found := cost(tried)) < least * (1 - 1e-6):
                ends, least, better = tried, found, True
        step = step if better else np.sqrt(step)
    return ends


def _has_kernel(layer: KerasLayer) -> bool:
    weighted = kind_of(layer).equalization in (Equalization.CONVOLUTION, Equalization.DEPTHWISE)
    return weighted and getattr(layer, "data_format", "channels_last") == "channels_last"


def _clips(layer: KerasLayer) -> bool:
    """Tells whether a layer is an activation that commutes with scales of 1 or more below its limit."""
    return kind_of(layer).equalization is Equalization.CLIPS and _clip_limit(layer) is not None


def _clip_limit(activation: Activation) -> float | None:
    """Returns the upper limit of a homogeneous activation, 0.0 if it has none; `None` for any other activation."""
    if kind_of(activation).equalization is Equalization.CLIPS and hasattr(activation, "max_value"):
        return None if activation.threshold else float(activation.max_value or 0.0)
    function = getattr(activation, "activation", activation)
    if function in (None, keras.activations.linear, keras.activations.relu, tf.nn.relu):
        return 0.0
    return 6.0 if function in (tf.nn.relu6, getattr(keras.activations, "relu6", None)) else None


def _passes(layer: KerasLayer, inputs: list[Tensor], outputs: list[Tensor]) -> bool:
    """Tells whether a layer's outputs scale, channel by channel, as its inputs do."""
    same = all(tensor.shape[1:] == inputs[0].shape[1:] for tensor in inputs)
    channels_stay = bool(inputs[0].shape[-1] == outputs[0].shape[-1])
    is_last = getattr(layer, "data_format", "channels_last") == "channels_last"
    return kind_of(layer).equalization is Equalization.PASSES and same and channels_stay and is_last


def _difference(model: KerasModel, copy: KerasModel, calibration: Array) -> float:
    pictures = tf.cast(calibration, tf.float32)
    before, after = model(pictures, training=False).numpy(), copy(pictures, training=False).numpy()
    return float(np.abs(before - after).max() / max(float(np.abs(before).max()), 1e-30))
