import os
import socket
import unicodedata

import pytest
from pictures import write_classes, write_picture

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import folder_walk, image_folder

COMPOSED, TAKEN_APART = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))


def test_what_is_left_out_is_named_by_its_reason(tmp_path):
    write_classes(tmp_path, {"cat": 2, "dog": 1})
    for name in ("notes.txt", ".hidden.png"):
        (tmp_path / "cat" / name).write_text("x")
    os.symlink(tmp_path / "gone.png", tmp_path / "cat" / "link.png")
    os.mkfifo(tmp_path / "dog" / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "dog" / "socket.png"))
    write_picture(tmp_path / "loose.png")
    found = image_folder.listing(tmp_path)
    assert len(found) == 3
    assert found.notes == (
        "1 files are hidden or made by a system and were left out: cat/.hidden.png",
        "1 files are in no class folder and were left out: loose.png",
        "1 files are links that lead nowhere and were left out: cat/link.png",
        "1 files are no pictures by their names and were left out: cat/notes.txt",
        "2 files are pipes, sockets or devices and were left out: dog/pipe.jpg, dog/socket.png",
    )


def test_the_first_names_stand_for_many():
    left_out = folder_walk.LeftOut()
    for number in range(9):
        left_out.add("odd", f"{number}.txt")
    assert left_out.notes() == ("9 files are odd and were left out: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt, …",)


def test_a_name_in_two_unicode_forms_is_one_class(tmp_path):
    write_classes(tmp_path / "train", {COMPOSED: 2, "dog": 2})
    write_classes(tmp_path / "val", {TAKEN_APART: 1}, first_seed=9)
    found = image_folder.listing(tmp_path)
    assert found.class_names == (COMPOSED, "dog") and found.labels.tolist() == [0, 0, 1, 1, 0]


def test_two_forms_beside_each_other_are_told_apart(tmp_path):
    write_classes(tmp_path, {COMPOSED: 1, TAKEN_APART: 1})
    with pytest.raises(SuiteError, match=r"two Unicode forms .*cafe.u0301.*Put their pictures into one"):
        image_folder.listing(tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [(b"cat\xff", "not UTF-8"), (b"cat\ndog", "control char"), (b"\x1b[2J", "control char")],
)
def test_a_name_that_no_label_can_have_is_refused_at_once(tmp_path, name, words):
    write_classes(tmp_path, {"dog": 1})
    (tmp_path / os.fsdecode(name)).mkdir()
    with pytest.raises(SuiteError, match=words):
        image_folder.listing(tmp_path)
