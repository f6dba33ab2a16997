"""Whether a model of Keras 3, rebuilt on Keras 2, answers as Keras 3 does; checked where that is installed.

Keras 3 is loaded into the same process, beside Keras 2: it takes about a second, for a second TensorFlow would take
four.
"""

import os
import pathlib
import tempfile

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.framework import keras, native_messages, newest_keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel
from tfl_lite_suite.models.keras_io import archive

# Of the greatest answer. Float rounding of deep networks is a hundredth of it.
_TOLERANCE, _HALF_PRECISION = 1e-3, 3e-2


def check(model: KerasModel, path: str | os.PathLike[str]) -> None:
    """Raises a `SuiteError` if a rebuilt model does not answer as its file does.

    Args:
        model: The model on Keras 2.
        path: The file that Keras 3 wrote, which `archive.read` has nothing against.
    """
    original = _original(path)
    if original is None or len(model.inputs) != 1:
        return
    values = _values(original.inputs[0], model.inputs[0])
    expected, received = _answers(original, values), _answers(model, values)
    worst = max(map(_difference, expected, received), default=0.0)
    limit = _HALF_PRECISION if _is_half(original) else _TOLERANCE
    if len(expected) != len(received) or not worst <= limit:
        raise SuiteError(
            f"'{os.fspath(path)}' answers otherwise when it is rebuilt on Keras 2, by up to {percent(worst, 1)} of its "
            f"greatest score{_first_wrong(original, model, values, limit)}. It is not used. Save the model with "
            "Keras 2 (tf-keras)"
        )


def _original(path: str | os.PathLike[str]) -> KerasModel:
    """Returns the model of Keras 3; `None` where that is not installed, or cannot load it."""
    try:
        with native_messages(), tempfile.TemporaryDirectory() as folder:
            newer = newest_keras()
            if newer is None or newer.backend.backend() != "tensorflow":
                return None
            # Keras tells the format by the name.
            link = pathlib.Path(folder) / f"model{'.h5' if archive.is_hdf5(path) else '.keras'}"
            link.symlink_to(pathlib.Path(path).absolute())
            return newer.models.load_model(link, compile=False, safe_mode=True)
    except Exception:  # Of another version, or with layers of the suite: there is nothing to compare with.
        return None


def _values(original: KerasModel, own: KerasModel) -> Array:
    """Returns inputs of both usual ranges, 0 to 255 and 0 to 1, in the order of the batch."""
    shape = [side or 64 for side in own.shape[1:]]
    values = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype(np.float32)
    if "int" in str(original.dtype) or len(shape) != 3:
        return values % 2 if len(shape) != 3 else values
    return np.concatenate([values, values / 255])


def _answers(model: KerasModel, values: Array) -> list[Array]:
    tensor = model.inputs[0]
    given = tf.cast(values, str(getattr(tensor.dtype, "name", tensor.dtype)))
    structure = getattr(model, "_inputs_struct", None)
    given = {next(iter(structure)): given} if isinstance(structure, dict) else given
    return [np.asarray(tf.cast(output, tf.float32)) for output in tf.nest.flatten(model(given, training=False))]


def _difference(expected: Array, received: Array) -> float:
    """Returns the greatest difference as a share of the greatest value, which each half of the batch has its own of."""
    if expected.shape != received.shape:
        return float("inf")
    shares = []
    for one, other in zip(np.array_split(expected, 2), np.array_split(received, 2), strict=True):
        largest = float(np.abs(one[np.isfinite(one)]).max(initial=0.0))
        apart = np.where(np.isclose(one, other, equal_nan=True), 0.0, np.abs(one - other))
        shares.append(float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0)) / max(largest, 1e-6))
    return max(shares)


def _is_half(original: KerasModel) -> bool:
    return any("16" in str(layer.compute_dtype) for layer in original._flatten_layers())


def _first_wrong(original: KerasModel, model: KerasModel, values: Array, limit: float) -> str:
    """Names the first layer whose output differs, where both models have layers of the same names."""
    own = {layer.name: layer for layer in model.layers}
    shared = [layer for layer in original.layers if layer.name in own]
    newer: KerasLayer = newest_keras()
    try:
        pair = [
            constructor(whole.inputs, [layer.output for layer in layers])
            for constructor, whole, layers in (
                (newer.Model, original, shared),
                (keras.Model, model, [own[layer.name] for layer in shared]),
            )
        ]
        outputs = [_answers(probe, values) for probe in pair]
    except (AttributeError, TypeError, ValueError, LookupError):
        return ""
    for layer, expected, received in zip(shared, *outputs, strict=False):
        if _difference(expected, received) > limit:
            return f", from layer '{layer.name}' ({type(layer).__name__}) on"
    return ""
