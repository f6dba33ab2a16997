"""Batch normalization folded into the convolution or dense layer before it.

Source: Jacob et al., 2018, https://arxiv.org/abs/1712.05877, Eq. 14.
"""

from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.batch_norm import normalizes_channels, scale_and_offset
from tfl_lite_suite.models.layer_kinds import kind_of


def fold_batch_norm(model: KerasModel) -> KerasModel:
    """Returns a model of equal outputs whose convolutions carry the batch normalization that followed them.

    A batch normalization that follows anything else, or a layer with another consumer, is left as it is. What does
    nothing at inference, such as dropout, is left out.

    Args:
        model: Functional Keras model.

    Returns:
        A new functional model; the layers that took a batch normalization have a bias.
    """
    model = rewrite.flat(model)
    norm_of = foldable_norms(model)
    folded = {id(norm) for norm in norm_of.values()}

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        if id(layer) in folded or kind_of(layer).idle is True:
            return inputs
        if id(layer) in norm_of:
            return _apply_folded(layer, norm_of[id(layer)], inputs)
        return rewrite.copy_layer(layer, inputs)

    return rewrite.rebuild(model, replace)


def foldable_norms(model: KerasModel) -> dict[int, KerasLayer]:
    """Returns, for the `id` of each layer that can take one, the batch normalization that it takes."""
    norm_of = {}
    consumers = rewrite.consumers(model)
    for node in rewrite.nodes(model):
        layer = node.layer
        if not _foldable(layer):
            continue
        after = consumers.get(id(node.outputs), [])
        if len(after) == 1 and normalizes_channels(after[0], len(node.outputs.shape)):
            norm_of[id(layer)] = after[0]
    return norm_of


def _foldable(layer: KerasLayer) -> bool:
    ends_linear = getattr(layer, "activation", None) in (None, keras.activations.linear)
    is_last = getattr(layer, "data_format", "channels_last") == "channels_last"
    return kind_of(layer).folds_norm and ends_linear and is_last


def _apply_folded(layer: KerasLayer, norm: KerasLayer, inputs: Tensor) -> Tensor:
    copy = rewrite.configured(layer, use_bias=True)
    output = copy(inputs)
    copy.set_weights(folded_weights(layer, layer.get_weights(), norm))
    return output


def folded_weights(layer: KerasLayer, weights: Sequence[Array], norm: KerasLayer) -> list[Array]:
    """Returns kernel and bias that compute at once what a layer and its batch normalization do.

    Args:
        layer: The layer.
        weights: Its kernel, and its bias if it has one.
        norm: The batch normalization that follows it.
    """
    kernel, *bias = (value.astype(np.float64) for value in weights)
    scale, offset = scale_and_offset(norm)
    per_kernel = scale.reshape(kernel.shape[2:]) if kind_of(layer).depthwise else scale
    return [kernel * per_kernel, sum(bias) * scale + offset]
