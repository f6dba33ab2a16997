import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.predict.result import Prediction, Ranked
from tfl_lite_suite.watch import keep
from tfl_lite_suite.watch.sources import Frame

RANDOM = np.random.default_rng(0)


def found(*probabilities, rejected=False):
    ranked = tuple(Ranked(label=f"class {place}", probability=value) for place, value in enumerate(probabilities))
    label = None if rejected else ranked[0].label
    return Prediction(
        label=label, probability=probabilities[0], ranked=ranked, rejected=rejected, labels=(label,) if label else ()
    )


def offer(keeper, answer, pixels=None):
    pixels = RANDOM.integers(0, 256, (12, 16, 3), np.uint8) if pixels is None else pixels
    return keeper.offer(Frame(pixels, 1_700_000_000.0), pixels, answer, False)


def test_uncertain_and_unknown_frames_are_saved_where_they_are_read_again(tmp_path):
    keeper = keep.Keeper(str(tmp_path / "kept"), ("uncertain", "unknown"), 10, 0.7)
    assert offer(keeper, found(0.9, 0.1)) is None
    pixels = RANDOM.integers(0, 256, (12, 16, 3), np.uint8)
    path = offer(keeper, found(0.6, 0.4), pixels)
    assert pathlib.Path(path).parent == tmp_path / "kept" / "uncertain" / "class 0"
    assert (np.asarray(Image.open(path)) == pixels).all()
    assert pathlib.Path(offer(keeper, found(0.5, 0.5, rejected=True))).parent == tmp_path / "kept" / "unknown"
    assert keeper.kept == 2
    assert data.listing_of(str(tmp_path / "kept" / "uncertain")).class_names == ("class 0",)


def test_reasons_that_were_not_asked_for_do_not_count(tmp_path):
    keeper = keep.Keeper(str(tmp_path), ("unknown",), 10, 0.7)
    assert offer(keeper, found(0.6, 0.4)) is None
    assert offer(keep.Keeper(str(tmp_path), ("uncertain",), 10, 0.7), found(0.5, 0.5, rejected=True)) is None


def test_the_limit_counts_what_is_there_already(tmp_path):
    for _ in range(2):
        keeper = keep.Keeper(str(tmp_path), ("uncertain",), 3, 0.7)
        for _ in range(2):
            offer(keeper, found(0.5, 0.5))
    assert (keeper.kept, dict(keeper.not_kept)) == (1, {"limit": 1})


def test_a_frame_like_one_that_was_saved_is_not_saved_again(tmp_path):
    keeper = keep.Keeper(str(tmp_path), ("uncertain",), 10, 0.7)
    pixels = RANDOM.integers(0, 256, (64, 64, 3), np.uint8)
    noisy = np.clip(pixels + RANDOM.integers(-8, 9, pixels.shape), 0, 255).astype(np.uint8)
    assert offer(keeper, found(0.5, 0.5), pixels) and offer(keeper, found(0.5, 0.5), noisy) is None
    assert offer(keeper, found(0.5, 0.5), 255 - pixels)
    assert dict(keeper.not_kept) == {"alike": 1}


def test_a_picture_of_a_folder_is_copied_as_it_is(tmp_path):
    source = tmp_path / "a.PNG"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(source)
    keeper = keep.Keeper(str(tmp_path / "kept"), ("uncertain",), 10, 0.7)
    path = keeper.offer(Frame(str(source), 0.0), np.zeros((4, 4, 3), np.uint8), found(0.5, 0.5), False)
    assert pathlib.Path(path).read_bytes() == source.read_bytes() and path.endswith(".png")


@pytest.mark.parametrize("cause", ["full", "failing"])
def test_a_full_disk_is_counted_and_told_once(tmp_path, monkeypatch, capsys, cause):
    keeper = keep.Keeper(str(tmp_path), ("uncertain",), 10, 0.7)
    if cause == "full":
        monkeypatch.setattr(keep, "_LEAST_FREE_BYTES", 1 << 62)
    else:

        def fail(path, content):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(keep.files, "write_bytes", fail)
    assert offer(keeper, found(0.5, 0.5)) is None and offer(keeper, found(0.5, 0.5)) is None
    assert dict(keeper.not_kept) == {"no space" if cause == "full" else "not written": 2} and keeper.kept == 0
    assert len(capsys.readouterr().err.splitlines()) == (cause == "failing")


def test_of_several_labels_each_must_be_certain():
    assert keep.is_uncertain([0.95, 0.5], True, 0.7) and not keep.is_uncertain([0.95, 0.1], True, 0.7)
    assert keep.is_uncertain([0.6, 0.4], False, 0.7)


@pytest.mark.parametrize("label", ["../../etc", ".", "..", "", ".hidden", "a/b", "/root", "thumbs.db"])
def test_no_label_leads_out_of_the_folder(label):
    name = keep.folder_name(label)
    assert name and os.sep not in name and not name.startswith(".") and name != ".."
    assert keep.folder_name("T-shirt top ä") == "T-shirt top ä"
