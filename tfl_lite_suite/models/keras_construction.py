"""Makes building, copying, saving and loading a Keras network quicker, without changing the result.

When a layer is called on a symbolic tensor, Keras 2 makes a TensorFlow graph of the layer only to learn the shape of
its output. That takes half of the time of building a network. The usual layers tell the shape without a graph; for
anything else Keras does what it always did.

TensorFlow prepares an eager operator once for each set of attributes. The name of a variable is an attribute of the
operator that makes it, for error messages alone. Without it, all variables share a few prepared operators.

This is the one place that uses private names of Keras and TensorFlow for this.
"""

import inspect
from collections.abc import Iterator

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import ForeignObject, KerasLayer, KerasModel, KerasObject, Tensor

_LAYERS = keras.layers
# Classes whose `compute_output_shape` is exact; a subclass may do otherwise, so it does not count.
_known = {
    _LAYERS.Activation,
    _LAYERS.Add,
    _LAYERS.AveragePooling2D,
    _LAYERS.BatchNormalization,
    _LAYERS.Concatenate,
    _LAYERS.Conv2D,
    _LAYERS.Dense,
    _LAYERS.DepthwiseConv2D,
    _LAYERS.Dropout,
    _LAYERS.Flatten,
    _LAYERS.GlobalAveragePooling2D,
    _LAYERS.MaxPooling2D,
    _LAYERS.Multiply,
    _LAYERS.ReLU,
    _LAYERS.Reshape,
    _LAYERS.ZeroPadding2D,
}
# A function of the user may change the shape.
_ACTIVATIONS = {None, *map(keras.activations.get, ("linear", "relu", "sigmoid", "softmax", "swish", "tanh"))}
# Keras's own way.
by_tracing = _LAYERS.Layer._keras_tensor_symbolic_call


def register(layer_class: type) -> type:
    """Has the output's shape of a class taken from its `compute_output_shape`; a decorator.

    Args:
        layer_class: A layer with one output of the type of its inputs.
    """
    _known.add(layer_class)
    return layer_class


def _output(layer: KerasLayer, inputs: Tensor, masks: object, args: tuple[object, ...], kwargs: object) -> Tensor:
    """Returns the symbolic output of a layer, in place of `Layer._keras_tensor_symbolic_call`."""
    if _is_usual(layer, inputs, masks, args, kwargs):
        with tf.name_scope(layer._name_scope()):
            layer._maybe_build(inputs)
        try:
            shape = tf.TensorShape(layer.compute_output_shape(tf.nest.map_structure(lambda given: given.shape, inputs)))
        except ValueError:
            shape = tf.TensorShape(None)  # Keras's error names the layer.
        if shape[1:].is_fully_defined() and min(shape[1:], default=1) > 0:
            layer._set_save_spec(inputs, args, kwargs)
            first = tf.nest.flatten(inputs)[0]
            return type(first)(tf.TensorSpec(shape, first.dtype, name=layer.name), name=layer.name)
    return by_tracing(layer, inputs, masks, args, kwargs)


def _is_usual(
    layer: KerasLayer, inputs: Tensor, masks: object, args: tuple[object, ...], kwargs: ForeignObject
) -> bool:
    """Tells whether `compute_output_shape` says all of the output, and this is the layer's only call so far."""
    tensors = tf.nest.flatten(inputs)
    return (
        type(layer) in _known
        and not layer.built
        and not args
        and all(value is None or value is False for value in tf.nest.flatten(kwargs))
        and all(mask is None for mask in tf.nest.flatten(masks))
        and layer.activity_regularizer is None
        and getattr(layer, "activation", None) in _ACTIVATIONS
        and all(type(tensor.type_spec) is tf.TensorSpec and tensor.dtype == layer.compute_dtype for tensor in tensors)
        and all(tensor.shape.rank and tensor.shape[1:].is_fully_defined() for tensor in tensors)
        and len({tensor.shape.rank for tensor in tensors}) == 1
        and tf.executing_eagerly()
        and not tf.get_current_name_scope()
    )


_LAYERS.Layer._keras_tensor_symbolic_call = _output


def _connected(model: KerasModel, created: dict[str, KerasLayer]) -> KerasModel:
    """Adds layers that lead to no output, in place of `connect_ancillary_layers`, which lists all layers for each."""
    inside = set(map(id, model.layers))
    return model if inside.issuperset(map(id, created.values())) else _connect_ancillary_layers(model, created)


_sequential: ForeignObject = inspect.getmodule(keras.Sequential.from_config)
_connect_ancillary_layers = _sequential.functional.connect_ancillary_layers
_sequential.functional.connect_ancillary_layers = _connected


def _attributes(owner: KerasObject) -> Iterator[tuple[str, object]]:
    """Yields what may hold weights to save, in place of `_walk_trackable`, which looks at every layer's methods too."""
    own = vars(owner)
    for name in sorted(dir(owner), reverse=True):
        if name.startswith("__") or name in _NOT_SAVED or name in _METHODS and name not in own:
            continue
        try:
            value = getattr(owner, name)
        except Exception:
            continue  # As Keras does: a property may raise anything.
        yield name, value


_saving: ForeignObject = inspect.getmodule(keras.saving.save_model)
_METHODS = {name for name, _ in inspect.getmembers(_LAYERS.Layer, inspect.isroutine)}
# The metadata is a text that takes long to write.
_NOT_SAVED = {*_saving.saving_lib.ATTR_SKIPLIST, "_tracking_metadata"}
_saving.saving_lib._walk_trackable = _attributes


def _handle(*args: object, debug_name: str = "", **attributes: object) -> Tensor:
    """Returns a new variable's resource, in place of `var_handle_op`."""
    return _named_handle(*args, debug_name="" if tf.executing_eagerly() else debug_name, **attributes)


_operators: ForeignObject = inspect.getmodule(tf.raw_ops.VarHandleOp)
_named_handle = _operators.var_handle_op
_operators.var_handle_op = _handle
