"""The networks, one module an architecture; names are discovered from the folder `architectures`."""

import functools
import importlib
import os
import pathlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tfl_lite_suite.core import errors
from tfl_lite_suite.core.files import is_keras_file
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.models import architectures

if TYPE_CHECKING:
    from tfl_lite_suite.core.framework import keras

SMALLEST_SIDE = 32


def _smallest_sides() -> Mapping[str, int]:
    """Returns each network's least height and width: the modules of `architectures` that define `build`."""
    return _read_sides(tuple(architectures.__path__))


@functools.cache
def _read_sides(folders: tuple[str, ...]) -> Mapping[str, int]:
    """Reads the modules as text, because importing them would load TensorFlow."""
    sides = {}
    for path in sorted(path for folder in folders for path in pathlib.Path(folder).glob("[a-z]*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^(def build\(|build = )", text, re.MULTILINE):
            own = re.search(r"^SMALLEST_SIDE = (\d+)$", text, re.MULTILINE)
            sides[path.stem] = int(own[1]) if own else SMALLEST_SIDE
    return sides


def names() -> tuple[str, ...]:
    """Returns the name of every network."""
    return tuple(_smallest_sides())


def check_name(name: str, key: str = "model.name") -> None:
    """Raises a `SuiteError` that gives the nearest match unless `name` is a network."""
    if name not in names():
        raise errors.unknown_argument(key, name, names(), "network")


def check_weights(weights: str, key: str = "model.weights") -> None:
    """Raises a `SuiteError` unless `weights` is `none`, `imagenet` or an existing file."""
    if weights not in ("none", "imagenet") and not os.path.isfile(weights):
        raise errors.SuiteError(
            f"{key}: expected none, imagenet or a weights file. Received: '{weights}', no such file"
        )


def check_side(name: str, height: int, width: int) -> None:
    """Raises a `SuiteError` if `name` is no network, or pictures are too small for it."""
    check_name(name)
    least = _smallest_sides()[name]
    if min(height, width) < least:
        raise errors.SuiteError(
            f"resolution: {name} takes images of at least {least}x{least} pixels. Received: {height}x{width}"
        )


def check_values(
    name: str, image_shape: tuple[int, int, int], num_classes: int, alpha: float, dropout: float = 0.0
) -> None:
    """Raises a `SuiteError` if an argument of `build` is out of range."""
    height, width, channels = image_shape
    check_side(name, height, width)
    if channels not in (1, 3):
        raise errors.SuiteError(f"channels: expected 1 (grey) or 3 (RGB). Received: {channels}")
    if num_classes < 1:
        raise errors.SuiteError(f"classes: expected at least 1. Received: {num_classes}")
    if not 0.05 <= alpha <= 4:
        raise errors.SuiteError(f"model.alpha: expected a width multiplier from 0.05 to 4. Received: {alpha}")
    if not 0 <= dropout < 1:
        raise errors.SuiteError(f"model.dropout: expected a share from 0 to below 1. Received: {dropout}")


def build(
    name: str,
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    weights: str = "none",
) -> "keras.Model":
    """Builds a network by its name.

    Args:
        name: One of `names()`.
        image_shape: `(height, width, channels)`, in pixels; sides of at least 32 (`micro`: 16), 1 channel
            (grey) or 3 (RGB).
        num_classes: Length of the logits vector.
        alpha: Width multiplier, greater than 0.
        dropout: Share of features dropped before the classifier, in [0, 1).
        weights: `none`, `imagenet`, or a weights file; see `weights.find`.

    Returns:
        A model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits `(batch, num_classes)`.

    Raises:
        SuiteError: If a value is out of range, or the weights cannot be had or do not fit.
    """
    check_name(name)
    check_weights(weights)
    check_values(name, image_shape, num_classes, alpha, dropout)
    module = importlib.import_module(f"{__name__}.architectures.{name}")
    if weights == "none":
        return module.build(image_shape, num_classes, alpha=alpha, dropout=dropout)
    from tfl_lite_suite.models.weights import pretrained

    source = pretrained.find(name, image_shape, alpha, weights)
    model = module.build(image_shape, num_classes, alpha=alpha, dropout=dropout, conventions=source.conventions)
    pretrained.load_into(model, source)
    return model


def is_file(name: str) -> bool:
    """Tells whether a `--model` that can be a network's name is meant as a file or a folder."""
    return name not in names() and (is_keras_file(name) or os.sep in name or os.path.exists(name))


def check_file(path: str | os.PathLike[str], argument: str = "model") -> None:
    """Raises an `ArgumentError` that says why a `.keras` or `.h5` file will not be loaded; TensorFlow is not needed."""
    from tfl_lite_suite.models.keras_io import archive

    archive.check_file(path, argument)
    try:
        archive.read(path)
    except errors.SuiteError as error:
        raise errors.ArgumentError(argument, str(error)) from None


def load(path: str | os.PathLike[str], classes: Document | None = None) -> "keras.Model":
    """Loads a `.keras` or `.h5` file of Keras 2 or 3, with the suite's layers known. No code in it is run.

    Args:
        path: The file.
        classes: Further classes that the file may hold, by their names.

    Returns:
        The model, not compiled; one of Keras 3 is rebuilt on Keras 2, and answers as there where Keras 3 is installed.

    Raises:
        SuiteError: If there is no such file, it is no Keras model, it holds code, or a layer has no counterpart.
    """
    from tfl_lite_suite.models.keras_io import files

    return files.load(path, classes or {})
