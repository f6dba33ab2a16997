"""Models of Keras 2 as the suite works with them: whole, in float32, for any number of pictures at once."""

import os
import pathlib
import tempfile
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasModel
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.keras_io import archive, names

_HALF = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64")


def load(path: str | os.PathLike[str]) -> KerasModel:
    """Loads a model, as `plain` returns it, not compiled.

    Args:
        path: A `.keras` or `.h5` file that `archive.read` has nothing against.

    Raises:
        SuiteError: If it was saved before it was built.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = _loaded(path, pathlib.Path(folder))
    if not model.built:
        raise SuiteError(
            f"model '{model.name}' has no input shape and no weights yet. Call it on a picture, then save it"
        )
    return plain(model)


def _loaded(path: str | os.PathLike[str], folder: pathlib.Path) -> KerasModel:
    """Loads a model as Keras does; a folder takes copies."""
    weights = folder / archive.WEIGHTS
    config = archive.unpack(path, weights)
    if config is not None:
        # Inside the archive, Keras would unpack the weights again for each step back.
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        model.load_weights(weights)
        return model
    # Keras tells the format by the name.
    link = folder / f"model{'.h5' if archive.is_hdf5(path) else '.keras'}"
    link.symlink_to(pathlib.Path(path).absolute())
    return keras.models.load_model(link, compile=False, safe_mode=True)


def plain(model: KerasModel, image_shape: tuple[int, int, int] | None = None) -> KerasModel:
    """Returns an equal model without a fixed batch size, lower precision, integer inputs, or a name that is none.

    Args:
        model: As Keras has loaded it.
        image_shape: `(height, width, channels)` of the input where the model leaves them open.

    Returns:
        `model` itself if nothing has to change, or if its graph cannot be read. A single input or output stands for
        itself, where the model had it in a list or a dictionary.
    """
    if not keras_graph.is_functional(model):
        return model
    name = names.original_name(model)
    renamed, model = names.make_fit(model), _unpacked(model)
    config = model.get_config()
    changed = _plain(config)
    for entry in changed["layers"]:
        sides = entry["config"].get("batch_input_shape", ())[1:]
        if image_shape and None in sides and len(sides) == len(image_shape):
            filled = [wanted if side is None else side for side, wanted in zip(sides, image_shape, strict=True)]
            entry["config"]["batch_input_shape"] = (None, *filled)
    result = model
    if renamed or changed != config:
        result = type(model).from_config(changed)
        result.set_weights(model.get_weights())
    return names.remember(result, name)


def _unpacked(model: KerasModel) -> Any:
    """Returns a model of one input and one output that does not pack them."""
    ends = [tf.nest.flatten(end) for end in (model.input, model.output)]
    single = [
        end[0] if len(end) == 1 else packed for end, packed in zip(ends, (model.input, model.output), strict=True)
    ]
    if single[0] is model.input and single[1] is model.output:
        return model
    return keras.Model(*single, name=model.name)


def _plain(value: object) -> Any:
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
