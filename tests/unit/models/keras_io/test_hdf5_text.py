import h5py
import numpy as np
import pytest

from tfl_lite_suite.models.keras_io import hdf5_text


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as opened:
        yield opened


def test_texts_of_every_form(file):
    for name, value in {
        "one": "é",
        "bytes": np.bytes_(b"a"),
        "list": ["a", "bc"],
        "fixed": np.array([b"x", b"yz"]),
    }.items():
        file.attrs[name] = value
    file.attrs["empty"] = []
    found = {name: hdf5_text.of(file, name) for name in (*file.attrs, "none")}
    assert found == {"one": ["é"], "bytes": ["a"], "list": ["a", "bc"], "fixed": ["x", "yz"], "empty": [], "none": []}


def test_lists_in_parts(file):
    file.attrs["names0"], file.attrs["names1"], file.attrs["names3"] = ["a"], ["b", "c"], ["d"]
    assert hdf5_text.of_parts(file, "names") == ["a", "b", "c"]


@pytest.mark.parametrize("value", [3, np.zeros(2)])
def test_what_is_no_text(file, value):
    file.attrs["names"] = value
    with pytest.raises(ValueError, match="its attribute 'names' holds no text"):
        hdf5_text.of(file, "names")


def test_a_type_of_which_libhdf5_dies(tmp_path):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.attrs["version"] = "2.15.0"
    content = path.read_bytes()
    # Behind the name, padded to eight bytes: the class of variable length, and text as its kind, which becomes 3.
    place = content.index(b"version\0") + 8
    assert content[place : place + 2] == b"\x19\x01"
    path.write_bytes(content[: place + 1] + b"\x03" + content[place + 2 :])
    with h5py.File(path) as file, pytest.raises(ValueError, match="its attribute 'version' holds no text"):
        hdf5_text.of(file, "version")
