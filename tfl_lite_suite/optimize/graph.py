"""Rewriting functional Keras models, layer by layer."""

from collections.abc import Callable
from typing import Any

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.framework import keras, tf

Replace = Callable[[Any, Any], Any]


def check_functional(model: Any) -> None:
    """Raises the error for a model whose graph cannot be read.

    Args:
        model: Any Keras model.

    Raises:
        SuiteError: If it is not functional or sequential, or does not have one input and one output.
    """
    if not getattr(model, "_is_graph_network", False):
        raise SuiteError(
            f"model '{model.name}': expected a functional or sequential Keras model with known input shape"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise SuiteError(
            f"model '{model.name}': expected one input and one output. "
            f"Received: {len(model.inputs)} inputs and {len(model.outputs)} outputs"
        )


def rebuild(model: Any, replace: Replace) -> Any:
    """Builds a functional model anew, giving a function the say over every layer.

    Nested functional models are flattened. A layer that is called twice is replaced twice.

    Args:
        model: Functional model with one input and one output.
        replace: From `(layer, inputs)`, where `inputs` is a tensor of the new graph or a list of them, to the new
            output tensor or tensors; `copy_layer` gives an unchanged copy.

    Returns:
        The new model, of the same name.

    Raises:
        SuiteError: See `check_functional`.
    """
    check_functional(model)
    new_input = keras.Input(model.input_shape[1:], name=_input_name(model))
    output = _run(model, new_input, replace)
    return keras.Model(new_input, output, name=model.name)


def nodes(model: Any) -> list[Any]:
    """Returns the calls of layers in the model's graph, inputs before their consumers; nested models count as one."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [node for depth in depths for node in model._nodes_by_depth[depth] if not node.is_input]


def consumers(model: Any) -> dict[int, list[Any]]:
    """Returns, for the `id` of each tensor in the graph, the layers that take it."""
    found: dict[int, list[Any]] = {}
    for node in nodes(model):
        for tensor in tf.nest.flatten(node.keras_inputs):
            found.setdefault(id(tensor), []).append(node.layer)
    return found


def copy_layer(layer: Any, inputs: Any) -> Any:
    """Applies a copy of `layer`, with its weights, to `inputs`."""
    copy = type(layer).from_config(layer.get_config())
    output = copy(inputs)
    copy.set_weights(layer.get_weights())
    copy.trainable = layer.trainable
    return output


def _input_name(model: Any) -> str:
    return str(model.input_names[0])


def _run(model: Any, new_input: Any, replace: Replace) -> Any:
    tensors = {id(model.inputs[0]): new_input}
    for node in nodes(model):
        layer = node.layer
        if node.call_kwargs and any(isinstance(value, tf.Tensor) for value in tf.nest.flatten(node.call_kwargs)):
            raise SuiteError(f"layer '{layer.name}': tensors given as keyword arguments are not supported")
        inputs = tf.nest.map_structure(lambda tensor: tensors[id(tensor)], node.keras_inputs)
        inputs = inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs
        if isinstance(layer, keras.Model) and getattr(layer, "_is_graph_network", False):
            outputs = _run(layer, inputs, replace)
        else:
            outputs = replace(layer, inputs)
        for old, new in zip(tf.nest.flatten(node.outputs), tf.nest.flatten(outputs), strict=True):
            tensors[id(old)] = new
    return tensors[id(model.outputs[0])]
