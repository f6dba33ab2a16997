"""What a network costs: parameters and multiply-adds by layer, read from its functional graph."""

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from unittest import mock

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasLayer, Tensor, TensorShape
from tfl_lite_suite.models.layer_kinds import kind_of


@dataclasses.dataclass(frozen=True)
class LayerCost:
    """Cost of one layer.

    Attributes:
        name: The layer's name.
        kind: Its class, such as `Conv2D`.
        params: Weights, statistics of batch normalization included.
        macs: Multiply-adds of convolutions and dense layers for one image; other layers count as 0.
    """

    name: str
    kind: str
    params: int
    macs: int


def by_layer(model: keras.Model) -> list[LayerCost]:
    """Returns the cost of every layer, in the model's order, for one image."""
    return [LayerCost(layer.name, type(layer).__name__, layer.count_params(), macs_of(layer)) for layer in model.layers]


def params(model: keras.Model) -> int:
    """Returns the number of weights; the pixel normalisation is fixed and has none."""
    return int(model.count_params())


def macs(model: keras.Model) -> int:
    """Returns the multiply-adds of one image."""
    return sum(layer.macs for layer in by_layer(model))


def macs_of(layer: keras.layers.Layer) -> int:
    """Returns the multiply-adds of a layer for one image; 0 where it has no products with weights."""
    layer = getattr(layer, "layer", layer)  # a quantization or pruning wrapper
    kernels = kind_of(layer).kernels
    weights = sum(math.prod(getattr(layer, kernel).shape) for kernel in kernels)
    return math.prod(layer.output_shape[1:-1]) * weights if kernels else 0


@contextlib.contextmanager
def zero_weights() -> Iterator[None]:
    """Inside the block networks are built with zeros for weights, which is faster where only their cost matters."""

    def zeros(self: KerasLayer, shape: TensorShape, dtype: object = None, **_: object) -> Tensor:
        return tf.zeros(shape, dtype or "float32")

    with mock.patch.object(keras.initializers.VarianceScaling, "__call__", zeros):
        yield
