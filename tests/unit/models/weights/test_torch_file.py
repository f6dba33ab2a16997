import collections
import os
import pickle
import struct

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.weights import torch_file


class _Named:
    """Pickles as a reference to a module's attribute without importing it."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class _Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class _Storage(tuple):
    pass


class _Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return tuple(value) if isinstance(value, _Storage) else None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, _Named):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, _Call):
            self.save(value.function)
            self.save(tuple(value.arguments))
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)


def _tensor(key, array, shape=None, strides=None, offset=0, count=None, kind="FloatStorage"):
    shape = shape or array.shape
    strides = strides or tuple(stride // array.itemsize for stride in array.strides)
    storage = _Storage(("storage", _Named("torch", kind), key, "cpu", count or array.size, None))
    return _Call(
        _Named("torch._utils", "_rebuild_tensor_v2"), storage, offset, shape, strides, False, collections.OrderedDict()
    )


def _write(path, state, storages=()):
    with open(path, "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, state, [key for key, _ in storages]):
            _Pickler(file, 2).dump(value)
        for _, array in storages:
            file.write(struct.pack("<q", array.size) + array.tobytes())
    return path


def test_reads_tensors_of_any_strides_and_shared_storages(tmp_path):
    values = np.arange(24, dtype=np.float32)
    steps = np.array([7], np.int64)
    state = collections.OrderedDict(
        turned=_tensor("a", values, shape=(2, 3, 4), strides=(1, 8, 2)),
        tail=_tensor("a", values, shape=(4,), strides=(1,), offset=20),
        steps=_tensor("b", steps, shape=(1,), strides=(1,), kind="LongStorage"),
    )
    read = torch_file.read(_write(tmp_path / "w.pth", state, [("a", values), ("b", steps)]))
    assert list(read) == ["turned", "tail", "steps"]
    np.testing.assert_array_equal(read["turned"], values.reshape(3, 4, 2).transpose(2, 0, 1))
    np.testing.assert_array_equal(read["tail"], [20, 21, 22, 23])
    assert read["steps"].dtype == np.int64


@pytest.mark.parametrize(
    "call",
    [
        _Call(_Named("os", "system"), "touch pwned"),
        _Call(_Named("builtins", "eval"), "open('pwned', 'w')"),
        _Call(_Named("torch._utils", "_rebuild_tensor"), "x"),
        _Call(_Named("numpy.core.multiarray", "_reconstruct"), "x"),
    ],
)
def test_hostile_file_is_refused_and_runs_nothing(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    path = _write(tmp_path / "w.pth", {"weight": call})
    with pytest.raises(SuiteError, match="refused"):
        torch_file.read(path)
    assert os.listdir(tmp_path) == ["w.pth"]


@pytest.mark.parametrize(
    "tensor",
    [
        {"shape": (100,), "strides": (1,)},
        {"shape": (2, 2), "strides": (1, 50)},
        {"shape": (1 << 40,), "strides": (0,)},
        {"shape": (4,), "strides": (1,), "offset": 5},
        {"shape": (4,), "strides": (1,), "offset": -1},
        {"shape": (-4,), "strides": (1,)},
        {"shape": (4,), "strides": (1, 1)},
    ],
)
def test_tensor_outside_of_its_storage_is_refused(tmp_path, tensor):
    values = np.zeros(8, np.float32)
    path = _write(tmp_path / "w.pth", {"weight": _tensor("a", values, **tensor)}, [("a", values)])
    with pytest.raises(SuiteError):
        torch_file.read(path)


def test_truncated_and_foreign_files_are_one_clear_error(tmp_path):
    values = np.ones(64, np.float32)
    whole = _write(tmp_path / "w.pth", {"weight": _tensor("a", values)}, [("a", values)]).read_bytes()
    assert torch_file.read(tmp_path / "w.pth")["weight"].sum() == 64
    for end in range(0, len(whole), 7):
        (tmp_path / "cut.pth").write_bytes(whole[:end])
        with pytest.raises(SuiteError, match="cut.pth"):
            torch_file.read(tmp_path / "cut.pth")
    for content in (b"", b"hello\n" * 100, b"PK\x03\x04" + bytes(100), pickle.dumps([1, 2])):
        (tmp_path / "other.pth").write_bytes(content)
        with pytest.raises(SuiteError, match="other.pth"):
            torch_file.read(tmp_path / "other.pth")
    with pytest.raises(SuiteError, match="no such file"):
        torch_file.read(tmp_path / "absent.pth")


def test_storage_of_another_length_than_announced_is_refused(tmp_path):
    values = np.zeros(8, np.float32)
    path = _write(tmp_path / "w.pth", {"weight": _tensor("a", values, count=1 << 40)}, [("a", values)])
    with pytest.raises(SuiteError, match="announced"):
        torch_file.read(path)
