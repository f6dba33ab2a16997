"""Layers of Keras 3 as layers of Keras 2.

A layer is made from its configuration, and what it then says of itself is compared with that configuration: a setting
that was not carried over is refused by name, whatever the layer.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Activation, JsonObject, KerasLayer, KerasObject, Tensor, Variable
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.keras_io.names import scope_name

# Settings that Keras 2 lacks, and the value that changes nothing.
_NEUTRAL = {
    "optional": False,
    "quantization_config": None,
    "gptq_unpacked_column_size": None,
    "synchronized": False,
    "renorm": False,
    "lora_rank": None,
    "rms_scaling": False,
    "pad_to_aspect_ratio": False,
    "antialias": False,
    "zero_output_for_mask": False,
    "sliding_window": None,
    "use_gate": False,
}
# Settings without an effect on what a trained layer computes, or that `build` looks at.
_IGNORED = (
    "name",
    "data_format",
    "dtype",
    "seed",
    "renorm_clipping",
    "renorm_momentum",
    "lora_alpha",
    "fill_mode",
    "fill_value",
    "use_cudnn",
    "flash_attention",
)
_PRECISIONS = re.compile(r"(mixed_)?b?float\d+")
# Functions that Keras 2 computes alike under the same name.
_SAME_FUNCTIONS = frozenset(
    "linear relu relu6 sigmoid tanh elu selu softplus softsign softmax gelu exponential mish".split()
)
# Functions that Keras 2 lacks, or that it computes otherwise under the same name.
_FUNCTIONS: dict[str, Callable[..., KerasObject]] = {
    "hard_sigmoid": layers.HardSigmoid,
    "hard_silu": layers.HardSwish,
    "hard_swish": layers.HardSwish,
    "silu": layers.Swish,
    "swish": layers.Swish,
    "leaky_relu": lambda name: keras.layers.LeakyReLU(0.2, name=name),
}
# Layers that end in their activation, which can as well be a layer of its own.
_ENDING = frozenset(
    "Activation Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D "
    "SeparableConv1D SeparableConv2D Dense EinsumDense".split()
)
# At inference they do nothing, as `Random…` does: changes for training are the recipe's part.
_IDLE = frozenset("Identity StochasticDepth AugMix CutMix MixUp RandAugment".split())
_WRAPPERS = ("TimeDistributed", "Bidirectional")
_APPLICATIONS = "keras.src.applications."
_RANDOM_AT_INFERENCE = "at inference, Keras 2 makes other pictures with it"


class Followed:
    """A layer and the activation after it that Keras 2 has as a layer only."""

    def __init__(self, layer: KerasLayer, activation: Activation) -> None:
        self.layer, self.activation = layer, activation

    @property
    def weights(self) -> list[Variable]:
        """Those of the layer, then those of the activation."""
        return [*self.layer.weights, *self.activation.weights]

    def __call__(self, *arguments: object, **named: object) -> Tensor:
        """Applies both."""
        return self.activation(self.layer(*arguments, **named))


def cannot(entry: JsonObject, reason: str) -> SuiteError:
    """Returns the error for a layer that cannot be rebuilt.

    Args:
        entry: The layer in the file's configuration.
        reason: Why, in a phrase.
    """
    return SuiteError(
        f"layer '{entry['config'].get('name')}' ({entry['class_name']}) cannot be rebuilt on Keras 2: {reason}. "
        "Put other layers of Keras in its place, or save the model with Keras 2 (tf-keras)"
    )


def build(entry: JsonObject, name: str, saved: Callable[[], list[Variable]] = list) -> KerasObject:
    """Makes a layer.

    Args:
        entry: The layer in the file's configuration.
        name: The name it gets.
        saved: Returns its arrays, which the statistics of a `Normalization` are taken from.

    Returns:
        A layer of Keras 2, or a `Followed`.

    Raises:
        SuiteError: If there is none that computes the same.
    """
    kind, config = entry["class_name"], {**entry["config"], "name": name}
    if kind == "RandomCrop":
        raise cannot(entry, _RANDOM_AT_INFERENCE)
    if kind.startswith("Random") or kind in _IDLE:
        return keras.layers.Activation("linear", name=name)
    _check_precision(entry)
    if config.get("data_format") == "channels_first":
        raise cannot(entry, "channels come first; TensorFlow Lite has them last")
    follower = _follower(entry) if kind in _ENDING else None
    if follower is not None:
        if kind == "Activation":
            return follower(name=name)
        config["activation"] = "linear"
    if kind == "Normalization":
        mean, variance, *_ = saved() or (config["mean"], config["variance"])
        return keras.layers.Normalization(
            config["axis"], mean=mean, variance=variance, invert=config.get("invert", False), name=name
        )
    layer = _make(entry, config)
    return Followed(layer, follower(name=f"{name}_activation")) if follower else layer


def _make(entry: JsonObject, config: JsonObject) -> KerasLayer:
    """Makes a layer whose activation both versions of Keras have."""
    cls, kept = _class(entry), _settings(entry, config)
    try:
        layer = cls.from_config(dict(kept))
    except KeyError as error:
        raise cannot(entry, f"it lacks {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise cannot(entry, " ".join(str(error).split())[:200]) from None
    own = layer.get_config()
    for key, value in kept.items():
        if key in ("name", "layer", "backward_layer") or key.endswith(("_regularizer", "_constraint")):
            continue
        if key not in own:
            if value is not None and _plain(value) != 1:  # As a dilation of 1 in every direction.
                raise cannot(entry, f"Keras 2 has no '{key}'. Received: {value}")
        elif _plain(own[key]) != _plain(value):
            raise cannot(entry, f"Keras 2 makes {_plain(own[key])} of its '{key}'. Received: {value}")
    return layer


def _class(entry: JsonObject) -> KerasLayer:
    kind, module = entry["class_name"], str(entry.get("module", "keras.layers"))  # `.h5` files name no modules.
    if kind == "LayerScale" and ("module" not in entry or module.startswith(_APPLICATIONS)):
        return layers.LayerScale
    registered = str(entry.get("registered_name") or "").partition(">")
    own = getattr(layers, kind, None) if registered[0] == "tfl_lite_suite" else None
    cls = own or getattr(keras.layers, kind, None)
    if not isinstance(cls, type) or not own and not module.startswith("keras."):
        raise cannot(entry, "Keras 2 has no such layer")
    return cls


def _settings(entry: JsonObject, config: JsonObject) -> JsonObject:
    """Returns a layer's configuration with the keys of Keras 2."""
    kept: JsonObject = {"name": config["name"]}
    for key, value in config.items():
        if key in _NEUTRAL:
            if value != _NEUTRAL[key]:
                raise cannot(entry, f"Keras 2 has no '{key}'. Received: {value}")
        # The file's arrays follow, so what they began with does not matter.
        elif key not in _IGNORED and not key.endswith("_initializer"):
            kept[key] = _inner(entry, key, value)
    if entry["class_name"] == "LeakyReLU":
        kept["alpha"] = kept.pop("negative_slope", 0.3)
    return kept


def _inner(entry: JsonObject, key: str, value: Any) -> KerasLayer:
    """Returns a setting with what lies in it, a function or a layer, as Keras 2 wants it."""
    if key.endswith("activation"):
        name = _function_name(value)
        if name not in _SAME_FUNCTIONS:
            raise cannot(entry, f"Keras 2 computes its '{key}' otherwise. Received: {name}")
        return name
    if entry["class_name"] in _WRAPPERS and key in ("layer", "backward_layer") and value is not None:
        inner = build(value, scope_name(value["config"]["name"]))
        if isinstance(inner, Followed):
            raise cannot(entry, f"the layer in it has the activation {type(inner.activation).__name__}")
        return keras.saving.serialize_keras_object(inner)
    if isinstance(value, dict) and "class_name" in value and not key.endswith(("_regularizer", "_constraint")):
        raise cannot(entry, f"its '{key}' is not known here. Received: {value['class_name']}")
    return value


def _follower(entry: JsonObject) -> Callable[..., KerasObject] | None:
    """Returns what makes the activation of a layer as a layer of its own; `None` where Keras 2 has the function."""
    value = entry["config"].get("activation")
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        return lambda name: _as_layer(entry, value, name)
    name = _function_name(value)
    if name in _SAME_FUNCTIONS:
        return None
    if name not in _FUNCTIONS:
        raise cannot(entry, f"its activation '{name}' is not known here")
    return _FUNCTIONS[name]


def _as_layer(entry: JsonObject, value: JsonObject, name: str) -> KerasLayer:
    layer = build(value, name)
    if isinstance(layer, Followed):
        raise cannot(entry, f"its activation is a {value['class_name']} with an activation of its own")
    return layer


def _function_name(value: object) -> str:
    if isinstance(value, dict):
        return str(value["config"] if isinstance(value["config"], str) else value["class_name"])
    return str(value or "linear")


def _check_precision(entry: JsonObject) -> None:
    """Raises the error for weights that are stored as whole numbers with scales of their own."""
    policy = entry["config"].get("dtype")
    name = policy["config"].get("name", policy["class_name"]) if isinstance(policy, dict) else policy
    if name is not None and not _PRECISIONS.fullmatch(str(name)):
        raise cannot(entry, f"its weights are of type {name}; save it in float32, before quantization")


def _plain(value: Any) -> Any:
    """Returns a setting in the one form in which both versions' are compared."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) or np.ndim(value):
        items = [_plain(item) for item in value]
        return items[0] if items and all(item == items[0] for item in items) else items
    if isinstance(value, (bool, str)) or value is None:
        return value
    return float(np.float32(value))
