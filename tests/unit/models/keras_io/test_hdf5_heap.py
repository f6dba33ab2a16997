import struct

import h5py
import pytest

from tfl_lite_suite.models.keras_io import hdf5_heap


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "m.h5"
    with h5py.File(found, "w") as file:
        file.attrs["model_config"] = "{}" * 40
        file.attrs["names"] = ["a", "bc"]
    return found


def test_a_file_as_it_was_written_passes(path):
    hdf5_heap.check_file(path)


@pytest.mark.parametrize("size", [0, 8, 1 << 40, (1 << 64) - 1])
def test_an_object_without_an_end_is_refused(path, size):
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16
    free = first
    while struct.unpack_from("<H", content, free)[0]:
        free += 16 + -(-struct.unpack_from("<Q", content, free + 8)[0] // 8) * 8
    struct.pack_into("<Q", content, free + 8, size)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="the heap of texts at byte .* is damaged"):
        hdf5_heap.check_file(path)


def test_other_sizes_are_refused(path):
    content = bytearray(path.read_bytes())
    content[14] = 4
    path.write_bytes(content)
    with pytest.raises(ValueError, match="sizes of eight bytes"):
        hdf5_heap.check_file(path)
