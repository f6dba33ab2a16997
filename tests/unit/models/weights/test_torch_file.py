import collections
import os
import pickle
import zipfile

import numpy as np
import pytest
from torch_files import Call, Named, tensor, write_legacy, write_zip

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.weights import torch_file

FORMATS = pytest.mark.parametrize("write", [write_legacy, write_zip])


@FORMATS
def test_reads_tensors_of_any_strides_and_shared_storages(tmp_path, write):
    values = np.arange(24, dtype=np.float32)
    steps = np.array([7], np.int64)
    state = collections.OrderedDict(
        turned=tensor("a", values, shape=(2, 3, 4), strides=(1, 8, 2)),
        tail=tensor("a", values, shape=(4,), strides=(1,), offset=20),
        steps=tensor("b", steps, shape=(1,), strides=(1,), kind="LongStorage"),
    )
    read = torch_file.read(write(tmp_path / "w.pth", state, [("a", values), ("b", steps)]))
    assert list(read) == ["turned", "tail", "steps"]
    np.testing.assert_array_equal(read["turned"], values.reshape(3, 4, 2).transpose(2, 0, 1))
    np.testing.assert_array_equal(read["tail"], [20, 21, 22, 23])
    assert read["steps"].dtype == np.int64


def test_reads_parameters(tmp_path):
    values = np.arange(4, dtype=np.float32)
    parameter = Call(Named("torch._utils", "_rebuild_parameter"), tensor("a", values), True, collections.OrderedDict())
    read = torch_file.read(write_zip(tmp_path / "w.pth", {"weight": parameter}, [("a", values)]))
    np.testing.assert_array_equal(read["weight"], values)


@FORMATS
@pytest.mark.parametrize(
    "call",
    [
        Call(Named("os", "system"), "touch pwned"),
        Call(Named("builtins", "eval"), "open('pwned', 'w')"),
        Call(Named("torch._utils", "_rebuild_tensor"), "x"),
        Call(Named("numpy.core.multiarray", "_reconstruct"), "x"),
    ],
)
def test_hostile_file_is_refused_and_runs_nothing(tmp_path, monkeypatch, call, write):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "w.pth", {"weight": call})
    with pytest.raises(SuiteError, match="refused"):
        torch_file.read(path)
    assert os.listdir(tmp_path) == ["w.pth"]


@FORMATS
@pytest.mark.parametrize(
    "described",
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
def test_tensor_outside_of_its_storage_is_refused(tmp_path, described, write):
    values = np.zeros(8, np.float32)
    path = write(tmp_path / "w.pth", {"weight": tensor("a", values, **described)}, [("a", values)])
    with pytest.raises(SuiteError):
        torch_file.read(path)


@FORMATS
def test_truncated_and_foreign_files_are_one_clear_error(tmp_path, write):
    values = np.ones(64, np.float32)
    whole = write(tmp_path / "w.pth", {"weight": tensor("a", values)}, [("a", values)]).read_bytes()
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


@FORMATS
def test_storage_of_another_length_than_announced_is_refused(tmp_path, write):
    values = np.zeros(8, np.float32)
    path = write(tmp_path / "w.pth", {"weight": tensor("a", values, count=1 << 40)}, [("a", values)])
    with pytest.raises(SuiteError, match="announced"):
        torch_file.read(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"byteorder": b"big"}, "byte order"), ({"compression": zipfile.ZIP_DEFLATED}, "compressed")],
)
def test_archives_that_pytorch_does_not_write_are_refused(tmp_path, options, message):
    values = np.zeros(8, np.float32)
    path = write_zip(tmp_path / "w.pth", {"weight": tensor("a", values)}, [("a", values)], **options)
    with pytest.raises(SuiteError, match=message):
        torch_file.read(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(SuiteError, match="no data.pkl"):
        torch_file.read(tmp_path / "w.pth")
