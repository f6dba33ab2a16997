"""Reads the tensors of a PyTorch file without PyTorch and without running anything that the file says.

Both formats are read: the legacy one, pickles and tensors one after the other, and since PyTorch 1.6 a ZIP archive with
one pickle and a member for each storage.

A pickle is a program. Of what it may call, this reader knows an ordered dictionary and the description of a tensor;
anything else is refused, so a hostile file can at worst describe tensors.
"""

import collections
import dataclasses
import io
import math
import os
import pickle
import struct
import zipfile
from typing import Any, BinaryIO

import numpy as np

from tfl_lite_suite.core import zip_part
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, KerasObject, Tensor, TensorShape

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_ZIP = b"PK\x03\x04"
_STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
}


@dataclasses.dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype
    count: int


@dataclasses.dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Reads a state dictionary saved by PyTorch, in either format.

    Args:
        path: A `.pth` file.

    Returns:
        Arrays by name, in the file's order.

    Raises:
        SuiteError: If the file is damaged, is another format, or holds anything but tensors.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(len(_ZIP))
            file.seek(0)
            return _read_zip(file) if start == _ZIP else _read_legacy(file)
    except FileNotFoundError:
        raise SuiteError(f"weights: no such file '{path}'") from None
    except SuiteError as error:
        raise SuiteError(f"weights: '{path}': {error}") from None
    except (pickle.UnpicklingError, struct.error, ValueError, TypeError, KeyError, IndexError, EOFError) as error:
        raise SuiteError(f"weights: '{path}' is not a PyTorch file: {' '.join(str(error).split())}") from None
    except (AttributeError, RuntimeError, MemoryError, OverflowError, OSError, zipfile.BadZipFile) as error:
        raise SuiteError(f"weights: '{path}' is damaged: {' '.join(str(error).split())}") from None


def _read_zip(file: BinaryIO) -> dict[str, Array]:
    with zipfile.ZipFile(file) as archive:
        members = {member.filename: member for member in archive.infolist()}
        pickles = [name for name in members if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise SuiteError("not a PyTorch file: it holds no data.pkl")

        def content(name: str) -> bytes:
            member = members[name]
            # PyTorch never compresses; what is stored as it is cannot be larger than the file.
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise SuiteError(f"refused: '{name}' is compressed")
            return zip_part.read(archive, name, member.file_size)

        root = pickles[0].removesuffix("data.pkl")
        if f"{root}byteorder" in members and content(f"{root}byteorder") != b"little":
            raise SuiteError("byte order not supported")
        tensors = _tensors(_load(io.BytesIO(content(pickles[0]))))
        storages: dict[str, Array] = {}
        for storage in (tensor.storage for tensor in tensors.values()):
            if storage.key in storages:
                continue
            data = content(f"{root}data/{storage.key}")
            if len(data) != storage.count * storage.dtype.itemsize:
                raise SuiteError(f"storage {storage.key}: {len(data)} bytes, {storage.count} values announced")
            storages[storage.key] = np.frombuffer(data, storage.dtype)
    return {name: _array(tensor, storages[tensor.storage.key]) for name, tensor in tensors.items()}


def _tensors(state: object) -> dict[str, _Tensor]:
    if not isinstance(state, dict):
        raise SuiteError("expected a dictionary of tensors")
    tensors = {name: value for name, value in state.items() if isinstance(value, _Tensor)}
    if len(tensors) != len(state) or not all(isinstance(name, str) for name in tensors):
        raise SuiteError("expected a dictionary of tensors only")
    return tensors


def _read_legacy(file: BinaryIO) -> dict[str, Array]:
    if _load(file) != _MAGIC or _load(file) != _PROTOCOL:
        raise SuiteError("not a PyTorch file")
    system = _load(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise SuiteError("byte order not supported")
    tensors = _tensors(_load(file))
    described = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {}
    for key in _load(file):
        # Storages stand in the file in this order; one that no tensor uses cannot be skipped, its type is not known.
        storage = described[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.count:
            raise SuiteError(f"storage {key}: {count} values, {storage.count} announced")
        size = count * storage.dtype.itemsize
        data = file.read(size)
        if len(data) != size:
            raise SuiteError("the file ends early")
        storages[key] = np.frombuffer(data, storage.dtype)
    return {name: _array(tensor, storages[tensor.storage.key]) for name, tensor in tensors.items()}


def _array(tensor: _Tensor, values: Array) -> Array:
    if len(tensor.shape) != len(tensor.strides) or min((tensor.offset, *tensor.shape, *tensor.strides)) < 0:
        raise SuiteError("tensor with an impossible shape")
    last = sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    count = math.prod(tensor.shape)
    if count and (tensor.offset + last >= len(values) or count > len(values)):
        raise SuiteError("tensor outside of its storage")
    if not count:
        return np.zeros(tensor.shape, values.dtype)
    steps = tuple(stride * values.itemsize for stride in tensor.strides)
    view = np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, steps, writeable=False)
    return view.copy()


def _load(file: BinaryIO) -> Any:
    return _TensorsOnly(file).load()


class _TensorsOnly(pickle.Unpickler):
    """Admits tensors, their storages and ordered dictionaries."""

    def find_class(self, module: str, name: str) -> KerasObject:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        raise SuiteError(f"refused: the file wants to load '{module}.{name}', which is no tensor")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, count, *view = pid
        if kind != "storage" or view not in ([], [None]) or not isinstance(dtype, np.dtype) or not isinstance(key, str):
            raise SuiteError("refused: an unknown kind of reference")
        return _Storage(key, dtype, int(count))


def _rebuild_tensor(storage: Any, offset: int, shape: TensorShape, strides: Any, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise SuiteError("tensor without a storage")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _rebuild_parameter(tensor: Tensor, *_: object) -> Any:
    """Returns the tensor of a parameter."""
    return tensor
