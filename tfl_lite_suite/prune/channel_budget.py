"""Which channels to remove for a given number of parameters or multiply-adds."""

import dataclasses
import math
from typing import Literal

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.types import Array, KerasLayer
from tfl_lite_suite.models.layer_kinds import kind_of
from tfl_lite_suite.prune.dependencies import OUTPUT, Dependencies, Group, positions

Measure = Literal["params", "macs"]
_TOLERANCE = 0.005
_MOST_NAMED = 4


class Costs:
    """Parameters and multiply-adds of a network as a function of the channels that stay."""

    def __init__(self, dependencies: Dependencies) -> None:
        """Reads the shapes of all weights.

        Args:
            dependencies: The channels of a model.
        """
        self.arrays = [axis.channels for axis in dependencies.axes]
        # Tensors cost nothing, but none may lose its last channel.
        self.arrays += list(dependencies.tensors.values())
        none = len(self.arrays)
        places: dict[tuple[str, int], list[int]] = {}
        for place, axis in enumerate(dependencies.axes):
            places.setdefault((axis.layer, axis.weight), []).append(place)
        calls = dependencies.calls
        rows = []
        for layer in calls.layers:
            name = calls.names[id(layer)]
            outputs = sum(positions(call) for call in calls.calls if call.layer is layer)
            for weight, variable in enumerate(layer.weights):
                own = places.get((name, weight), [])
                size = math.prod(variable.shape) // math.prod(len(self.arrays[place]) for place in own)
                first, second = [*own, none, none][:2]
                rows.append((size, first, second, outputs if _is_kernel(layer, variable) else 0))
        table = np.array(rows, np.int64).reshape(-1, 4)
        self._size, self._first, self._second, self._outputs = table.T
        lengths = [len(array) for array in self.arrays]
        channels = np.concatenate(self.arrays)
        order = np.argsort(channels, kind="stable")
        self._places = np.repeat(np.arange(len(lengths)), lengths)[order]
        self._starts = np.searchsorted(channels[order], np.arange(dependencies.count + 1))

    def counts(self, kept: Array) -> Array:
        """Returns the length of each of `arrays` when only `kept` channels (bool) stay, int64; then a 1."""
        return np.array([np.count_nonzero(kept[array]) for array in self.arrays] + [1], np.int64)

    def lost(self, channels: Array) -> Array:
        """Returns by how much each length of `counts` is less without some channels, int64."""
        places = [self._places[self._starts[channel] : self._starts[channel + 1]] for channel in channels]
        return np.bincount(np.concatenate(places), minlength=len(self.arrays) + 1)

    def measured(self, counts: Array, measure: Measure) -> int:
        """Returns parameters, or multiply-adds of one image, for such lengths."""
        weights = self._size * counts[self._first] * counts[self._second]
        return int(weights.sum() if measure == "params" else (weights * self._outputs).sum())


@dataclasses.dataclass(frozen=True)
class _Chunk:
    """Channels that are removed together, so that a layer's width stays a round number."""

    group: int
    channels: Array
    score: float


def choose(
    dependencies: Dependencies,
    scores: Array,
    measure: Measure,
    target: float,
    *,
    budget: Literal["global", "uniform"] = "global",
    min_share: float = 0.1,
) -> Array:
    """Chooses the least important channels until a network costs no more than a target.

    Args:
        dependencies: The channels of a model.
        scores: Importance of each channel, comparable between groups; `nan` where it may not be removed.
        measure: What is to be reduced.
        target: How much of it may stay.
        budget: `global` ranks all channels together; `uniform` takes the same share of each group.
        min_share: Least share of each group and of each layer's channels that stays.

    Returns:
        Whether each channel stays, bool. What remains differs from `target` by less than one step of the channels
        that are removed together.

    Raises:
        SuiteError: If the target cannot be reached.
    """
    costs = Costs(dependencies)
    kept = np.ones(dependencies.count, bool)
    counts = costs.counts(kept)
    least = np.maximum(1, np.floor(min_share * counts)).astype(np.int64)
    too_much: dict[int, _Chunk] = {}
    stuck: set[int] = set()
    for chunk in _ranked(dependencies, scores, budget, min_share):
        if costs.measured(counts, measure) <= target * (1 + _TOLERANCE):
            return kept
        if chunk.group in too_much or chunk.group in stuck:
            continue
        after = counts - costs.lost(chunk.channels)
        if (after < least).any():
            # Where a channel is several filters of a layer, another one may be fewer and still go.
            if dependencies.groups[chunk.group].regular:
                stuck.add(chunk.group)
        elif costs.measured(after, measure) < target * (1 - _TOLERANCE):
            too_much[chunk.group] = chunk
        else:
            kept[chunk.channels] = False
            counts = after
    if too_much:
        return _nearest(costs, kept, counts, list(too_much.values()), measure, target)
    now = costs.measured(counts, measure)
    if now > target * (1 + _TOLERANCE):
        before = costs.measured(costs.counts(np.ones_like(kept)), measure)
        raise ArgumentError(
            f"{measure}_ratio",
            f"the network cannot be pruned to {target / before:.3f}; at "
            f"prune.min_share={min_share} the least is {now / before:.3f} ({now:,} of {before:,} {measure})"
            f"{_left_whole(dependencies)}",
        )
    return kept


def _left_whole(dependencies: Dependencies) -> str:
    """Returns what stands in the way of a target, besides the scores of the classes, which always stay."""
    found = [f"{', '.join(whole.layers)}: {whole.reason}" for whole in dependencies.whole if OUTPUT not in whole.reason]
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f". Left whole: {'; '.join(found[:_MOST_NAMED])}{more}" if found else ""


def _nearest(costs: Costs, kept: Array, counts: Array, chunks: list[_Chunk], measure: Measure, target: float) -> Array:
    """Removes the one of several too large chunks that ends nearest to the target, if that is nearer than none."""
    ends = [costs.measured(counts - costs.lost(chunk.channels), measure) for chunk in chunks]
    distances = [abs(end - target) for end in ends]
    if min(distances) < costs.measured(counts, measure) - target:
        kept[chunks[int(np.argmin(distances))].channels] = False
    return kept


def _ranked(dependencies: Dependencies, scores: Array, budget: str, min_share: float) -> list[_Chunk]:
    """Returns every group's channels in steps, the least important first."""
    chunks: list[_Chunk] = []
    for number, group in enumerate(dependencies.groups):
        if not np.isnan(scores[group.channels]).any():
            chunks += _steps(number, group, scores, budget, min_share)
    return sorted(chunks, key=lambda chunk: chunk.score)


def _steps(number: int, group: Group, scores: Array, budget: str, min_share: float) -> list[_Chunk]:
    divisor = rounding(group.width) if group.regular else 1
    order = group.channels[np.argsort(scores[group.channels], kind="stable")]
    least = max(divisor, math.ceil(min_share * group.width))
    chunks: list[_Chunk] = []
    gone = 0
    while True:
        size = (group.width - gone) % divisor or divisor
        if gone + size > len(order) or group.width - gone - size < least:
            return chunks
        channels = order[gone : gone + size]
        gone += size
        score = gone / group.width if budget == "uniform" else float(scores[channels].mean())
        chunks.append(_Chunk(number, channels, score))


def rounding(width: int) -> int:
    """Returns what a pruned layer's width is a multiple of: 8, or less for a layer of fewer than 32 channels."""
    return 8 if width >= 32 else 4 if width >= 16 else 2 if width >= 8 else 1


def _is_kernel(layer: KerasLayer, variable: object) -> bool:
    """Tells whether each weight of a variable is multiplied at each place of the output."""
    return any(getattr(layer, name) is variable for name in kind_of(layer).kernels)
