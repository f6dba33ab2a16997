"""What functions of `keras.ops` between the layers of a Keras 3 model are in Keras 2.

A function that has no entry, or a setting that its entry does not read, is refused by name.
"""

import operator
from collections.abc import Callable

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import JsonObject, KerasObject, Tensor
from tfl_lite_suite.models import keras_graph, layers

# Settings that change nothing at these values.
_NEUTRAL = (None, False, "constant", "channels_last", 0)
_FLOATS = ("float16", "bfloat16", "float32", "float64")


class Unknown(Exception):
    """An operation cannot be rebuilt; the message says why."""


def operation(kind: str, config: JsonObject, name: str) -> Callable[..., KerasObject]:
    """Returns a function that computes in Keras 2 what an operation of Keras 3 computes.

    Args:
        kind: Name of the operation's class, such as `GetItem`.
        config: Its configuration.
        name: For the layer, where the function is one.

    Raises:
        Unknown: If the function or one of its settings is not known here.
    """
    if kind in _JOINS:
        return lambda *tensors: _join(kind, name, tensors)
    make, known = (_LAYERS.get(kind) or _FUNCTIONS.get(kind)) or (None, ())
    if make is None:
        raise Unknown("this function of keras.ops is not known here")
    settings = {key: config[key] for key in known if key in config}
    for key, value in config.items():
        if key != "name" and key not in known and value not in _NEUTRAL:
            raise Unknown(f"its setting '{key}' is not known here. Received: {value}")
    if kind in _LAYERS:
        layer = make(name=name, **settings)
        return lambda *tensors: layer(*tensors)
    return lambda *arguments, **named: make(*arguments, **named, **settings)


def _join(kind: str, name: str, tensors: Tensor) -> Tensor:
    """Joins two tensors, or a tensor and a constant."""
    function, as_layer = _JOINS[kind]
    symbols = all(keras_graph.is_symbolic(tensor) for tensor in tensors)
    # Pruning and quantization know the layers.
    if as_layer and symbols and len({str(tensor.shape) for tensor in tensors}) == 1:
        return as_layer(name=name)(list(tensors))
    return function(*tensors)


def _split(x: Tensor, indices_or_sections: Tensor, axis: int = 0) -> Tensor:
    if isinstance(indices_or_sections, int):
        return tf.split(x, indices_or_sections, axis)
    ends = [0, *indices_or_sections, x.shape[axis]]
    return tf.split(x, [end - begin for begin, end in zip(ends, ends[1:], strict=False)], axis)


def _item(x: Tensor, key: object) -> Tensor:
    return x[tuple(key) if isinstance(key, list) else key]


def _mean(x: Tensor, axis: object = None, keepdims: bool = False) -> Tensor:
    axes = sorted(axis) if isinstance(axis, list) else axis
    if axes == [1, 2] and len(x.shape) == 4:
        return keras.layers.GlobalAveragePooling2D(keepdims=keepdims)(x)
    return tf.reduce_mean(x, axis, keepdims)


def _cast(x: Tensor, dtype: str) -> Tensor:
    # Half precision is computed in float32, as in layers.
    return tf.cast(x, "float32" if dtype in _FLOATS else dtype)


def _reduce(function: Callable[..., Tensor]) -> tuple[Callable[..., KerasObject], tuple[str, ...]]:
    return lambda x, axis=None, keepdims=False: function(x, axis, keepdims), ("axis", "keepdims")


_kinds = keras.layers
_JOINS: dict[str, tuple[Callable[..., KerasObject], KerasObject]] = {
    "Add": (operator.add, _kinds.Add),
    "Subtract": (operator.sub, _kinds.Subtract),
    "Multiply": (operator.mul, _kinds.Multiply),
    "Divide": (operator.truediv, None),
    "TrueDivide": (operator.truediv, None),
    "Power": (tf.pow, None),
    "Maximum": (tf.maximum, _kinds.Maximum),
    "Minimum": (tf.minimum, _kinds.Minimum),
}
# The layer, and the settings that it takes, under the names that both have for them.
_LAYERS: dict[str, tuple[Callable[..., KerasObject], tuple[str, ...]]] = {
    "Relu": (_kinds.ReLU, ()),
    "Relu6": (lambda name: _kinds.ReLU(6.0, name=name), ()),
    "LeakyRelu": (lambda name, negative_slope=0.2: _kinds.LeakyReLU(negative_slope, name=name), ("negative_slope",)),
    "Elu": (_kinds.ELU, ("alpha",)),
    "Sigmoid": (lambda name: _kinds.Activation("sigmoid", name=name), ()),
    "Tanh": (lambda name: _kinds.Activation("tanh", name=name), ()),
    "Softplus": (lambda name: _kinds.Activation("softplus", name=name), ()),
    "Softsign": (lambda name: _kinds.Activation("softsign", name=name), ()),
    "Selu": (lambda name: _kinds.Activation("selu", name=name), ()),
    "Silu": (layers.Swish, ()),
    "HardSigmoid": (layers.HardSigmoid, ()),
    "HardSilu": (layers.HardSwish, ()),
    "Softmax": (_kinds.Softmax, ("axis",)),
    "Concatenate": (_kinds.Concatenate, ("axis",)),
    "StopGradient": (lambda name: _kinds.Activation("linear", name=name), ()),
    "Copy": (lambda name: _kinds.Activation("linear", name=name), ()),
}
_FUNCTIONS: dict[str, tuple[Callable[..., KerasObject], tuple[str, ...]]] = {
    "Cast": (_cast, ("dtype",)),
    "GetItem": (_item, ()),
    "Mean": (_mean, ("axis", "keepdims")),
    "Max": _reduce(tf.reduce_max),
    "Amax": _reduce(tf.reduce_max),
    "Min": _reduce(tf.reduce_min),
    "Amin": _reduce(tf.reduce_min),
    "Sum": _reduce(tf.reduce_sum),
    "Reshape": (lambda x, newshape: tf.reshape(x, [-1 if side is None else side for side in newshape]), ("newshape",)),
    "Transpose": (lambda x, axes=None: tf.transpose(x, axes), ("axes",)),
    "Squeeze": (lambda x, axis=None: tf.squeeze(x, axis), ("axis",)),
    "ExpandDims": (lambda x, axis: tf.expand_dims(x, axis), ("axis",)),
    "Flip": (lambda x, axis: tf.reverse(x, [axis] if isinstance(axis, int) else axis), ("axis",)),
    "Split": (_split, ("indices_or_sections", "axis")),
    "Stack": (lambda x, axis=0: tf.stack(x, axis), ("axis",)),
    "Clip": (lambda x, x_min, x_max: tf.clip_by_value(x, x_min, x_max), ("x_min", "x_max")),
    "Gelu": (lambda x, approximate=True: tf.nn.gelu(x, approximate), ("approximate",)),
    "LogSoftmax": (lambda x, axis=-1: tf.nn.log_softmax(x, axis), ("axis",)),
    "DepthToSpace": (lambda x, block_size: tf.nn.depth_to_space(x, block_size), ("block_size",)),
    "SpaceToDepth": (lambda x, block_size: tf.nn.space_to_depth(x, block_size), ("block_size",)),
    "Negative": (operator.neg, ()),
    "Absolute": (tf.abs, ()),
    "Abs": (tf.abs, ()),
    "Exp": (tf.exp, ()),
    "Log": (tf.math.log, ()),
    "Sqrt": (tf.sqrt, ()),
    "Rsqrt": (tf.math.rsqrt, ()),
    "Square": (tf.square, ()),
    "Matmul": (tf.matmul, ()),
}
