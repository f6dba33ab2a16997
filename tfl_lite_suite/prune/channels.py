"""Channel pruning: whole channels removed, which leaves a smaller plain Keras model."""

import dataclasses
from typing import Literal

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Array, JsonObject, KerasLayer, KerasModel, KerasNode, Tensor
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.layer_kinds import kind_of
from tfl_lite_suite.prune.channel_budget import Costs, Measure, choose
from tfl_lite_suite.prune.dependencies import Dependencies, FixedChannels
from tfl_lite_suite.prune.importance import Importance, scores


@dataclasses.dataclass(frozen=True)
class Pruned:
    """A pruned network and what it cost before and after.

    Attributes:
        model: The smaller model; layers have their old names, nested models are opened.
        params_before: Weights of the model as it was.
        params_after: Weights of `model`.
        macs_before: Multiply-adds of one image of the model as it was.
        macs_after: Multiply-adds of one image of `model`.
        whole: Layers whose channels could not be removed, with the reason.
    """

    model: KerasModel
    params_before: int
    params_after: int
    macs_before: int
    macs_after: int
    whole: tuple[FixedChannels, ...]


def prune(
    model: KerasModel,
    measure: Measure,
    target: float,
    *,
    importance: Importance = "l1",
    budget: Literal["global", "uniform"] = "global",
    min_share: float = 0.1,
    images: Array | None = None,
    labels: Array | None = None,
) -> Pruned:
    """Removes the least important channels.

    Args:
        model: Functional or sequential model with one input and one output; it stays as it is.
        measure: Whether `params` or `macs` are to be reduced.
        target: How many of them may stay.
        importance: As for `importance.scores`.
        budget: `global` ranks all channels together; `uniform` takes the same share of each group.
        min_share: Least share of a layer's channels that stays.
        images: For `taylor`: training pictures, uint8 `(n, height, width, channels)`.
        labels: For `taylor`: their classes, int64 `(n,)`.

    Returns:
        The pruned network.

    Raises:
        SuiteError: If the model's graph cannot be read or copied, nothing in it can be pruned, or the target cannot
            be reached.
    """
    dependencies = Dependencies(model)
    if not dependencies.groups:
        reasons = "; ".join(f"{', '.join(whole.layers)}: {whole.reason}" for whole in dependencies.whole)
        raise SuiteError(f"model '{model.name}': no channel can be removed. {reasons}")
    found = scores(dependencies, importance, images, labels)
    kept = choose(dependencies, found, measure, target, budget=budget, min_share=min_share)
    costs = Costs(dependencies)
    before, after = costs.counts(np.ones_like(kept)), costs.counts(kept)
    return Pruned(
        remove(dependencies, kept),
        costs.measured(before, "params"),
        costs.measured(after, "params"),
        costs.measured(before, "macs"),
        costs.measured(after, "macs"),
        (*dependencies.whole, *_unscored(dependencies, found, importance)),
    )


def costs(model: KerasModel) -> dict[Measure, int]:
    """Returns the weights of a model, `params`, and the multiply-adds of one image, `macs`, nested layers included."""
    dependencies = Dependencies(model)
    every = Costs(dependencies)
    counts = every.counts(np.ones(dependencies.count, bool))
    return {"params": every.measured(counts, "params"), "macs": every.measured(counts, "macs")}


def remove(dependencies: Dependencies, kept: Array) -> KerasModel:
    """Builds the model without some of its channels.

    Args:
        dependencies: The channels of a model.
        kept: Whether each channel stays, bool.

    Returns:
        A new functional model, of the same name.
    """
    calls = dependencies.calls
    copies: dict[int, KerasLayer] = {}

    def apply(call: KerasNode, args: list[Tensor], kwargs: JsonObject) -> Tensor:
        if id(call.layer) in copies:
            return copies[id(call.layer)](*args, **kwargs)
        copy = copies[id(call.layer)] = _configured(dependencies, call, kept)
        outputs = copy(*args, **kwargs)
        copy.set_weights(_weights(dependencies, call.layer, kept))
        copy.trainable = call.layer.trainable
        return outputs

    old = calls.model.inputs[0]
    image = keras.Input(old.shape[1:], dtype=old.dtype, name=calls.model.input_names[0])
    return keras.Model(image, calls.run(image, apply)[calls.output], name=calls.model.name)


def _configured(dependencies: Dependencies, call: KerasNode, kept: Array) -> KerasLayer:
    """Returns a layer of the same kind and name for the channels that stay."""
    layer = call.layer
    inputs = [kept[dependencies.tensors[number]] for number in call.inputs]
    outputs = [kept[dependencies.tensors[number]] for number in call.outputs]
    changed = kind_of(layer).pruned_config
    changes = changed(layer, inputs, outputs) if changed else {}
    return rewrite.configured(layer, **{"name": dependencies.calls.names[id(layer)], **changes})


def _weights(dependencies: Dependencies, layer: KerasLayer, kept: Array) -> list[Array]:
    weights = layer.get_weights()
    for axis in dependencies.axes_of(dependencies.calls.names[id(layer)]):
        weights[axis.weight] = np.compress(kept[axis.channels], weights[axis.weight], axis=axis.axis)
    return weights


def _unscored(dependencies: Dependencies, found: Array, importance: str) -> list[FixedChannels]:
    lacking = {"bn_scale": "no batch normalization follows", "l1": "nothing weighs it", "taylor": "no layer takes it"}
    return [
        FixedChannels(group.layers, lacking[importance])
        for group in dependencies.groups
        if np.isnan(found[group.channels]).any()
    ]
