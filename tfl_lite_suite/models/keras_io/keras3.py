"""Keras 3 models rebuilt on Keras 2, layer by layer, from the configuration and the arrays of a file.

Keras 3 is not needed for it. What a layer of Keras 3 does and no layer of Keras 2 does is named.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import (
    Array,
    HdfGroup,
    JsonObject,
    KerasLayer,
    KerasModel,
    KerasObject,
    Tensor,
    TfDataset,
)
from tfl_lite_suite.models.keras_io import hdf5_text, keras3_layers, names
from tfl_lite_suite.models.keras_io.keras3_layers import Followed, cannot
from tfl_lite_suite.models.keras_io.keras3_operations import Unknown, operation

_MODELS = ("Functional", "Sequential", "Model")
# What a layer holds inside, in the order of Keras 2.
_PARTS = ("cell", "layer", "forward_layer", "backward_layer", "activation")


class Saved(Protocol):
    """The arrays of a model or of a layer in a file."""

    def of_layers(self, entries: list[JsonObject]) -> Mapping[str, "Saved"]:
        """Returns each layer's arrays by its name, for the layers of a model as its configuration lists them."""

    def arrays(self) -> list[Array]:
        """Returns a layer's arrays in the order of Keras 2."""


def load(config: JsonObject, saved: Saved) -> KerasModel:
    """Rebuilds a model.

    Args:
        config: Its configuration, which `archive` has nothing against.
        saved: Its arrays.

    Returns:
        The Keras 2 model, not compiled; sequential models become functional ones.

    Raises:
        SuiteError: If a layer has no counterpart in Keras 2; the message names it.
    """
    return _model(config, saved, str(config["config"].get("name", "model")))


class ArchiveArrays:
    """Arrays of a `.keras` file: one group a layer, named after its class and numbered in the model's order."""

    def __init__(self, group: HdfGroup) -> None:
        """Takes the file of arrays, or a group in it; an empty dictionary where there is none."""
        self._group = group

    def of_layers(self, entries: list[JsonObject]) -> dict[str, Saved]:
        """Returns each layer's arrays by its name."""
        group, used = self._group.get("layers", {}), dict[str, int]()
        found: dict[str, Saved] = {}
        for entry in entries:
            if not _is_operation(entry):
                kind = _snake_case(entry["class_name"])
                number = used[kind] = used.get(kind, -1) + 1
                found[entry["config"]["name"]] = ArchiveArrays(group.get(f"{kind}_{number}" if number else kind, {}))
        return found

    def arrays(self) -> list[Array]:
        """Returns a layer's arrays, then those of the layers in it."""
        variables = self._group.get("vars", {})
        own = [_array(variables[str(index)]) for index in range(len(variables))]
        inner = [ArchiveArrays(self._group[part]).arrays() for part in _PARTS if part in self._group]
        return sum(inner, own)


def _model(config: JsonObject, saved: Saved, name: str) -> KerasModel:
    kind, inner = config["class_name"], config["config"]
    if kind == "Sequential":
        inner = _as_functional(inner, config)
    elif kind not in _MODELS:
        raise SuiteError(f"model '{name}' is a {kind}, a class of your own. Save it as a functional model")
    return names.remember(_Graph(inner, saved, names.scope_name(name)).build(), name)


class _Graph:
    """One functional model on its way."""

    def __init__(self, config: JsonObject, saved: Saved, name: str) -> None:
        self._config, self._name = config, name
        self._saved = saved.of_layers(config["layers"])
        self._names = names.unique_names(entry["config"]["name"] for entry in config["layers"])
        self._functional = {
            entry["config"]["name"] for entry in config["layers"] if entry["class_name"] == "Functional"
        }
        self._layers: JsonObject = {}
        self._tensors: dict[tuple[str, int, int], Tensor] = {}

    def build(self) -> KerasObject:
        """Calls every layer as the file says."""
        waiting = [
            (entry, number, node) for entry in self._config["layers"] for number, node in enumerate(_nodes(entry))
        ]
        while waiting:
            left = [item for item in waiting if not self._call(*item)]
            if len(left) == len(waiting):
                raise SuiteError(f"layer '{left[0][0]['config']['name']}' takes a tensor that no layer makes")
            waiting = left
        for entry in self._config["layers"]:
            self._fill(entry)
        inputs, outputs = (self._ends(self._config[key]) for key in ("input_layers", "output_layers"))
        if not tf.nest.flatten(outputs):
            raise SuiteError(f"model '{self._name}' has no outputs")
        names.distinguish(tf.nest.flatten(outputs))
        return keras.Model(inputs, outputs, name=self._name)

    def _call(self, entry: JsonObject, number: int, node: JsonObject) -> bool:
        """Applies a layer to its tensors; tells whether they were there."""
        name = entry["config"]["name"]
        places = list(_history(node))
        if not all(place in self._tensors for place in places):
            return False
        if name not in self._layers:
            self._layers[name] = self._layer(entry)
        arguments, named = (self._resolved(node.get(key)) for key in ("args", "kwargs"))
        named = {key: value for key, value in (named or {}).items() if value is not None}
        try:
            outputs = self._layers[name](*(arguments or []), **named)
        except (TypeError, ValueError, LookupError) as error:
            raise cannot(entry, " ".join(str(error).split())[:200]) from None
        self._tensors.update({(name, number, place): value for place, value in enumerate(tf.nest.flatten(outputs))})
        return True

    def _layer(self, entry: JsonObject) -> KerasLayer:
        kind, config = entry["class_name"], entry["config"]
        name = self._names[config["name"]]
        if kind in _MODELS:
            return _model(entry, self._saved[config["name"]], config["name"])
        if kind == "InputLayer":
            shape = config.get("batch_shape") or config.get("batch_input_shape")
            return lambda: keras.Input(shape[1:], name=name)
        if _is_operation(entry):
            try:
                return operation(kind, config, name)
            except Unknown as reason:
                raise cannot(entry, str(reason)) from None
        return keras3_layers.build(entry, name, self._saved[config["name"]].arrays)

    def _fill(self, entry: JsonObject) -> None:
        """Puts the file's arrays into a layer."""
        name = entry["config"]["name"]
        layer = self._layers[name]
        is_layer = isinstance(layer, (keras.layers.Layer, Followed)) and not isinstance(layer, keras.Model)
        if not is_layer or _is_operation(entry) or entry["class_name"] == "Normalization":
            return
        arrays = self._saved[name].arrays()
        expected = [tuple(weight.shape) for weight in layer.weights]
        received = [array.shape for array in arrays]
        if expected != received:
            raise SuiteError(f"layer '{name}': expected arrays of shape {expected}. Received: {received}")
        for weight, array in zip(layer.weights, arrays, strict=True):
            weight.assign(array)

    def _resolved(self, value: object) -> Tensor:
        """Returns call arguments with tensors, constants and slices in place of their descriptions."""
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind, config = value.get("class_name"), value.get("config") or {}
        if kind == "__keras_tensor__":
            return self._tensors[_place(value)]
        if kind == "__slice__":
            return slice(config["start"], config["stop"], config["step"])
        if kind == "__ellipsis__":
            return ...
        if kind in ("__tensor__", "__numpy__"):
            return np.asarray(config["value"], config["dtype"])
        return {key: self._resolved(item) for key, item in value.items()}

    def _ends(self, places: KerasObject) -> Tensor:
        """Returns a model's inputs or outputs, in the structure that the file has them in."""
        if isinstance(places, dict):
            return {key: self._ends(place) for key, place in places.items()}
        if len(places) == 3 and isinstance(places[0], str):
            name, node, tensor = places
            # Here, and not in calls, Keras counts a node that a functional model is born with.
            return self._tensors[name, node - (node > 0 and name in self._functional), tensor]
        found = [self._ends(place) for place in places]
        return found[0] if len(found) == 1 else found


def _as_functional(config: JsonObject, entry: JsonObject) -> JsonObject:
    """Returns a sequential model's configuration as that of a functional one."""
    entries = list(config["layers"])
    if not entries or entries[0]["class_name"] != "InputLayer":
        shape = config.get("build_input_shape") or (entry.get("build_config") or {}).get("input_shape")
        if not shape:
            raise SuiteError(f"model '{config['name']}' has no input shape. Begin it with an Input layer")
        used = [entry["config"]["name"] for entry in entries]
        first = {"batch_shape": shape, "name": names.free_name("image", used)}
        entries.insert(0, {"class_name": "InputLayer", "config": first})
    chained = [{**entries[0], "inbound_nodes": []}]
    for before, after in zip(entries, entries[1:], strict=False):
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [before["config"]["name"], 0, 0]}}
        chained.append({**after, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]})
    ends = {
        key: [chained[place]["config"]["name"], 0, 0] for key, place in (("input_layers", 0), ("output_layers", -1))
    }
    return {**config, "layers": chained, **ends}


def _is_operation(entry: JsonObject) -> bool:
    """Tells whether a node is an operator between layers rather than a layer; `.h5` files name no modules."""
    if "module" not in entry:
        return entry["class_name"] != "InputLayer" and "trainable" not in entry["config"]
    return str(entry["module"]).startswith("keras.src.ops")


def _nodes(entry: JsonObject) -> list[JsonObject]:
    return entry.get("inbound_nodes") or ([{}] if entry["class_name"] == "InputLayer" else [])


def _history(value: object) -> Iterator[tuple[str, int, int]]:
    """Yields the place of every tensor in call arguments."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield _place(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _history(item)


def _place(value: JsonObject) -> tuple[str, int, int]:
    name, node, tensor = value["config"]["keras_history"]
    return str(name), int(node), int(tensor)


def _snake_case(kind: str) -> str:
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()


def _array(dataset: TfDataset) -> Array:
    """Returns an array of the file; brain floats, which HDF5 does not know, as float32."""
    values = np.asarray(dataset)
    is_brain_float = values.dtype.kind == "V" or hdf5_text.of(dataset, "dtype") == ["bfloat16"]
    return values.view(tf.bfloat16.as_numpy_dtype).astype(np.float32) if is_brain_float else values
