import errno
import json
import os
import pathlib
import resource
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

from tfl_lite_suite.core import files
from tfl_lite_suite.core.errors import SuiteError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_a_file_and_the_folders_above_it(tmp_path):
    target = tmp_path / "a" / "b" / "model.tflite"
    with files.atomic_path(target) as temporary:
        assert temporary.suffix == ".tflite" and not target.exists()
        temporary.write_bytes(b"new")
    assert target.read_bytes() == b"new" and names(target.parent) == ["model.tflite"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_keeps_the_earlier_file_and_leaves_no_litter(tmp_path, error):
    target = tmp_path / "model.tflite"
    target.write_bytes(b"old")
    with pytest.raises(error), files.atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"old" and names(tmp_path) == ["model.tflite"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), files.atomic_path(tmp_path / "x"):
        pass
    assert names(tmp_path) == []


def test_a_full_disk_keeps_the_earlier_file(tmp_path):
    """The limit on a file's size fails in write(2), as a full disk does."""
    files.write_json(tmp_path / "results.json", {"old": 1})
    code = (
        "import sys\nfrom tfl_lite_suite.core import command_line, files\nsys.argv = ['verb']\n"
        f"path = {str(tmp_path / 'results.json')!r}\n"
        "command_line.run_verb('verb', '', lambda: files.write_json(path, 'x' * 10**6), str)\n"
    )

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run([sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1) and "File too large" in done.stderr
    assert files.read_json(tmp_path / "results.json") == {"old": 1} and names(tmp_path) == ["results.json"]


@pytest.mark.parametrize("call", ["mkdtemp", "fsync", "replace"])
def test_no_space_at_any_step(tmp_path, monkeypatch, call):
    target = tmp_path / "model.tflite"
    target.write_bytes(b"old")

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.tempfile if call == "mkdtemp" else files.os, call, fail)
    with pytest.raises(OSError) as caught, files.atomic_path(target) as temporary:
        temporary.write_bytes(b"new")
    assert caught.value.errno == errno.ENOSPC
    assert target.read_bytes() == b"old" and names(tmp_path) == ["model.tflite"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_have_the_usual_permissions(tmp_path, mask):
    earlier = os.umask(mask)
    try:
        files.write_json(tmp_path / "atomic.json", {})
        (tmp_path / "plain.json").write_text("{}")
    finally:
        os.umask(earlier)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("atomic.json", "plain.json")]
    assert modes[0] == modes[1] == 0o666 & ~mask


def test_a_symbolic_link_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "real" / "x.json")
    files.write_json(tmp_path / "link.json", {"a": 1})
    assert (tmp_path / "link.json").is_symlink() and files.read_json(tmp_path / "real" / "x.json") == {"a": 1}


def test_places_that_cannot_be_a_file(tmp_path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path, "it is a folder"),
        (tmp_path / "pipe", "it is a device"),
        (pathlib.Path("/dev/null"), "it is a device"),
        (tmp_path / "file" / "x", "a file is in the way"),
        (tmp_path / "file" / "x" / "y", "a file is in the way"),
        (tmp_path / ("n" * 300) / "x", "File name too long"),
    ):
        with pytest.raises(SuiteError, match=message) as caught, files.atomic_path(path):
            pytest.fail("the block ran")
        assert str(path)[:50] in str(caught.value) and files.UNFINISHED not in str(caught.value)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode) and names(tmp_path) == ["file", "pipe"]


@pytest.fixture
def public_folder():
    """A folder that other users reach; `tmp_path` is not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.mark.parametrize("path", ["x.json", "new/x.json"])
def test_a_folder_that_may_not_be_written_is_one_clear_line(public_folder, path):
    """Runs as another user where the tests run as root, whom no mode stops."""
    sealed = public_folder / "sealed"
    sealed.mkdir(mode=0o555)
    code = (
        "import os, sys\nfrom tfl_lite_suite.core import command_line, files\nsys.argv = ['verb']\n"
        "if os.getuid() == 0:\n    os.setuid(65534)\n"
        f"command_line.run_verb('verb', '', lambda: files.write_json({str(sealed / path)!r}, 1), str)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: cannot write '") and done.stderr.endswith("': Permission denied\n")
    assert files.UNFINISHED not in done.stderr


def test_json_is_read_back_equal(tmp_path):
    document = {"é": [1, 2.5, None, True, "✓\n"], "nested": {"a": {}}}
    files.write_json(tmp_path / "x.json", document)
    assert files.read_json(tmp_path / "x.json") == document
    assert "é" in (tmp_path / "x.json").read_text(encoding="utf-8")


def test_json_that_is_no_json(tmp_path):
    assert json.loads(files.to_json({"a": (float("nan"), -float("inf"), 1)})) == {"a": [None, None, 1]}
    with pytest.raises(TypeError):
        files.to_json({"a": object()})
    files.write_json(tmp_path / "x.json", {"path": os.fsdecode(b"caf\xe9")})
    assert os.fsencode(files.read_json(tmp_path / "x.json")["path"]) == b"caf\xe9"
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "x.json", object())
    assert files.read_json(tmp_path / "x.json") and names(tmp_path) == ["x.json"]


def test_damaged_json_is_an_error_that_names_the_file_and_none_is_there_where_no_file_is(tmp_path):
    for content in (b"", b'{"a": ', b"\xff\xfe", b"[" * 100_000):
        (tmp_path / "x.json").write_bytes(content)
        with pytest.raises(SuiteError, match="x.json: damaged, not JSON"):
            files.read_json(tmp_path / "x.json")
    for path in (tmp_path / "missing", tmp_path / "x.json" / "y", tmp_path):
        assert files.read_json(path) is None


def test_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert files.sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # The standard's own long example: a million times "a".
    (tmp_path / "x").write_bytes(b"a" * 1_000_000)
    assert files.sha256(tmp_path / "x") == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
