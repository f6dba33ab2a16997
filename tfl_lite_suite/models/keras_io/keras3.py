"""Keras 3 models rebuilt on Keras 2, layer by layer, from the configuration and the arrays of a `.keras` file.

Keras 3 is not needed for it. What a layer of Keras 3 does and no layer of Keras 2 does is named.
"""

import io
import operator
import os
import re
import zipfile
from collections.abc import Callable
from typing import Any

import h5py

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.keras_io import archive as keras_archive
from tfl_lite_suite.models.keras_io.keras2 import scope_name

# Settings that Keras 2 lacks, and the value that changes nothing.
_NEUTRAL = {
    "optional": False,
    "quantization_config": None,
    "synchronized": False,
    "renorm": False,
    "lora_rank": None,
    "rms_scaling": False,
    "pad_to_aspect_ratio": False,
    "antialias": False,
}
_IGNORED = (
    "renorm_clipping",
    "renorm_momentum",
    "lora_alpha",
    "dtype",
    "seed",
    "data_format",
    "fill_mode",
    "fill_value",
)
# Functions that Keras 2 lacks, or that it computes otherwise under the same name.
_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "hard_sigmoid": layers.HardSigmoid,
    "hard_silu": layers.HardSwish,
    "hard_swish": layers.HardSwish,
    "silu": layers.Swish,
    "swish": layers.Swish,
    "leaky_relu": lambda name: keras.layers.LeakyReLU(0.2, name=name),
}
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "TrueDivide": operator.truediv,
    "Negative": operator.neg,
}


def load(path: str | os.PathLike[str], config: dict[str, Any]) -> Any:
    """Rebuilds a model.

    Args:
        path: The file.
        config: Its configuration, from `keras_archive.read`.

    Returns:
        The Keras 2 model, not compiled; sequential models become functional ones.

    Raises:
        SuiteError: If a layer has no counterpart in Keras 2; the message names it.
    """
    with zipfile.ZipFile(path) as archive:
        content = archive.read(keras_archive.WEIGHTS)
    with h5py.File(io.BytesIO(content), "r") as weights:
        return _model(config, weights, str(config["config"].get("name", "model")))


def _model(config: dict[str, Any], group: Any, name: str) -> Any:
    kind, inner = config["class_name"], config["config"]
    if kind == "Sequential":
        inner = _as_functional(inner, config)
    elif kind not in ("Functional", "Model"):
        raise SuiteError(f"model '{name}' is a {kind}, a class of your own. Save it as a functional model")
    return _Graph(inner, group.get("layers", {}), scope_name(name)).build()


class _Graph:
    """One functional model on its way."""

    def __init__(self, config: dict[str, Any], group: Any, name: str) -> None:
        self._config, self._name = config, name
        self._groups = _groups(config["layers"], group)
        self._layers: dict[str, Any] = {}
        self._tensors: dict[tuple[str, int, int], Any] = {}

    def build(self) -> Any:
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
            self._fill(entry["config"]["name"])
        ends = (self._ends(self._config[key]) for key in ("input_layers", "output_layers"))
        return keras.Model(*ends, name=self._name)

    def _call(self, entry: dict[str, Any], number: int, node: dict[str, Any]) -> bool:
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
        except (TypeError, ValueError) as error:
            raise SuiteError(_cannot(entry, " ".join(str(error).split())[:200])) from None
        self._tensors.update({(name, number, place): value for place, value in enumerate(tf.nest.flatten(outputs))})
        return True

    def _layer(self, entry: dict[str, Any]) -> Any:
        kind, config = entry["class_name"], entry["config"]
        if kind in ("Functional", "Sequential", "Model"):
            return _model(entry, self._groups[config["name"]], config["name"])
        if kind == "InputLayer":
            shape = config.get("batch_shape") or config.get("batch_input_shape")
            return lambda: keras.Input(shape[1:], name=scope_name(config["name"]))
        if _is_operation(entry):
            return _operation(entry)
        return _layer(entry, self._groups[config["name"]])

    def _fill(self, name: str) -> None:
        """Puts the file's arrays into a layer."""
        layer, arrays = self._layers[name], _arrays(self._groups.get(name, {}))
        if isinstance(layer, _Followed):
            layer = layer.layer
        if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.Model) or not layer.weights:
            return
        try:
            layer.set_weights(arrays)
        except ValueError:
            expected = [tuple(weight.shape) for weight in layer.weights]
            received = [array.shape for array in arrays]
            raise SuiteError(f"layer '{name}': expected arrays of shape {expected}. Received: {received}") from None

    def _resolved(self, value: Any) -> Any:
        """Returns call arguments with tensors in place of their descriptions."""
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return self._tensors[_place(value)]
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        return [self._resolved(item) for item in value] if isinstance(value, list) else value

    def _ends(self, places: Any) -> Any:
        if isinstance(places, list) and places and isinstance(places[0], str):
            return self._tensors[places[0], places[1], places[2]]
        found = [self._ends(place) for place in places]
        return found[0] if len(found) == 1 else found


class _Followed:
    """A layer and the activation that Keras 2 does not know by name."""

    def __init__(self, layer: Any, activation: Any) -> None:
        self.layer, self.activation = layer, activation

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.activation(self.layer(*arguments, **named))


def _layer(entry: dict[str, Any], group: Any) -> Any:
    kind, config = entry["class_name"], dict(entry["config"])
    name = config["name"] = scope_name(config["name"])
    if kind == "RandomCrop":
        raise SuiteError(_cannot(entry, "at inference, Keras 2 makes other pictures with it"))
    if kind.startswith("Random"):
        return keras.layers.Activation("linear", name=name)  # Random changes are for training, and the recipe's part.
    registered = str(entry.get("registered_name") or "").partition(">")
    own = getattr(layers, kind, None) if registered[0] == "tfl_lite_suite" else None
    cls: Any = own or getattr(keras.layers, kind, None)
    if not isinstance(cls, type) or not own and not str(entry.get("module")).startswith("keras."):
        raise SuiteError(_cannot(entry, "Keras 2 has no such layer"))
    if config.get("data_format") == "channels_first":
        raise SuiteError(_cannot(entry, "channels come first; TensorFlow Lite has them last"))
    follower = None
    if "activation" in config:
        activation = _function_name(config["activation"])
        if activation in _ACTIVATIONS:
            follower = _ACTIVATIONS[activation]
            if kind == "Activation":
                return follower(name=name)
            activation = "linear"
        config["activation"] = activation
    if kind == "Normalization":
        mean, variance, *_ = _arrays(group) or (config["mean"], config["variance"])
        return cls(config["axis"], mean=mean, variance=variance, invert=config.get("invert", False), name=name)
    try:
        layer = cls.from_config(_settings(entry, config))  # type: ignore[attr-defined]
    except KeyError as error:
        raise SuiteError(_cannot(entry, f"it lacks {error}")) from None
    except (TypeError, ValueError) as error:
        raise SuiteError(_cannot(entry, " ".join(str(error).split())[:200])) from None
    return _Followed(layer, follower(name=f"{name}_activation")) if follower else layer


def _settings(entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Returns a layer's configuration with the keys of Keras 2."""
    kept = {}
    for key, value in config.items():
        if key in _NEUTRAL and value != _NEUTRAL[key]:
            raise SuiteError(_cannot(entry, f"Keras 2 has no '{key}'. Received: {value}"))
        # The file's arrays follow, so what they began with does not matter.
        if key not in _NEUTRAL and key not in _IGNORED and not key.endswith("_initializer"):
            kept[key] = value
    if entry["class_name"] == "LeakyReLU":
        kept["alpha"] = kept.pop("negative_slope", 0.3)
    return kept


def _operation(entry: dict[str, Any]) -> Callable[..., Any]:
    """Returns what an operator between layers computes, such as the sum in `x + y`."""
    kind, name = entry["class_name"], scope_name(entry["config"]["name"])
    if kind not in _OPERATIONS:
        raise SuiteError(_cannot(entry, "this function of keras.ops is not known here"))
    as_layer = getattr(keras.layers, kind, None)

    def apply(*tensors: Any) -> Any:
        # Pruning and quantization know the layers.
        symbols = all(hasattr(tensor, "_keras_history") for tensor in tensors)
        if as_layer and symbols and len({str(tensor.shape) for tensor in tensors}) == 1:
            return as_layer(name=name)(list(tensors))
        return _OPERATIONS[kind](*tensors)

    return apply


def _cannot(entry: dict[str, Any], reason: str) -> str:
    return (
        f"layer '{entry['config']['name']}' ({entry['class_name']}) cannot be rebuilt on Keras 2: {reason}. "
        "Put other layers of Keras in its place, or save the model with Keras 2 (tf-keras)"
    )


def _function_name(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["config"] if isinstance(value["config"], str) else value["class_name"]).lower()
    return str(value or "linear")


def _as_functional(config: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Returns a sequential model's configuration as that of a functional one."""
    entries = list(config["layers"])
    if not entries or entries[0]["class_name"] != "InputLayer":
        shape = config.get("build_input_shape") or (entry.get("build_config") or {}).get("input_shape")
        if not shape:
            raise SuiteError(f"model '{config['name']}' has no input shape. Begin it with an Input layer")
        entries.insert(0, {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "image"}})
    chained = [{**entries[0], "inbound_nodes": []}]
    for before, after in zip(entries, entries[1:], strict=False):
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [before["config"]["name"], 0, 0]}}
        chained.append({**after, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]})
    ends = {
        key: [chained[place]["config"]["name"], 0, 0] for key, place in (("input_layers", 0), ("output_layers", -1))
    }
    return {**config, "layers": chained, **ends}


def _is_operation(entry: dict[str, Any]) -> bool:
    """Tells whether a node is an operator between layers rather than a layer."""
    return str(entry.get("module")).startswith("keras.src.ops")


def _nodes(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return entry.get("inbound_nodes") or ([{}] if entry["class_name"] == "InputLayer" else [])


def _history(value: Any) -> Any:
    """Yields the place of every tensor in call arguments."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield _place(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _history(item)


def _place(value: dict[str, Any]) -> tuple[str, int, int]:
    name, node, tensor = value["config"]["keras_history"]
    return str(name), int(node), int(tensor)


def _groups(entries: list[dict[str, Any]], group: Any) -> dict[str, Any]:
    """Returns each layer's place in the file of arrays: its class in small letters, numbered in the model's order."""
    used: dict[str, int] = {}
    found = {}
    for entry in entries:
        if _is_operation(entry):
            continue
        kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", entry["class_name"]))
        kind = re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()
        number = used[kind] = used.get(kind, -1) + 1
        found[entry["config"]["name"]] = group.get(f"{kind}_{number}" if number else kind, {})
    return found


def _arrays(group: Any) -> list[Any]:
    variables = group.get("vars", {})
    return [variables[str(index)][()] for index in range(len(variables))]
