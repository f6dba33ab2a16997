"""Names of models and layers: any in a file, those that TensorFlow takes for a scope in memory."""

import re
from collections.abc import Iterable

from tfl_lite_suite.core.types import KerasModel, KerasObject, Tensor
from tfl_lite_suite.models import keras_graph

_ORIGINAL = "_tfl_lite_suite_original_name"


def scope_name(name: str) -> str:
    """Returns the name of a layer or model as TensorFlow allows it for a scope.

    Args:
        name: Any text, such as `卷积` or `_stem (1)`.
    """
    fit = re.sub(r"[^A-Za-z0-9_./>-]", "_", name)
    return fit if re.match(r"[A-Za-z0-9.]", fit) else f"n{fit}"


def unique_names(names: Iterable[str]) -> dict[str, str]:
    """Returns a scope name for each name, no two alike.

    Args:
        names: The names of a model's layers; those that TensorFlow takes stay as they are.
    """
    names = list(names)
    found = {name: name for name in names if scope_name(name) == name}
    used = set(found)
    for name in names:
        if name not in found:
            found[name] = free_name(scope_name(name), used)
            used.add(found[name])
    return found


def free_name(wanted: str, used: Iterable[str]) -> str:
    """Returns `wanted`, or the first of `wanted_2`, `wanted_3`, … that is not used."""
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}_{number}", number + 1
    return name


def distinguish(outputs: Iterable[Tensor]) -> None:
    """Gives the layers that lead to these tensors names of their own, as a model of them must have.

    Args:
        outputs: Symbolic tensors of Keras. Of two layers with one name, that which is nearer to the outputs keeps it.
    """
    used: set[str] = set()
    seen: set[int] = set()
    waiting = list(outputs)
    layers = []
    while waiting:
        tensor = waiting.pop()
        layer, node = keras_graph.layer_of(tensor), keras_graph.node_of(tensor)
        if id(layer) not in seen:
            seen.add(id(layer))
            layers.append(layer)
        if id(node) not in seen:
            seen.add(id(node))
            waiting += node.keras_inputs
    for layer in sorted(layers, key=lambda layer: not hasattr(layer, "is_placeholder")):
        if layer.name in used:
            keras_graph.rename(layer, free_name(layer.name, used))
        used.add(layer.name)


def make_fit(model: KerasModel) -> bool:
    """Gives a model and its layers, also those of nested models, names that TensorFlow takes.

    Returns:
        Whether one of them was renamed; its model must then be built anew from its configuration.
    """
    renamed = False
    for owner in [model, *filter(keras_graph.is_model, keras_graph.layers_within(model))]:
        fit = unique_names(layer.name for layer in owner.layers)
        for layer in owner.layers:
            if fit[layer.name] != layer.name:
                keras_graph.rename(layer, fit[layer.name])
                renamed = True
    if scope_name(model.name) != model.name:
        keras_graph.rename(model, scope_name(model.name))
        renamed = True
    return renamed


def remember(model: KerasModel, name: str) -> KerasObject:
    """Notes under what name a file has a model; returns the model."""
    setattr(model, _ORIGINAL, name)
    return model


def original_name(model: KerasModel) -> str:
    """Returns a model's name as its file has it, for people to read."""
    return str(getattr(model, _ORIGINAL, model.name))
