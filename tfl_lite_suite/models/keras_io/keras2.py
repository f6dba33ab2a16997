"""Models of Keras 2 as the suite works with them: whole, in float32, for any number of pictures at once."""

import os
import re
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras

_HALF = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64")


def load(path: str | os.PathLike[str]) -> Any:
    """Loads a model, as `plain` returns it, not compiled.

    Args:
        path: A `.keras` file that `keras_archive.read` has nothing against.

    Raises:
        SuiteError: If it was saved before it was built.
    """
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    if not model.built:
        raise SuiteError(
            f"model '{model.name}' has no input shape and no weights yet. Call it on a picture, then save it"
        )
    return plain(model)


def plain(model: Any, image_shape: tuple[int, int, int] | None = None) -> Any:
    """Returns an equal model without a fixed batch size, lower precision, integer inputs, or a name that is none.

    Args:
        model: As Keras has loaded it.
        image_shape: `(height, width, channels)` of the input where the model leaves them open.

    Returns:
        `model` itself if nothing has to change, or if its graph cannot be read.
    """
    if not getattr(model, "_is_graph_network", False):
        return model
    config = model.get_config()
    changed = {**_plain(config), "name": scope_name(config["name"])}
    for entry in changed["layers"]:
        sides = entry["config"].get("batch_input_shape", ())[1:]
        if image_shape and None in sides and len(sides) == len(image_shape):
            filled = [wanted if side is None else side for side, wanted in zip(sides, image_shape, strict=True)]
            entry["config"]["batch_input_shape"] = (None, *filled)
    if changed == config:
        return model
    result = type(model).from_config(changed)
    result.set_weights(model.get_weights())
    return result


def scope_name(name: str) -> str:
    """Returns the name of a layer or model as TensorFlow allows it for a scope."""
    return re.sub(r"^[^A-Za-z0-9.]|[^A-Za-z0-9_./>-]", "_", name)


def _plain(value: Any) -> Any:
    """Returns a layer's configuration, or a part of one, with what changes."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    if not isinstance(value, dict):
        return value
    found = {key: _plain(item) for key, item in value.items()}
    policy = found.get("dtype")
    dtype = policy["config"]["name"] if isinstance(policy, dict) else policy
    if dtype in _HALF or "ragged" in found and dtype != "float32":
        found["dtype"] = "float32"
    if found.get("batch_input_shape") and found["batch_input_shape"][0] is not None:
        found["batch_input_shape"] = (None, *found["batch_input_shape"][1:])
    return found
