import os

import pytest
from pictures import write_classes, write_picture

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import image_folder


def test_one_subfolder_a_class(tmp_path):
    write_classes(tmp_path, {"dog": 2, "cat": 3})
    found = image_folder.listing(tmp_path)
    assert found.class_names == ("cat", "dog")
    assert found.keys == ("cat/000.png", "cat/001.png", "cat/002.png", "dog/000.png", "dog/001.png")
    assert found.labels.tolist() == [0, 0, 0, 1, 1]
    assert set(found.parts) == {""} and not found.notes
    assert found.read(3) == (tmp_path / "dog" / "000.png").read_bytes()


def test_nested_pictures_unicode_names_and_upper_case_suffixes(tmp_path):
    write_picture(tmp_path / "schön" / "a" / "b" / "café.png")
    (tmp_path / "schön" / "IMG.JPG").write_bytes(b"x")
    write_picture(tmp_path / "猫" / "一.png")
    found = image_folder.listing(tmp_path)
    assert found.class_names == ("schön", "猫")
    assert found.keys == ("schön/IMG.JPG", "schön/a/b/café.png", "猫/一.png")


def test_clutter_is_left_out_and_counted(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    for name in ("Thumbs.db", ".DS_Store", "notes.txt", ".hidden.jpg"):
        (tmp_path / "cat" / name).write_bytes(b"x")
    (tmp_path / "README.md").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    found = image_folder.listing(tmp_path)
    assert len(found) == 2 and found.class_names == ("cat", "dog")
    assert found.notes == (
        "5 files are hidden or made by a system and were left out: .git, __MACOSX, cat/.DS_Store, cat/.hidden.jpg, "
        "cat/Thumbs.db",
        "2 files are no pictures by their names and were left out: README.md, cat/notes.txt",
    )


def test_link_loops_end(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    os.symlink(tmp_path / "cat", tmp_path / "cat" / "again")
    os.symlink(tmp_path / "nowhere", tmp_path / "dog" / "broken.jpg")
    assert image_folder.listing(tmp_path).keys == ("cat/000.png", "dog/000.png")


@pytest.mark.parametrize("names", [("train", "val", "test"), ("training", "Validation", "Testing"), ("train", "valid")])
def test_ready_made_splits(tmp_path, names):
    for seed, name in enumerate(names):
        write_classes(tmp_path / name, {"cat": 2, "dog": 1}, first_seed=seed * 10)
    found = image_folder.listing(tmp_path)
    assert found.class_names == ("cat", "dog")
    expected = dict(zip(names, ("train", "validation", "test"), strict=False))
    assert all(part == expected[key.split("/")[0]] for key, part in zip(found.keys, found.parts, strict=True))
    assert [len(found.part_indices(part)) for part in expected.values()] == [3] * len(names)


def test_a_test_split_may_lack_a_class_but_not_add_one(tmp_path):
    write_classes(tmp_path / "train", {"cat": 1, "dog": 1})
    write_classes(tmp_path / "test", {"dog": 1})
    assert image_folder.listing(tmp_path).class_names == ("cat", "dog")
    write_classes(tmp_path / "test", {"emu": 1})
    with pytest.raises(SuiteError, match="class 'emu' is in '.*test' and not in '.*train'"):
        image_folder.listing(tmp_path)


def test_a_class_beside_splits_is_refused(tmp_path):
    for name in ("train", "test", "extra"):
        write_classes(tmp_path / name, {"cat": 1, "dog": 1})
    with pytest.raises(SuiteError, match="'extra' stands beside .*: a split or a class"):
        image_folder.listing(tmp_path)


def test_two_names_of_one_split_are_refused(tmp_path):
    for name in ("train", "val", "validation"):
        write_classes(tmp_path / name, {"cat": 1, "dog": 1})
    with pytest.raises(SuiteError, match="two folders mean the same split"):
        image_folder.listing(tmp_path)


def test_an_empty_class_is_named(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1, "emu": 0})
    (tmp_path / "emu" / "notes.txt").write_text("x")
    with pytest.raises(SuiteError, match="class 'emu' has no picture in"):
        image_folder.listing(tmp_path)


def test_missing_and_flat_folders_are_named(tmp_path):
    with pytest.raises(SuiteError, match="cannot read the folder '.*gone': No such file"):
        image_folder.listing(tmp_path / "gone")
    write_picture(tmp_path / "flat.png")
    with pytest.raises(SuiteError, match="has no subfolders; expected one for each class"):
        image_folder.listing(tmp_path)
    (tmp_path / "train").mkdir()
    with pytest.raises(SuiteError, match="'.*train' has no subfolders"):
        image_folder.listing(tmp_path)


def test_fingerprint_follows_the_files(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    before = image_folder.listing(tmp_path).fingerprint
    assert image_folder.listing(tmp_path).fingerprint == before
    write_picture(tmp_path / "cat" / "000.png", seed=99, size=(30, 30))
    assert image_folder.listing(tmp_path).fingerprint != before


def test_a_picture_that_vanished_is_named(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    found = image_folder.listing(tmp_path)
    (tmp_path / "cat" / "000.png").unlink()
    with pytest.raises(SuiteError, match="000.png: cannot read the picture"):
        found.read(0)


def test_pictures_of_no_class(tmp_path):
    write_picture(tmp_path / "a.png")
    write_picture(tmp_path / "below" / "b.png")
    found = image_folder.unlabelled(tmp_path)
    assert found.keys == ("a.png", "below/b.png") and found.labels.tolist() == [-1, -1]
    (tmp_path / "none").mkdir()
    with pytest.raises(SuiteError, match="no picture in"):
        image_folder.unlabelled(tmp_path / "none")
