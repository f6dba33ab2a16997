"""Channels in another order, as `preprocess_input` gives blue first, taken into the convolution that follows.

`x[..., ::-1]` is an operator of its own in a `.tflite` file, which int8 and accelerators seldom have. A convolution
whose kernel has its input channels in that order computes the same without it.
"""

import dataclasses

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasNode, Tensor
from tfl_lite_suite.models import keras_graph

_ALL = {"start": None, "stop": None, "step": None}
_REVERSED = {**_ALL, "step": -1}


@dataclasses.dataclass(frozen=True)
class Reordered:
    """Channels of a tensor in another order.

    Attributes:
        source: The tensor, `(batch, height, width, channels)`.
        order: For each channel of the result, that of the source.
    """

    source: KerasLayer
    order: tuple[int, ...]

    def applied(self, tensor: Tensor) -> Tensor:
        """Returns the channels of a tensor in this order."""
        return tf.gather(tensor, list(self.order), axis=-1)

    def to_source(self, values: Array) -> Array:
        """Returns one value for each channel of the source, from those of the result: the last axis of `values`."""
        result = np.empty_like(values)
        result[..., list(self.order)] = values
        return result


def reordered(tensor: Tensor) -> Reordered | None:
    """Tells whether a symbolic tensor is another one with its channels in another order, and in which.

    Args:
        tensor: Result of `x[..., ::-1]`, of `tf.reverse`, of `tf.gather`, or of a stack of single channels.
    """
    layer = keras_graph.layer_of(tensor)
    node = layer.inbound_nodes[0]
    if not hasattr(layer, "function") or len(tensor.shape) != 4 or not node.keras_inputs:
        return None
    function, channels = str(layer.get_config()["function"]), tensor.shape[-1]
    arguments = _arguments(node)
    source, order = node.keras_inputs[0], None
    if function == "__operators__.getitem" and arguments and _reverses_last(arguments[0]):
        order = tuple(reversed(range(channels)))
    elif function == "reverse" and arguments in ([[-1]], [[3]]):
        order = tuple(reversed(range(channels)))
    elif function == "compat.v1.gather" and len(arguments) == 2 and arguments[1] in (-1, 3):
        order = tuple(int(index) for index in np.ravel(arguments[0]))
    elif function == "stack" and arguments in ([-1], [3]):
        picked = [pick for part in node.keras_inputs for pick in _picked_channel(part)]
        if len(picked) == channels and all(of is picked[0][0] for of, _ in picked):
            source, order = picked[0][0], tuple(index for _, index in picked)
    if order is None or sorted(order) != list(range(source.shape[-1] or 0)):
        return None
    return Reordered(source, order)


def as_convolution(name: str, found: Reordered) -> KerasLayer:
    """Applies an order as a 1×1 convolution of ones and zeros, which is exact in int8 as well."""
    kernel = np.eye(len(found.order), dtype=np.float32)[:, list(found.order)]
    layer = keras.layers.Conv2D(len(found.order), 1, use_bias=False, trainable=False, name=name)
    output = layer(found.source)
    layer.set_weights([kernel[np.newaxis, np.newaxis]])
    return output


def _arguments(node: KerasNode) -> list[Tensor]:
    """Returns what a function is given besides its tensor; files of Keras have it by position or by name."""
    named = (value for key, value in node.call_kwargs.items() if key in ("axis", "indices", "slice_spec"))
    return [*node.call_args[1:], *named]


def _reverses_last(key: object) -> bool:
    """Tells whether a slice takes all, the last axis backwards."""
    if not isinstance(key, (tuple, list)) or len(key) not in (2, 4):
        return False
    *others, last = key
    return last == _REVERSED and (others == [...] or all(part == _ALL for part in others) and len(others) == 3)


def _picked_channel(tensor: Tensor) -> list[tuple[Tensor, int]]:
    """Returns the tensor and the channel, where a tensor is `x[..., channel]`; else nothing."""
    layer = keras_graph.layer_of(tensor)
    if not hasattr(layer, "function") or layer.get_config()["function"] != "__operators__.getitem":
        return []
    node = layer.inbound_nodes[0]
    source, (key, *_) = node.keras_inputs[0], (*_arguments(node), None)
    if not isinstance(key, (tuple, list)) or len(source.shape) != 4 or len(key) not in (2, 4):
        return []
    *others, last = key
    if not isinstance(last, int) or not (others == [...] or all(part == _ALL for part in others) and len(others) == 3):
        return []
    return [(source, last % source.shape[-1])]
