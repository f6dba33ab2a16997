"""The graph of a functional Keras model: the one place that uses Keras's private names for it.

Keras 2 is finished, so that these names stay: `_keras_history` of a symbolic tensor is `(layer, node_index,
tensor_index)`; a functional model has `_is_graph_network` and `_nodes_by_depth`; a layer's `name` is read-only; a layer
that is called on symbolic tensors runs in a graph of the name `<layer>_scratch_graph`; `_flatten_layers` goes through
a layer's layers.
"""

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import KerasLayer, KerasModel, KerasNode, Tensor


def layer_of(tensor: Tensor) -> KerasLayer:
    """Returns the layer that makes a symbolic tensor."""
    return tensor._keras_history.layer


def node_of(tensor: Tensor) -> KerasNode:
    """Returns the call of a layer that makes a symbolic tensor."""
    layer, index, _ = tensor._keras_history
    return layer.inbound_nodes[index]


def is_symbolic(value: object) -> bool:
    """Tells whether a value is a tensor of a graph of layers."""
    return hasattr(value, "_keras_history")


def only_shapes_matter() -> bool:
    """Tells whether a layer is called on symbolic tensors: what it computes is thrown away but for shape and type."""
    return not tf.executing_eagerly() and str(tf.compat.v1.get_default_graph().name).endswith("_scratch_graph")


def is_model(layer: KerasLayer) -> bool:
    """Tells whether a layer is a model, whose graph may or may not be readable."""
    return hasattr(layer, "_is_graph_network")


def is_functional(model: KerasModel) -> bool:
    """Tells whether a model's graph can be read: a functional model, or a sequential one with known input shape."""
    return bool(getattr(model, "_is_graph_network", False))


def nodes(model: KerasModel) -> list[KerasNode]:
    """Returns the calls of layers in the model's graph, inputs before their consumers; nested models count as one."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [node for depth in depths for node in model._nodes_by_depth[depth] if not node.is_input]


def layers_within(model: KerasModel) -> list[KerasLayer]:
    """Returns all layers of a model, those inside models and other layers as well; `submodules` takes far longer."""
    return list(model._flatten_layers(include_self=False))


def rename(layer: KerasLayer, name: str) -> None:
    """Gives a layer or a model another name; a model that has it must be built anew from its configuration."""
    layer._name = name
