import gzip
import hashlib
import os
import stat
import struct

import numpy as np
import pytest
from pictures import noise

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import fashion_mnist

COUNTS = {"train": 6, "test": 4}


def files():
    made = {}
    for prefix, part in (("train", "train"), ("t10k", "test")):
        count = COUNTS[part]
        made[f"{prefix}-images-idx3-ubyte"] = struct.pack(">4I", 2051, count, 28, 28) + noise(count, 28, 28).tobytes()
        made[f"{prefix}-labels-idx1-ubyte"] = struct.pack(">2I", 2049, count) + bytes(range(count))
    return made


def write(folder):
    folder.mkdir(parents=True)
    for name, data in files().items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data))
    return folder


@pytest.fixture(autouse=True)
def small_and_nowhere(tmp_path, monkeypatch):
    """A data set of ten pictures that no source has."""
    monkeypatch.setattr(fashion_mnist, "SHA256", {n: hashlib.sha256(d).hexdigest() for n, d in files().items()})
    monkeypatch.setattr(fashion_mnist, "_COUNTS", COUNTS)
    monkeypatch.setattr(fashion_mnist, "SYSTEM_FOLDER", tmp_path / "usr" / "share")
    monkeypatch.setattr(fashion_mnist, "URLS", (f"{(tmp_path / 'site').as_uri()}/",))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fashion_mnist.listing.cache_clear()
    yield
    fashion_mnist.listing.cache_clear()


def command(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n")
    os.chmod(folder / name, stat.S_IRWXU)


def test_listing_has_the_official_splits(tmp_path):
    write(fashion_mnist.SYSTEM_FOLDER)
    found = fashion_mnist.listing()
    assert found.class_names[0] == "T-shirt/top" and len(found.class_names) == 10
    assert found.parts == ("train",) * 6 + ("test",) * 4
    assert found.keys[5:7] == ("train/5", "test/0")
    assert found.labels.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    np.testing.assert_array_equal(found.read(7)[:, :, 0], noise(4, 28, 28)[1])


def test_network_is_the_last_resort_and_is_kept(tmp_path, capsys):
    site = write(tmp_path / "site")
    assert fashion_mnist.find() == files()
    for path in site.iterdir():
        path.unlink()
    assert fashion_mnist.find() == files()
    assert "downloading" in capsys.readouterr().err
    assert [path.name for path in cache_folder().iterdir()] == ["fashion_mnist"]


def test_debian_package_needs_no_root(tmp_path):
    packed = write(tmp_path / "packed")
    command(tmp_path / "bin", "apt-get", "touch dataset-fashion-mnist_1.deb")
    inside = fashion_mnist.SYSTEM_FOLDER.relative_to("/")
    command(tmp_path / "bin", "dpkg", f'mkdir -p "$3/{inside}" && cp {packed}/* "$3/{inside}"')
    assert fashion_mnist.find() == files()


def test_a_failing_apt_get_is_followed_by_the_network(tmp_path):
    command(tmp_path / "bin", "apt-get", 'echo "E: Unable to locate package" >&2; exit 100')
    command(tmp_path / "bin", "dpkg", "exit 1")
    with pytest.raises(
        SuiteError, match="debian: apt-get -q download failed: E: Unable to locate package.*network: "
    ) as e:
        fashion_mnist.find()
    assert "Install the Debian package dataset-fashion-mnist" in str(e.value) and "\n" not in str(e.value)
    write(tmp_path / "site")
    assert fashion_mnist.find() == files()


@pytest.mark.parametrize(
    "damage",
    [b"", gzip.compress(b"other"), b"garbage", gzip.compress(b"x" * 5000)[:-9]],
    # A gzip file holds its time of writing: named by their bytes, the tests would differ between workers.
    ids=["empty", "other", "garbage", "truncated"],
)
def test_other_bytes_are_refused(tmp_path, damage):
    site = write(tmp_path / "site")
    (site / "t10k-labels-idx1-ubyte.gz").write_bytes(damage)
    with pytest.raises(SuiteError, match="cannot be downloaded .*t10k-labels-idx1-ubyte.gz: (damaged|SHA-256)"):
        fashion_mnist.find()
    assert not (cache_folder() / "fashion_mnist").exists()


def test_a_damaged_system_copy_is_said_and_passed_over(tmp_path, capsys):
    (write(fashion_mnist.SYSTEM_FOLDER) / "train-labels-idx1-ubyte.gz").write_bytes(b"garbage")
    write(tmp_path / "site")
    assert fashion_mnist.find() == files()
    assert "warning: " in capsys.readouterr().err
