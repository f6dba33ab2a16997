"""Magnitude pruning by TFMOT: single weights become zero during training, the model keeps its shape.

Source: Zhu and Gupta, 2017, https://arxiv.org/abs/1710.01878, Eq. 1 (schedule); Mishra et al., 2021,
https://arxiv.org/abs/2104.08378, section 3 (two of four).
"""

from typing import Literal

import numpy as np

from tfl_lite_suite.core import framework as framework
from tfl_lite_suite.core.types import KerasLayer, KerasModel, KerasObject, Tensor
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.layer_kinds import kind_of
from tfl_lite_suite.models.model_optimization import pruning_schedule, pruning_wrapper

Pattern = Literal["unstructured", "2x4"]
_UPDATES = 20


class SelfPruned(pruning_wrapper.PruneLowMagnitude):
    """TFMOT's wrapper, which counts its training steps itself instead of waiting for a callback of `fit`."""

    def call(self, inputs: Tensor, training: Tensor = None, **kwargs: object) -> Tensor:
        """Applies the layer; in training the mask follows the schedule."""
        if training:
            self.pruning_step.assign_add(1)
        return super().call(inputs, training=training, **kwargs)


def sparse_training(model: KerasModel, sparsity: float, pattern: Pattern, steps: int) -> KerasModel:
    """Wraps a model so that training makes its weights sparse.

    Args:
        model: Functional model with one input and one output; it stays as it is.
        sparsity: Share of each kernel's weights that becomes zero, in (0, 1); one half for `2x4`.
        pattern: `unstructured`, or `2x4`: two of four neighbouring input channels of every filter.
        steps: Training steps in which sparsity grows, by a polynomial; after them it stays.

    Returns:
        A model to train, and then to give to `stripped`.
    """
    flat = rewrite.flat(model)

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        if not prunable(layer, pattern):
            return rewrite.copy_layer(layer, inputs)
        copy = rewrite.configured(layer)
        options = {"sparsity_m_by_n": (2, 4)} if pattern == "2x4" else {}
        wrapper = SelfPruned(copy, pruning_schedule=_schedule(sparsity, pattern, steps), name=layer.name, **options)
        output = wrapper(inputs)
        copy.set_weights(layer.get_weights())
        return output

    return rewrite.rebuild(flat, replace)


def stripped(model: KerasModel) -> KerasModel:
    """Returns the plain model of what `sparse_training` made, every pruned weight exactly zero."""

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        if not isinstance(layer, SelfPruned):
            return rewrite.copy_layer(layer, inputs)
        output = rewrite.copy_layer(layer.layer, inputs)
        copy = keras_graph.layer_of(output)
        kernel, *bias = copy.get_weights()
        copy.set_weights([kernel * layer.pruning_vars[0][1].numpy(), *bias])
        return output

    return rewrite.rebuild(model, replace)


def prunable(layer: KerasLayer, pattern: Pattern = "unstructured") -> bool:
    """Tells whether a layer's kernel is made sparse: dense and ordinary convolutions, not the small depthwise ones."""
    if kind_of(layer).rounded_kernel != "kernel":
        return False
    return pattern == "unstructured" or layer.kernel.shape[-2] % 4 == 0


def zero_share(model: KerasModel) -> float:
    """Returns the share of exact zeros among the kernels of dense layers and ordinary convolutions."""
    kernels = [layer.kernel.numpy() for layer in model.layers if prunable(layer)]
    return float(sum(np.count_nonzero(kernel == 0) for kernel in kernels) / max(1, sum(map(np.size, kernels))))


def _schedule(sparsity: float, pattern: Pattern, steps: int) -> KerasObject:
    frequency = max(1, steps // _UPDATES)
    last = (steps - 1) // frequency * frequency
    if pattern == "2x4" or last < 1:
        return pruning_schedule.ConstantSparsity(sparsity, 0, frequency=frequency)
    return pruning_schedule.PolynomialDecay(0.0, sparsity, 0, last, power=3, frequency=frequency)
