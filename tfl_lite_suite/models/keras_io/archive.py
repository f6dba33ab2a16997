"""What a `.keras` or `.h5` file says of itself, and whether anything in it would run code when loaded.

Keras looks up the classes and functions that a file names in any module that is installed, so a file can name any
function of Python. Here a file may name Keras, TFMOT and the suite only, and nothing in it is executed.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import h5py

from tfl_lite_suite.core import zip_part
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import HdfGroup, JsonObject
from tfl_lite_suite.models.keras_io import claims, hdf5_heap, hdf5_text

WEIGHTS = "model.weights.h5"
_NAME = "tfl_lite_suite_name.txt"
_LONGEST_NAME, _MOST_LAYERS = 1 << 16, 10_000
_CONFIG, _METADATA, _ASSETS = "config.json", "metadata.json", "assets/"
_HDF5, _HDF5_WEIGHTS = b"\x89HDF\r\n\x1a\n", "model_weights"
_LARGEST_JSON, _MOST_PARTS = 1 << 24, 1 << 19
# No `.tflite` file can hold more: its offsets have 31 bits.
_LARGEST = 1 << 31
_MOST_TIMES, _SPARE = 10, 1 << 26
_MOST_ENTRIES, _MOST_OBJECTS, _DEEPEST = 1 << 10, 1 << 18, 100
_MOST_NAMED = 4
_KERAS_PARTS = (
    "layers|initializers|regularizers|constraints|activations|models|engine|mixed_precision|dtype_policies|ops"
)
_MODULES = re.compile(
    rf"keras|tf_keras|(tf_)?keras(\.src)?\.({_KERAS_PARTS})(\.\w+)*"
    r"|tfl_lite_suite\.(models\.(layers|quantizers)|optimize\.quantizers)|tensorflow_model_optimization(\.\w+)*"
)
# TensorFlow's functions that compute and do nothing else; others read and write files or run Python.
_OPERATIONS = re.compile(
    r"(math|nn|__operators__|linalg|image)\.\w+"
    r"|(add|subtract|multiply|divide|maximum|minimum|reshape|transpose|concat|split|stack|unstack|squeeze|expand_dims"
    r"|cast|identity|pad|slice|strided_slice|tile|clip_by_value|reduce_(mean|max|min|sum)|sigmoid|tanh|abs|square|sqrt"
    r"|convert_to_tensor|compat\.v1\.(shape|transpose|pad|nn\.\w+|gather|image\.\w+))"
)
# Activations, by the names that both versions of Keras write.
_FUNCTIONS = frozenset(
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "squareplus swish tanh tanh_shrink threshold".split()
)
# Parts of the networks of `keras.applications`.
_BLOCKS = frozenset(
    (f"{keras}.src.applications.convnext", kind)
    for keras in ("keras", "tf_keras")
    for kind in ("LayerScale", "StochasticDepth")
)
_CODE = ("Lambda", "__lambda__", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "TorchModuleWrapper", "JaxLayer")
_ADVICE = "Build the model with layers of Keras in its place (such as Rescaling or Activation) and save it again"


# By the end of a name: what such files are, and what to do with them.
_OTHERS = {
    ".tflite": "converted already. Give the Keras model that it was made from",
    ".onnx": "an ONNX model. Give a Keras model",
    ".pb": "a graph of TensorFlow without a Keras model. Load it where it was made, and save a Keras model as .keras",
    ".pt": "weights of PyTorch. Rebuild the model in Keras, and save it as .keras",
    ".pth": "weights of PyTorch. Rebuild the model in Keras, and save it as .keras",
}
_AS_KERAS = (
    "Save it as one file, with the Keras that made it: "
    "tf_keras.models.load_model('{path}').save('model.keras') in Keras 2; "
    "model.save('model.keras') of the original model in Keras 3"
)


def check_file(path: str | os.PathLike[str], argument: str = "model") -> None:
    """Raises an `ArgumentError` that says what to do with what is no `.keras` or `.h5` file."""
    name = os.fspath(path)
    if (pathlib.Path(path) / "saved_model.pb").is_file():
        raise ArgumentError(argument, f"'{name}' is a SavedModel, a folder. {_AS_KERAS.format(path=name)}")
    if os.path.isdir(path):
        raise ArgumentError(argument, f"'{name}' is a folder. Give a .keras or .h5 file")
    if not os.path.isfile(path):
        raise ArgumentError(argument, f"no such file '{name}'")
    if is_hdf5(path) or zipfile.is_zipfile(path):
        return
    known = _OTHERS.get(pathlib.Path(path).suffix.lower())
    raise ArgumentError(argument, f"'{name}' is {known or 'not a .keras or .h5 file, or is truncated'}")


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Tells whether a file is HDF5, as `.h5` files are, whatever its name ends in."""
    with open(path, "rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def read(path: str | os.PathLike[str]) -> tuple[str, JsonObject, int]:
    """Returns the version of Keras that wrote a file, the model's configuration, and how many numbers it has.

    Args:
        path: A `.keras` or `.h5` file.

    Raises:
        SuiteError: If the file is not whole, would run code, read other files, or fill the memory.
    """
    kind = ".h5" if is_hdf5(path) else ".keras"
    try:
        version, config, numbers = (_read_hdf5 if kind == ".h5" else _read_archive)(path)
        refused = list(dict.fromkeys(_refused(config, "", 0)))
        if not refused:
            claims.check(config, numbers)
    except (OSError, zipfile.BadZipFile, LookupError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        detail = error.args[0] if isinstance(error, LookupError) else error
        raise SuiteError(f"cannot read '{os.fspath(path)}' as a {kind} file: {detail}") from None
    if refused:
        more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
        raise SuiteError(
            f"'{os.fspath(path)}' has parts that could run code, and they are not loaded: "
            f"{'; '.join(refused[:_MOST_NAMED])}{more}. {_ADVICE}"
        )
    return version, config, numbers


def copy(source: str | os.PathLike[str], target: str | os.PathLike[str], texts: Mapping[str, str]) -> None:
    """Copies a `.keras` file.

    Args:
        source: The file.
        target: The copy.
        texts: Texts in place of the file's own, or beside them, by their names in the archive.
    """
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as made:
        for name in archive.namelist():
            if name not in texts:
                made.writestr(name, archive.read(name))
        for name, text in texts.items():
            made.writestr(name, text)


def keep_name(path: str | os.PathLike[str], name: str) -> None:
    """Notes in a `.keras` file the name that its model had before TensorFlow's rules changed it."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_NAME, name)


def kept_name(path: str | os.PathLike[str]) -> str | None:
    """Returns what `keep_name` noted; `None` where nothing is."""
    if is_hdf5(path):
        return None
    with zipfile.ZipFile(path) as archive:
        if _NAME not in archive.namelist():
            return None
        return zip_part.read(archive, _NAME, _LONGEST_NAME).decode("utf-8", "replace")


def unpack(path: str | os.PathLike[str], weights: pathlib.Path) -> JsonObject | None:
    """Writes the weights of a `.keras` file that `read` has nothing against into a file of their own.

    Args:
        path: The file.
        weights: Where to.

    Returns:
        The model's configuration; `None` where only Keras can put the parts together again: an `.h5` file, objects that
        several layers share, and files that belong to layers.
    """
    if is_hdf5(path):
        return None
    most = _most_bytes(os.path.getsize(path))
    with zipfile.ZipFile(path) as archive:
        text = zip_part.read(archive, _CONFIG, most)
        if b'"shared_object_id"' in text or any(name.startswith(_ASSETS) for name in archive.namelist()):
            return None
        weights.write_bytes(zip_part.read(archive, WEIGHTS, most))
    return _without_training(_parsed(text, _CONFIG))


@contextlib.contextmanager
def arrays(path: str | os.PathLike[str]) -> Iterator[HdfGroup]:
    """Opens the group of a file that `read` has nothing against in which its arrays lie."""
    if is_hdf5(path):
        with h5py.File(path, "r") as file:
            yield file[_HDF5_WEIGHTS]
        return
    with zipfile.ZipFile(path) as archive:
        content = zip_part.read(archive, WEIGHTS, _most_bytes(os.path.getsize(path)))
    with h5py.File(io.BytesIO(content), "r") as file:
        yield file


def _read_archive(path: str | os.PathLike[str]) -> tuple[str, JsonObject, int]:
    most = _most_bytes(os.path.getsize(path))
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise ValueError(f"it has {len(entries):,} parts, at most {_MOST_ENTRIES} are read")
        total = sum(entry.file_size for entry in entries)
        if total > most:
            raise ValueError(f"it would unpack to {total:,} bytes, at most {most:,} are read of a file of its size")
        metadata, config = (_parsed(zip_part.read(archive, name, most), name) for name in (_METADATA, _CONFIG))
        weights = zip_part.read(archive, WEIGHTS, most)
    hdf5_heap.check(weights)
    with h5py.File(io.BytesIO(weights), "r") as file:
        numbers = _checked_numbers(file, most)
    return str(metadata["keras_version"]), _without_training(config), numbers


def _read_hdf5(path: str | os.PathLike[str]) -> tuple[str, JsonObject, int]:
    numbers = check_hdf5(path)
    with h5py.File(path, "r") as file:
        config = hdf5_text.of(file, "model_config")
        if not config:
            held = "weights only" if "layer_names" in file.attrs or "layers" in file else "no Keras model"
            raise ValueError(f"it holds {held}. Build the model, load them, and save it whole: model.save('m.keras')")
        version = hdf5_text.of(file, "keras_version") or ["2"]
        if _HDF5_WEIGHTS not in file:
            raise KeyError(f"it has no group '{_HDF5_WEIGHTS}'")
    return version[0], _without_training(_parsed(config[0], "model_config")), numbers


def check_hdf5(path: str | os.PathLike[str]) -> int:
    """Checks that the arrays of a file can be read without harm, and returns how many numbers they have.

    Raises:
        ValueError: If they lie elsewhere, would fill the memory, or the file is damaged.
    """
    hdf5_heap.check_file(path)
    with h5py.File(path, "r") as file:
        return _checked_numbers(file, _most_bytes(os.path.getsize(path)))


def _without_training(config: JsonObject) -> JsonObject:
    return {key: value for key, value in config.items() if key != "compile_config"}


def _most_bytes(file_bytes: int) -> int:
    """Returns how much a file may unpack to: weights hardly shrink, and what does would fill the memory."""
    return min(_LARGEST, _MOST_TIMES * file_bytes + _SPARE)


def _parsed(text: bytes | str, name: str) -> JsonObject:
    if len(text) > _LARGEST_JSON:
        raise ValueError(f"{name} has {len(text):,} characters, at most {_LARGEST_JSON:,} are read")
    letters = text.encode() if isinstance(text, str) else text
    parts = letters.count(b"{") + letters.count(b"[")
    if parts > _MOST_PARTS:
        raise ValueError(f"{name} has {parts:,} objects and lists, at most {_MOST_PARTS:,} are read")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"{name} is nested more than {_DEEPEST} deep") from None
    if not isinstance(value, dict):
        raise ValueError(f"{name} holds no object")
    return value


def _checked_numbers(file: HdfGroup, most: int) -> int:
    """Returns how many numbers the arrays of a file have.

    Raises:
        ValueError: If arrays lie in other files, unpack to more than `most` bytes, or are linked more than once.
    """
    total = numbers = 0
    groups, seen = [file], {_address(file)}
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"the array '{name}' is a link to elsewhere")
            item = group[name]
            address = _address(item)
            if address in seen:
                raise ValueError(f"'{name}' is linked more than once")
            seen.add(address)
            if len(seen) > _MOST_OBJECTS:
                raise ValueError(f"it has more than {_MOST_OBJECTS:,} arrays and groups")
            if isinstance(item, h5py.Group):
                groups.append(item)
            elif not isinstance(item, h5py.Dataset):
                raise ValueError(f"'{name}' is neither an array nor a group")
            elif item.is_virtual or item.external:
                raise ValueError(f"the array '{name}' lies in another file")
            elif item.dtype.kind == "O":
                raise ValueError(f"the array '{name}' holds texts or references, not numbers")
            else:
                total += item.nbytes
                numbers += item.size
            if total > most:
                raise ValueError(f"its arrays unpack to more than {most:,} bytes, the most for a file of its size")
    return numbers


def _address(item: Any) -> Any:
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr


def _refused(value: object, layer: str, depth: int) -> list[str]:
    """Returns a line for each part that names code, with the layer that it belongs to."""
    if depth > _DEEPEST:
        raise ValueError(f"its configuration is nested more than {_DEEPEST} deep")
    if isinstance(value, list):
        if len(value) > _MOST_LAYERS and any(isinstance(item, dict) and "class_name" in item for item in value):
            raise ValueError(f"it has a list of {len(value):,} layers, at most {_MOST_LAYERS:,} are built")
        return [line for item in value for line in _refused(item, layer, depth + 1)]
    if not isinstance(value, dict):
        return []
    kind, config = value.get("class_name"), value.get("config")
    if kind is not None and isinstance(config, dict) and isinstance(config.get("name"), str):
        layer = config["name"]
    found = _reason(value, kind, config)
    if found:
        return [f"layer '{layer}' ({found})"]
    return [line for item in value.values() for line in _refused(item, layer, depth + 1)]


def _reason(value: JsonObject, kind: object, config: object) -> str:
    """Returns what a configuration names that must not be loaded; empty if nothing."""
    if kind is None:
        return ""
    if kind in _CODE:
        return f"{kind}: Python code"
    if kind in ("TFOpLambda", "SlicingOpLambda"):
        function = str(config.get("function")) if isinstance(config, dict) else ""
        return "" if _OPERATIONS.fullmatch(function) else f"{kind}: '{function}' is not a plain computation"
    if kind == "function":
        return "" if isinstance(config, str) and config in _FUNCTIONS else f"function '{config}'"
    module = value.get("module")
    known = module is None or _MODULES.fullmatch(str(module)) or (str(module), str(kind)) in _BLOCKS
    return "" if known and re.fullmatch(r"(tfl_lite_suite>)?\w+", str(kind)) else f"{module}.{kind}"
