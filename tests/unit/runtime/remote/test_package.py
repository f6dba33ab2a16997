import io
import pathlib
import subprocess
import sys
import zipfile

import pytest

from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.remote import package


def test_the_wheel_is_the_running_suite(tmp_path):
    content = package.wheel()
    assert package.digest(content) == package.digest(package.wheel())
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
    code = (
        "import importlib.metadata as m, tfl_lite_suite.core as c; print(c.__file__, len(m.requires('tfl-lite-suite')))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    path, count = done.stdout.split()
    assert pathlib.Path(path).is_relative_to(tmp_path) and int(count) == len(package_requirements.own())


def test_equal_files_make_equal_archives():
    first, second = package.archive({"a": b"1", "b": b"2"}), package.archive({"b": b"2", "a": b"1"})
    assert first == second != package.archive({"a": b"1", "b": b"3"})


def test_what_a_device_requires():
    old, new = package.required((3, 11)), package.required((3, 13))
    for found in (old, new):
        assert any(line.startswith("ai-edge-litert") for line in found)
    assert not any(line.startswith(("tensorflow", "tf-keras")) for line in [*old, *new])
    added = set(package.required((3, 11), ["tflite-runtime"])) - set(old)
    assert any(line.startswith("tflite-runtime") for line in added)


def test_what_a_device_cannot_have():
    with pytest.raises(SuiteError, match="the device has Python 3.9; the suite needs"):
        package.required((3, 9))
    with pytest.raises(SuiteError, match="no tflite-runtime for the device's Python 3.13"):
        package.required((3, 13), ["tflite-runtime"])
