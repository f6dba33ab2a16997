"""What a `.keras` file says of itself, and whether anything in it would run code when loaded.

Keras looks up the classes and functions that a file names in any module that is installed, so a file can name any
function of Python. Here a file may name Keras, TFMOT and the suite only, and nothing in it is executed.
"""

import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import h5py

from tfl_lite_suite.core.errors import SuiteError

WEIGHTS = "model.weights.h5"
_CONFIG, _METADATA = "config.json", "metadata.json"
_LARGEST_JSON = 1 << 27
# No `.tflite` file can hold more: its offsets have 31 bits.
_LARGEST_WEIGHTS = 1 << 31
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
_CODE = ("Lambda", "__lambda__", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "TorchModuleWrapper", "JaxLayer")
_ADVICE = "Build the model with layers of Keras in its place (such as Rescaling or Activation) and save it again"


def read(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any]]:
    """Returns the version of Keras that wrote a file, and the model's configuration.

    Args:
        path: A `.keras` file.

    Raises:
        SuiteError: If the file is not a whole `.keras` file, would run code, read other files, or fill the memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            metadata, config = (_json(archive, name) for name in (_METADATA, _CONFIG))
            weights = _unpacked(archive, WEIGHTS, _LARGEST_WEIGHTS)
        with h5py.File(io.BytesIO(weights), "r") as file:
            _check_arrays(file)
        version = str(metadata["keras_version"])
        config = {key: value for key, value in config.items() if key != "compile_config"}
    except (OSError, zipfile.BadZipFile, LookupError, ValueError, RuntimeError) as error:
        detail = error.args[0] if isinstance(error, LookupError) else error
        raise SuiteError(f"cannot read '{os.fspath(path)}' as a .keras file: {detail}") from None
    refused = list(dict.fromkeys(_refused(config, "")))
    if refused:
        more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
        raise SuiteError(
            f"'{os.fspath(path)}' has parts that could run code, and they are not loaded: "
            f"{'; '.join(refused[:_MOST_NAMED])}{more}. {_ADVICE}"
        )
    return version, config


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


def _unpacked(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    size = archive.getinfo(name).file_size
    if size > most:
        raise ValueError(f"{name} would unpack to {size:,} bytes, at most {most:,} are read")
    return archive.read(name)


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    value = json.loads(_unpacked(archive, name, _LARGEST_JSON))
    if not isinstance(value, dict):
        raise ValueError(f"{name} holds no object")
    return value


def _check_arrays(file: Any) -> None:
    """Raises `ValueError` if arrays lie in other files, or would unpack to more than memory should hold."""
    total, groups = 0, [file]
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{WEIGHTS}: '{name}' is a link to elsewhere")
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append(item)
                continue
            if item.is_virtual or item.external:
                raise ValueError(f"{WEIGHTS}: the array '{name}' lies in another file")
            total += item.nbytes
            if total > _LARGEST_WEIGHTS:
                raise ValueError(f"{WEIGHTS} would unpack to more than {_LARGEST_WEIGHTS:,} bytes")


def _refused(value: Any, layer: str) -> list[str]:
    """Returns a line for each part that names code, with the layer that it belongs to."""
    if isinstance(value, list):
        return [line for item in value for line in _refused(item, layer)]
    if not isinstance(value, dict):
        return []
    kind, config = value.get("class_name"), value.get("config")
    if kind is not None and isinstance(config, dict) and isinstance(config.get("name"), str):
        layer = config["name"]
    found = _reason(value, kind, config)
    if found:
        return [f"layer '{layer}' ({found})"]
    return [line for item in value.values() for line in _refused(item, layer)]


def _reason(value: dict[str, Any], kind: Any, config: Any) -> str:
    """Returns what a configuration names that must not be loaded; empty if nothing."""
    if kind is None:
        return ""
    if kind in _CODE:
        return f"{kind}: Python code"
    if kind in ("TFOpLambda", "SlicingOpLambda"):
        function = str(config.get("function")) if isinstance(config, dict) else ""
        return "" if _OPERATIONS.fullmatch(function) else f"{kind}: '{function}' is not a plain computation"
    if kind == "function":
        return "" if config in _FUNCTIONS else f"function '{config}'"
    module = value.get("module")
    known = module is None or _MODULES.fullmatch(str(module))
    return "" if known and re.fullmatch(r"\w+", str(kind)) else f"{module}.{kind}"
