import shutil
import subprocess
import sys

import numpy as np
import pytest
from pictures import fashion_listing, write_classes

import tfl_lite_suite.data as data
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.data import fashion_mnist

CONTRACT = Contract(32, 32, 3, 32, 32, labels=("cat", "dog"))


@pytest.fixture
def source(tmp_path):
    return write_classes(tmp_path / "pictures", {"cat": 20, "dog": 10})


def load(source, **changes):
    seed = changes.pop("seed", 0)
    return data.load(Data(source=str(source), resolution=32, **changes), seed, progress=False)


def keys(dataset):
    return {part: getattr(dataset, part).keys for part in ("train", "validation", "test")}


def test_a_folder_is_cut_into_three(source):
    found = load(source, validation_fraction=0.25, test_fraction=0.2)
    assert found.class_names == found.contract.labels == ("cat", "dog")
    assert found.test.class_counts == (4, 2)
    assert found.validation.class_counts == (4, 2)
    assert found.train.class_counts == (12, 6)
    assert len({key for part in keys(found).values() for key in part}) == 30
    assert found.train.images([0, 1]).shape == (2, 32, 32, 3)
    assert "train: 18 pictures (cat 12, dog 6)" in found.notes
    assert all(("cat", "dog")[label] == key[:3] for label, key in zip(found.test.labels, found.test.keys, strict=True))


def test_splits_follow_the_seed(source):
    assert keys(load(source)) == keys(load(source))
    assert keys(load(source, seed=1)) != keys(load(source))


def test_grey_and_limits(source):
    found = load(source, color="grey", train_limit=6, test_limit=2, test_fraction=0.3)
    assert found.train.images([0]).shape == (1, 32, 32, 1)
    assert found.train.class_counts == (4, 2) and len(found.test) == 2
    assert set(found.train.keys) < set(load(source, test_fraction=0.3).train.keys)


def test_ready_made_splits_are_kept_and_shared_pictures_reported(tmp_path):
    write_classes(tmp_path / "train", {"cat": 6, "dog": 6})
    write_classes(tmp_path / "test", {"cat": 2, "dog": 2}, first_seed=100)
    shutil.copy(tmp_path / "train" / "cat" / "000.png", tmp_path / "test" / "cat" / "copy.png")
    found = load(tmp_path, validation_fraction=0.0)
    assert len(found.train) == 12 and len(found.test) == 5 and len(found.validation) == 0
    assert any("the same picture in two splits, 1 times" in note for note in found.notes)


def test_copies_are_kept_out_of_the_other_splits(source):
    for number in range(20):
        shutil.copy(source / "cat" / f"{number:03d}.png", source / "cat" / f"copy{number}.png")
    found = load(source, test_fraction=0.3)
    assert any(note == "20 pictures are exact copies of another" for note in found.notes)
    assert not any("two splits" in note for note in found.notes)
    pixels = [{image.tobytes() for image in split.images(range(len(split)))} for split in (found.train, found.test)]
    assert not pixels[0] & pixels[1]


def test_a_picture_in_two_classes_is_reported(source):
    shutil.copy(source / "cat" / "000.png", source / "dog" / "what.png")
    assert any("the same picture in two classes, 1 times" in note for note in load(source).notes)


def test_corrupt_pictures_stop_or_are_counted(source):
    (source / "dog" / "note.jpg").write_text("not a picture")
    with pytest.raises(SuiteError, match="dog/note.jpg: not a picture"):
        load(source)
    found = load(source, on_corrupt="skip")
    assert sum(len(part) for part in keys(found).values()) == 30
    assert any(
        note.startswith("warning: 1 of 31 pictures left out as unreadable: dog/note.jpg; the first: ")
        for note in found.notes
    )


def test_the_first_ten_unreadable_pictures_are_named_with_their_number(source):
    for number in range(12):
        (source / "dog" / f"bad{number:02d}.jpg").write_text("not a picture")
    with pytest.raises(
        SuiteError, match="12 of 42 pictures cannot be used: dog/bad00.jpg, .*dog/bad09.jpg, …"
    ) as caught:
        load(source)
    assert "bad10" not in str(caught.value)


def test_a_sparse_file_of_a_terabyte_is_not_read(source):
    with open(source / "dog" / "huge.jpg", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SuiteError, match="huge.jpg: 1,099,511,627,776 bytes; at most"):
        load(source)


def test_a_class_with_no_readable_picture_is_named(source):
    for path in (source / "dog").iterdir():
        path.write_bytes(b"")
    with pytest.raises(SuiteError, match="no picture of class 'dog' in the training split"):
        load(source, on_corrupt="skip")


@pytest.mark.parametrize(
    "source, said",
    [
        ("fashion_mnst", "data.source: unknown source 'fashion_mnst'. Did you mean 'fashion_mnist'"),
        ("no/such/folder", "data.source: no such folder 'no/such/folder'"),
        (__file__, "is a file; expected a folder"),
    ],
)
def test_wrong_sources_are_named(source, said):
    with pytest.raises(SuiteError, match=said):
        load(source)


def test_one_class_only_is_refused(tmp_path):
    with pytest.raises(SuiteError, match="only one class, 'cat'"):
        load(write_classes(tmp_path, {"cat": 3}))


def test_open_all_takes_a_plain_folder_whole(source):
    found = data.open_all(str(source), CONTRACT, progress=False)
    assert len(found) == 30 and found.class_counts == (20, 10)
    swapped = Contract(32, 32, 1, 32, 32, labels=("dog", "emu", "cat"))
    assert data.open_all(str(source), swapped, progress=False).class_counts == (10, 0, 20)
    assert data.open_all(str(source), CONTRACT, limit=6, progress=False).class_counts == (4, 2)
    with pytest.raises(SuiteError, match="do not match the model's. Not a label of the model: 'dog'"):
        data.open_all(str(source), Contract(32, 32, 3, 32, 32, labels=("cat", "emu")), progress=False)


def test_open_all_chooses_among_ready_made_splits(tmp_path):
    write_classes(tmp_path / "train", {"cat": 3, "dog": 3})
    write_classes(tmp_path / "val", {"cat": 2, "dog": 2}, first_seed=20)
    assert len(data.open_all(str(tmp_path), CONTRACT, progress=False)) == 4
    write_classes(tmp_path / "test", {"cat": 1, "dog": 1}, first_seed=40)
    found = data.open_all(str(tmp_path), CONTRACT, progress=False)
    assert found.keys == ("test/cat/000.png", "test/dog/000.png")
    assert len(data.open_all(str(tmp_path), CONTRACT, "train", progress=False)) == 6
    shutil.rmtree(tmp_path / "test")
    with pytest.raises(SuiteError, match="has no test split, only train, validation"):
        data.open_all(str(tmp_path), CONTRACT, "test", progress=False)


def test_open_all_leaves_out_corrupt_pictures(source):
    for path in (source / "cat").iterdir():
        path.write_bytes(b"")
    assert data.open_all(str(source), CONTRACT, on_corrupt="skip", progress=False).class_counts == (0, 10)
    for path in (source / "dog").iterdir():
        path.write_bytes(b"")
    with pytest.raises(SuiteError, match="not one readable picture"):
        data.open_all(str(source), CONTRACT, on_corrupt="skip", progress=False)


def test_fashion_mnist_is_prepared_like_any_other(monkeypatch):
    made = fashion_listing(train=30, test=10)
    monkeypatch.setattr(fashion_mnist, "listing", lambda: made)
    found = load("fashion_mnist", validation_fraction=0.3)
    assert (len(found.train), len(found.validation), len(found.test)) == (20, 10, 10)
    assert found.test.keys == made.keys[30:]
    grey = load("fashion_mnist", color="grey").test.images([3])
    np.testing.assert_array_equal(found.test.images([3]), np.repeat(grey, 3, axis=3))
    contract = Contract(28, 28, 1, 28, 28, labels=tuple("abcdefghij"))
    opened = data.open_all("fashion_mnist", contract, progress=False)
    np.testing.assert_array_equal(opened.images(range(10)), [made.read(index) for index in range(30, 40)])
    assert len(data.open_all("fashion_mnist", contract, "train", limit=20, progress=False)) == 20


def test_tensorflow_is_not_imported():
    script = "import sys, tfl_lite_suite.data; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_folds_take_every_picture_to_the_test_split_once(source):
    found = [load(source, fold=(number, 3), validation_fraction=0.2) for number in range(3)]
    keys_of_all = sorted(key for fold in found for key in fold.test.keys)
    assert len(keys_of_all) == 30 and len(set(keys_of_all)) == 30
    assert all(not set(fold.test.keys) & set(fold.train.keys + fold.validation.keys) for fold in found)


def test_unknown_pictures_are_opened_beside_the_classes(source, tmp_path):
    write_classes(tmp_path / "others", {"deep": 3}, first_seed=900)
    found = load(source, unknown=str(tmp_path / "others"))
    assert len(found.unknown) == 3 and found.unknown.labels.tolist() == [-1] * 3
    assert sum(found.unknown.class_counts) == 0 and found.unknown.images([0]).shape == (1, 32, 32, 3)
    assert load(source).unknown is None


def test_an_unknown_folder_that_overlaps_is_refused(source, tmp_path):
    with pytest.raises(SuiteError, match="data.unknown: 20 pictures are in '.*cat' and among the classes as well"):
        load(source, unknown=str(source / "cat"))
    with pytest.raises(SuiteError, match="data.unknown: no such folder"):
        load(source, unknown=str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match="data.unknown: no picture in"):
        load(source, unknown=str(tmp_path / "empty"))
