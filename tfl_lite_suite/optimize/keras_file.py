"""Reading and writing `.keras` files, with every layer class of the suite and of TFMOT known."""

import os
import pathlib
import zipfile
from typing import Any

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.optimize.quantizers import CUSTOM_OBJECTS
from tfl_lite_suite.results import atomic_path


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes a `.keras` file whole or not at all."""
    with atomic_path(path) as temporary:
        model.save(temporary, save_format="keras")


def load(path: str | os.PathLike[str]) -> Any:
    """Reads a Keras model.

    Args:
        path: A `.keras` file that Keras 2 (`tf-keras`) wrote.

    Returns:
        The model.

    Raises:
        SuiteError: If the file is missing, broken, holds code, or was made by something else.
    """
    if not pathlib.Path(path).is_file():
        raise SuiteError(f"--model: no such file '{path}'")
    if not zipfile.is_zipfile(path):
        raise SuiteError(f"--model: '{path}' is not a .keras file, or is truncated")
    try:
        with keras.utils.custom_object_scope({**CUSTOM_OBJECTS, **_suite_layers()}):
            return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise SuiteError(f"--model: cannot read '{path}': {type(error).__name__}: {str(error)[:300]}") from error


def _suite_layers() -> dict[str, Any]:
    return {
        name: item
        for name, item in vars(layers).items()
        if isinstance(item, type) and item.__module__ == layers.__name__
    }
