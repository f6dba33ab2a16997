"""Rewriting functional Keras models, layer by layer."""

from collections.abc import Callable
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, KerasNode, Tensor
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.keras_graph import nodes as nodes
from tfl_lite_suite.models.keras_io import names

Replace = Callable[[Any, Any], Any]
# What Keras makes of `x + 3` between layers. Its constants are arguments of the call, not a part of the layer.
OPERATIONS = ("TFOpLambda", "SlicingOpLambda")


def check_functional(model: KerasModel) -> None:
    """Raises the error for a model whose graph cannot be read.

    Args:
        model: Any Keras model.

    Raises:
        SuiteError: If it is not functional or sequential, or does not have one input and one output.
    """
    if not keras_graph.is_functional(model):
        raise SuiteError(
            f"model '{model.name}': expected a functional or sequential Keras model with known input shape"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise SuiteError(
            f"model '{model.name}': expected one input and one output. "
            f"Received: {len(model.inputs)} inputs and {len(model.outputs)} outputs"
        )


def flat(model: KerasModel) -> KerasModel:
    """Returns an equal model without nested models and without layers that are called twice.

    Args:
        model: Functional or sequential model with one input and one output.

    Returns:
        `model` itself if it is so already; else a copy, in which the second call of a layer is a layer of its own,
        with its own copy of the weights and a number after its name.

    Raises:
        SuiteError: See `check_functional`.
    """
    check_functional(model)
    called = [node.layer for node in nodes(model)]
    if len({id(layer) for layer in called}) == len(called) and not any(map(is_nested, called)):
        return model
    used: dict[str, int] = {}

    def copy(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        calls = used[layer.name] = used.get(layer.name, 0) + 1
        return copy_layer(layer, inputs, layer.name if calls == 1 else f"{layer.name}_call_{calls}")

    return _rebuilt(model, copy)


def rebuild(model: KerasModel, replace: Replace, operate: Replace | None = None) -> KerasModel:
    """Builds a functional model anew, giving a function the say over every layer.

    Args:
        model: Flat functional model with one input and one output; see `flat`.
        replace: From `(layer, inputs)`, where `inputs` is a tensor of the new graph or a list of them, to the new
            output tensor or tensors; `copy_layer` gives an unchanged copy. It is not asked about operators between
            layers, such as `x + 3`, nor about layers with tensors in several arguments, such as attention.
        operate: From `(layer, output)` of such an operator, `output` of the new graph, to what stands in its place.

    Returns:
        The new model, of the same name.

    Raises:
        SuiteError: See `check_functional`.
    """
    check_functional(model)
    return _rebuilt(model, replace, operate)


def _rebuilt(model: KerasModel, replace: Replace, operate: Replace | None = None) -> KerasModel:
    new_input = keras.Input(model.input_shape[1:], name=model.input_names[0])
    output = _run(model, new_input, replace, operate)
    names.distinguish(tf.nest.flatten(output))
    return names.remember(keras.Model(new_input, output, name=model.name), names.original_name(model))


def consumers(model: KerasModel) -> dict[int, list[KerasLayer]]:
    """Returns, for the `id` of each tensor in the graph, the layers that take it."""
    found: dict[int, list[KerasNode]] = {}
    for node in nodes(model):
        for tensor in tf.nest.flatten(node.keras_inputs):
            found.setdefault(id(tensor), []).append(node.layer)
    return found


def configured(layer: KerasLayer, **changes: object) -> KerasLayer:
    """Returns a new layer of the same class and configuration, without weights.

    Args:
        layer: The layer.
        changes: What differs in its configuration.

    Raises:
        SuiteError: If the class cannot be made from a configuration.
    """
    try:
        return type(layer).from_config({**layer.get_config(), **changes})
    except (NotImplementedError, TypeError, ValueError) as error:
        raise SuiteError(
            f"layer '{layer.name}' ({type(layer).__name__}): it cannot be copied: {error}. Give it a get_config"
        ) from error


def copy_layer(layer: KerasLayer, inputs: Tensor, name: str | None = None) -> Tensor:
    """Applies a copy of `layer`, with its weights, to `inputs`; `name` renames it."""
    copy = configured(layer, name=name or layer.name)
    output = copy(inputs)
    copy.set_weights(layer.get_weights())
    copy.trainable = layer.trainable
    return output


def as_depthwise(name: str, scale: Array, offset: Array, inputs: Tensor, trainable: bool) -> KerasLayer:
    """Applies a factor and a summand to each channel.

    Args:
        name: Of the layer that is made.
        scale: Factors, `(channels,)`.
        offset: Summands, `(channels,)`.
        inputs: Tensor `(batch, height, width, channels)`.
        trainable: Whether both are trained.
    """
    depthwise = keras.layers.DepthwiseConv2D(1, name=name, trainable=trainable)
    output = depthwise(inputs)
    depthwise.set_weights([scale.reshape(1, 1, -1, 1), offset])
    return output


def _repeated(node: KerasNode, tensors: dict[int, Tensor]) -> Tensor:
    """Calls a copy of an operation or a layer with its constants, and with the new graph's tensors."""
    arguments = tf.nest.map_structure(lambda value: tensors.get(id(value), value), (node.call_args, node.call_kwargs))
    copy = configured(node.layer)
    outputs = copy(*arguments[0], **arguments[1])
    copy.set_weights(node.layer.get_weights())
    copy.trainable = node.layer.trainable
    return outputs


def _has_several_arguments(node: KerasNode) -> bool:
    """Tells whether tensors are given in more than the first argument, as to attention."""
    tensors = {id(tensor) for tensor in node.keras_inputs}
    return len(node.keras_inputs) > sum(id(value) in tensors for value in tf.nest.flatten(node.call_args[:1]))


def is_nested(layer: KerasLayer) -> bool:
    """Tells whether a layer is a model whose layers can be read."""
    return isinstance(layer, keras.Model) and keras_graph.is_functional(layer)


def _run(model: KerasModel, new_inputs: Tensor, replace: Replace, operate: Replace | None) -> Tensor:
    tensors = dict(zip(map(id, model.inputs), tf.nest.flatten(new_inputs), strict=True))
    for node in nodes(model):
        layer = node.layer
        if type(layer).__name__ in OPERATIONS:
            output = _repeated(node, tensors)
            if operate and not isinstance(node.outputs, (list, tuple)):
                output = operate(layer, output)
            tensors.update(zip(map(id, tf.nest.flatten(node.outputs)), tf.nest.flatten(output), strict=True))
            continue
        inputs = tf.nest.map_structure(lambda tensor: tensors[id(tensor)], node.keras_inputs)
        inputs = inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs
        if _has_several_arguments(node):
            outputs = _repeated(node, tensors)
        elif is_nested(layer):
            outputs = _run(layer, inputs, replace, operate)
        else:
            outputs = replace(layer, inputs)
        for old, new in zip(tf.nest.flatten(node.outputs), tf.nest.flatten(outputs), strict=True):
            tensors[id(old)] = new
    return tf.nest.map_structure(lambda tensor: tensors[id(tensor)], model.output)


def classifier(model: KerasModel) -> KerasModel:
    """Returns the last layer that has weights."""
    return next(layer for layer in reversed(model.layers) if layer.weights)


def with_features(model: KerasModel) -> KerasModel:
    """Returns the model with what its classifier takes as a second output.

    Raises:
        SuiteError: If the classifier is a nested model, or is called more than once.
    """
    last = classifier(model)
    try:
        return keras.Model(model.input, [model.output, last.input])
    except (AttributeError, ValueError):
        raise SuiteError(
            f"distill.features: layer '{last.name}' has no one input of its own. Expected 0 here"
        ) from None
