"""Reading and writing `.keras` files, with every layer class of the suite and of TFMOT known."""

import os
import sys

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasModel, TensorShape
from tfl_lite_suite.data import Dataset
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.graph import rewrite, two_classes
from tfl_lite_suite.models.keras_io import archive, keras2, names
from tfl_lite_suite.models.quantizers import CUSTOM_OBJECTS, FakeQuantized


def save(model: KerasModel, path: str | os.PathLike[str]) -> None:
    """Writes a `.keras` file whole or not at all."""
    with atomic_path(path) as temporary:
        model.save(temporary, save_format="keras")
        if names.original_name(model) != model.name:
            archive.keep_name(temporary, names.original_name(model))


def load(path: str | os.PathLike[str], image_shape: tuple[int, int, int] | None = None) -> KerasModel:
    """Reads a Keras model; see `models.load`.

    Args:
        path: The file.
        image_shape: `(height, width, channels)` of the input where the model leaves them open.
    """
    model = models.load(path, CUSTOM_OBJECTS)
    return model if image_shape is None else keras2.plain(model, image_shape)


def load_classifier(path: str | os.PathLike[str], images: Dataset) -> KerasModel:
    """Reads a Keras model that is to classify these images; one for pictures of any size gets theirs.

    Args:
        path: The file.
        images: A recipe's images.

    Raises:
        SuiteError: As for `load`, or if the model takes other images, has other classes, or is trained for int8.
    """
    model = load(path, images.contract.image_shape)
    rewrite.check_functional(model)
    if any(isinstance(layer, FakeQuantized) for layer in model.layers):
        raise SuiteError(
            f"model: '{os.fspath(path)}' is trained for int8 already. Give the float model it was made from"
        )
    if len(images.class_names) == 2:
        model = two_classes.with_two_scores(model)
    shape, classes = (None, *images.contract.image_shape), (None, len(images.class_names))
    if model.input_shape != shape:
        raise SuiteError(
            f"model: '{os.fspath(path)}' takes {model.input_shape}, the recipe's images are {shape}. "
            f"{_advice(model.input_shape)}"
        )
    if model.output_shape != classes:
        raise SuiteError(
            f"model: '{os.fspath(path)}' gives {model.output_shape}, the recipe's images have {classes[1]} classes. "
            f"Give images of its classes, or a model that ends in {classes[1]} scores"
        )
    return model


def _advice(shape: TensorShape) -> str:
    """Returns how a recipe gives pictures of a model's input."""
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] not in (1, 3) or None in shape[1:]:
        return "Give a classifier of pictures, (batch, height, width, 1 or 3)"
    height, width, channels = shape[1:]
    sides = str(height) if height == width else f"[{height}, {width}]"
    return f"Set data.resolution to {sides} and data.color to {'rgb' if channels == 3 else 'grey'}"


def warn_of_frozen(model: KerasModel) -> None:
    """Says which layers stay as they are in training, since the file has them frozen, as after transfer learning."""
    found = [layer for layer in keras_graph.layers_within(model) if layer.weights]
    names = [layer.name for layer in found if not isinstance(layer, keras.Model) and not layer.trainable]
    if names:
        print(
            f"warning: {len(names)} layers are frozen in the file and stay so, '{names[0]}' among them. "
            "If they are to be trained, set trainable = True and save the model again",
            file=sys.stderr,
        )
