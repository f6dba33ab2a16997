import hashlib
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from pictures import noise, write_classes

from tfl_lite_suite.core import image
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import image_folder, prepared
from tfl_lite_suite.data.samples import Listing

CONTRACT = Contract(8, 8, 3, 9, 9, contrast="stretch", labels=("cat", "dog"))


@pytest.fixture
def source(tmp_path):
    return write_classes(tmp_path / "pictures", {"cat": 3, "dog": 2})


def expected(listing):
    return np.stack([image.prepare(image.decode(listing.read(i), 3), CONTRACT) for i in range(len(listing))])


def everything(pictures):
    return pictures.fetch(np.arange(len(pictures.digests)))


def test_pictures_are_prepared_by_the_contract(source, tmp_path, monkeypatch):
    listing = image_folder.listing(source)
    for small in (prepared._SMALL_PICTURE, 0):
        monkeypatch.setattr(prepared, "_SMALL_PICTURE", small)
        pictures = prepared.prepare_all(listing, CONTRACT, progress=False)
        np.testing.assert_array_equal(everything(pictures), expected(listing))
    assert len(set(pictures.digests)) == 5 and not pictures.problems
    assert pictures.fetch(np.array([4, 1])).shape == (2, 8, 8, 3)
    assert sorted(os.listdir(tmp_path)) == ["pictures"]


@pytest.mark.parametrize("memory_bytes", [prepared.MEMORY_BYTES, 0])
def test_kept_pictures_are_not_prepared_again(source, tmp_path, monkeypatch, memory_bytes):
    listing = image_folder.listing(source)
    cache = tmp_path / "cache"
    first = prepared.prepare_all(listing, CONTRACT, cache, progress=False, memory_bytes=memory_bytes)
    monkeypatch.setattr(prepared, "decode", None)
    again = prepared.prepare_all(listing, CONTRACT, cache, progress=False, memory_bytes=memory_bytes)
    np.testing.assert_array_equal(everything(again), everything(first))
    np.testing.assert_array_equal(everything(again), expected(listing))
    assert again.digests == first.digests
    assert len(os.listdir(cache)) == 1


def test_another_contract_or_changed_files_are_prepared_anew(source, tmp_path):
    cache = tmp_path / "cache"
    prepared.prepare_all(image_folder.listing(source), CONTRACT, cache, progress=False)
    other = Contract(8, 8, 3, 8, 8)
    prepared.prepare_all(image_folder.listing(source), other, cache, progress=False)
    assert len(os.listdir(cache)) == 2
    shutil.copy(source / "cat" / "000.png", source / "cat" / "009.png")
    pictures = prepared.prepare_all(image_folder.listing(source), CONTRACT, cache, progress=False)
    assert len(pictures.digests) == 6 and pictures.digests[0] == pictures.digests[3]


def test_labels_do_not_matter_to_the_cache(source, tmp_path):
    for labels in (("a", "b"), ("c", "d")):
        contract = Contract(8, 8, 3, 8, 8, labels=labels)
        prepared.prepare_all(image_folder.listing(source), contract, tmp_path / "cache", progress=False)
    assert len(os.listdir(tmp_path / "cache")) == 1


def test_what_does_not_fit_on_the_disk_is_decoded_each_time(source, tmp_path, monkeypatch):
    monkeypatch.setattr(prepared, "_fits_on_disk", lambda root, size: False)
    listing = image_folder.listing(source)
    cache = tmp_path / "cache"
    pictures = prepared.prepare_all(listing, CONTRACT, cache, progress=False, memory_bytes=0)
    np.testing.assert_array_equal(everything(pictures), expected(listing))
    assert pictures.fetch(np.array([], np.int64)).shape == (0, 8, 8, 3)
    assert "do not fit" in pictures.notes[0] and len(set(pictures.digests)) == 5
    monkeypatch.undo()
    again = prepared.prepare_all(listing, CONTRACT, cache, progress=False, memory_bytes=0)
    assert not again.notes and isinstance(again.fetch.__self__, np.ndarray)


@pytest.mark.parametrize("cached", [True, False])
def test_a_corrupt_picture_stops_or_is_recorded(source, tmp_path, cached):
    path = source / "cat" / "001.png"
    path.write_bytes(path.read_bytes()[:60])
    (source / "dog" / "001.png").write_text("not a picture")
    listing = image_folder.listing(source)
    cache = tmp_path / "cache" if cached else None
    for _ in range(2):
        pictures = prepared.prepare_all(listing, CONTRACT, cache, on_corrupt="skip", progress=False)
        assert sorted(pictures.problems) == [1, 4] and "cat/001.png: corrupt" in pictures.problems[1]
        assert pictures.usable.tolist() == [0, 2, 3]
        with pytest.raises(SuiteError, match="cat/001.png: corrupt "):
            prepared.prepare_all(listing, CONTRACT, cache, on_corrupt="error", progress=False)


def test_digest_is_that_of_the_decoded_pixels():
    pixels = noise(5, 4, 1)
    listing = Listing("s", ("a",), ("k",), np.zeros(1, np.int64), ("",), "f", lambda index: pixels)
    pictures = prepared.prepare_all(listing, Contract(8, 8, 1, 8, 8), progress=False)
    shape = np.array([5, 4, 1], np.int64).tobytes()
    assert pictures.digests == (hashlib.sha256(shape + pixels.tobytes()).hexdigest(),)


def test_a_killed_preparation_is_never_taken_as_done(source, tmp_path):
    cache = tmp_path / "cache"
    script = (
        "import os, sys\n"
        "from tfl_lite_suite.core.contract import Contract\n"
        "from tfl_lite_suite.data import image_folder, prepared\n"
        "prepared._write_index = lambda *a: os.kill(os.getpid(), 9)\n"
        f"prepared.prepare_all(image_folder.listing({str(source)!r}), Contract(8, 8, 3, 9, 9), {str(cache)!r})\n"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert [name.startswith(".writing-") for name in os.listdir(cache)] == [True]
    listing = image_folder.listing(source)
    pictures = prepared.prepare_all(listing, Contract(8, 8, 3, 9, 9), cache, progress=False)
    assert everything(pictures).any()
    assert [name.startswith(".writing-") for name in os.listdir(cache)] == [False]


def test_a_failed_preparation_leaves_nothing(source, tmp_path):
    (source / "cat" / "000.png").write_bytes(b"")
    with pytest.raises(SuiteError, match="000.png: the file is empty"):
        prepared.prepare_all(image_folder.listing(source), CONTRACT, tmp_path / "cache", progress=False)
    assert os.listdir(tmp_path / "cache") == []
