"""Files of Keras 2 and Keras 3, whole models: what they are, and the way to load each."""

import os
import sys

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Document, JsonObject, KerasModel
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.keras_io import archive, keras2, keras3, keras3_comparison, limits, names
from tfl_lite_suite.models.keras_io.listed_arrays import ListedArrays


def load(path: str | os.PathLike[str], classes: Document) -> KerasModel:
    """Loads a model; see `models.load`."""
    archive.check_file(path)
    try:
        version, config, numbers = archive.read(path)
        with limits.numbers_at_most(numbers):
            model = _keras3(path, config) if version.startswith("3.") else _keras2(path, classes)
            if (name := archive.kept_name(path)) is not None:
                names.remember(model, name)
        limits.check_tensors(model)
        if version.startswith("3."):
            keras3_comparison.check(model, path)
    except SuiteError as error:
        raise SuiteError(f"model: {error}") from None
    except KeyError as error:
        raise SuiteError(f"model: '{os.fspath(path)}' is not a whole Keras model: it lacks {error}") from None
    except Exception as error:
        # What Keras and HDF5 raise for bytes of others has no end.
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}".removesuffix(": ")
        raise SuiteError(f"model: '{os.fspath(path)}' is not a Keras model that can be read: {reason}") from error
    _warn_of_numbers(model)
    return model


def _keras2(path: str | os.PathLike[str], classes: Document) -> KerasModel:
    suite = {name: item for name, item in vars(layers).items() if isinstance(item, type)}
    with keras.utils.custom_object_scope({**suite, **classes}):
        return keras2.load(path)


def _keras3(path: str | os.PathLike[str], config: JsonObject) -> KerasModel:
    with archive.arrays(path) as group:
        listed = archive.is_hdf5(path)
        return keras2.plain(keras3.load(config, ListedArrays(group=group) if listed else keras3.ArchiveArrays(group)))


def _warn_of_numbers(model: KerasModel) -> None:
    """Says which layers hold weights that are no numbers, since every answer would be none."""
    own = [layer for layer in keras_graph.layers_within(model) if not isinstance(layer, keras.Model) and layer.weights]
    names = [layer.name for layer in own if not all(np.isfinite(array).all() for array in layer.get_weights())]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(
            f"warning: layer '{names[0]}'{more}: weights hold NaN or infinity. Training diverged, or the file is "
            "damaged; answers mean nothing",
            file=sys.stderr,
        )
