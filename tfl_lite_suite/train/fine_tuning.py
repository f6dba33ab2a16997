"""How a pretrained network is trained without losing what it knows: its statistics kept, its first layers slowest."""

import contextlib
import functools
from collections.abc import Iterator, Sequence

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasLayer, KerasModel, Tensor, Variable


@contextlib.contextmanager
def kept_statistics(model: KerasModel) -> Iterator[None]:
    """Has batch normalization use the statistics that it has, and not those of each batch; its weights are trained.

    A few hundred pictures cannot replace statistics of a million, and a small batch has statistics of its own.
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.call = functools.partial(_infer, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.call


def _infer(layer: KerasLayer, inputs: Tensor, training: Tensor = None, mask: Tensor = None) -> Tensor:
    return type(layer).call(layer, inputs, training=False)


def rates(model: KerasModel, first: float) -> list[float]:
    """Returns by what the learning rate of each trained weight is multiplied, in the order of `trainable_variables`.

    Args:
        model: The network.
        first: Of the first layer's weights; those of the last get 1, those in between a geometric series by depth.

    Source: Howard and Ruder, 2018, https://arxiv.org/abs/1801.06146, section 3.2, discriminative fine-tuning.
    """
    depth, depths = -1, dict[int, int]()
    for layer in model.layers:
        # What only scales or shifts belongs to the layer before it.
        depth += bool(layer.weights) and not isinstance(layer, keras.layers.BatchNormalization)
        depths |= {id(weight): max(depth, 0) for weight in layer.trainable_weights}
    return [first ** (1 - depths[id(weight)] / max(depth, 1)) for weight in model.trainable_variables]


def slow_down(variables: Sequence[Variable], before: Sequence[Tensor], factors: Sequence[float]) -> None:
    """Takes back a part of a step, whatever the optimizer: each variable moves by its factor times what it moved.

    Args:
        variables: The weights after the step.
        before: Their values before it.
        factors: From `rates`.
    """
    for variable, value, factor in zip(variables, before, factors, strict=True):
        if factor != 1.0:
            variable.assign(value + tf.cast(factor, variable.dtype) * (variable - value))
