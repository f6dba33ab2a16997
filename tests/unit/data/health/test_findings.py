import shutil

import numpy as np
import pytest
from pictures import write_classes
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.data import health
from tfl_lite_suite.data.health import html_page, text


@pytest.fixture
def source(tmp_path):
    folder = write_classes(tmp_path / "set" / "train", {"cat": 30, "dog": 5})
    write_classes(tmp_path / "set" / "test", {"cat": 4, "dog": 4}, first_seed=500)
    shutil.copy(folder / "cat" / "000.png", tmp_path / "set" / "test" / "cat" / "same.png")
    shutil.copy(folder / "cat" / "001.png", folder / "dog" / "other.png")
    Image.fromarray(np.full((12, 10, 3), 9, np.uint8)).save(folder / "cat" / "dark.png")
    return tmp_path / "set"


def test_faults_are_named_with_their_files(source, tmp_path):
    shutil.copytree(source / "test" / "dog", tmp_path / "others")
    listing = data.listing_of(str(source))
    found = health.examine(listing, unknown=str(tmp_path / "others"), progress=False)
    problems = {problem.code: problem for problem in found.problems}
    assert problems["exact_duplicate_across_splits"].groups == (("test/cat/same.png", "train/cat/000.png"),)
    assert problems["exact_duplicate_across_classes"].groups == (("train/cat/001.png", "train/dog/other.png"),)
    assert problems["blank"].files == ("train/cat/dark.png",)
    assert len(problems["unknown_overlap"].files) == 4 and problems["unknown_overlap"].severity == "error"
    assert "few_pictures" in problems
    severities = [("error", "warning", "info").index(problem.severity) for problem in found.problems]
    assert severities == sorted(severities)
    document = found.document()
    assert list(document["classes"]) == [{"name": "cat", "count": 36}, {"name": "dog", "count": 10}]
    assert document["splits"] == {"test": 9, "train": 37} and document["imbalance"] == 3.6
    shown = text.show(found)
    assert "exact_duplicate_across_splits: 1 times the same file twice in two splits" in shown
    page = html_page.draw(found, listing)
    assert page.count("data:image/jpeg;base64,") >= 6 and "same.png" in page


def test_a_healthy_set_has_no_problem(tmp_path):
    found = health.examine(data.listing_of(str(write_classes(tmp_path, {"a": 25, "b": 25}))), progress=False)
    assert found.problems == () and text.show(found).endswith("nothing was found")


def test_a_class_of_masks_is_called_so(tmp_path):
    write_classes(tmp_path, {"a": 30, "b": 30})
    (tmp_path / "masks").mkdir()
    for number in range(20):
        mask = np.zeros((20, 20), np.uint8)
        mask[number % 5 : 9 + number % 7, 3 : 6 + number % 9] = 255
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
    codes = {p.code: p for p in health.examine(data.listing_of(str(tmp_path)), progress=False).problems}
    assert len(codes["mask_class"].files) == 20 and "class 'masks' holds masks" in codes["mask_class"].message


def test_quick_notes_of_a_run(source):
    from tfl_lite_suite.core.recipe import Data

    shutil.copy(source / "train" / "cat" / "005.png", source / "test" / "dog" / "again.png")
    found = data.load(Data(source=str(source), resolution=16), 0, progress=False)
    notes = health.quick_notes([("train", found.train), ("test", found.test)])
    assert any("near copies in two splits" in note for note in notes)
    assert any("1 pictures are blank; for example train/cat/dark.png" in note for note in notes)
