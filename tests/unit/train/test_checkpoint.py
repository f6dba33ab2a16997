import numpy as np
import pytest

from tfl_lite_suite.train import checkpoint


def test_what_was_saved_is_read(tmp_path):
    path = tmp_path / "checkpoint.npz"
    many = [np.full((2,), number, np.float32) for number in range(12)]
    checkpoint.save(path, {"model": many, "empty": []}, {"epoch": 3, "key": "ä"})
    arrays, state = checkpoint.load(path)
    assert state == {"epoch": 3, "key": "ä"} == checkpoint.load_state(path)
    assert "empty" not in arrays
    for expected, received in zip(many, arrays["model"], strict=True):
        np.testing.assert_array_equal(expected, received)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"x" * 99])
def test_a_damaged_file_counts_as_none(tmp_path, damage):
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, {"model": [np.arange(9)]}, {"epoch": 1})
    path.write_bytes(damage(path.read_bytes()))
    assert checkpoint.load(path) is None and checkpoint.load_state(path) is None


def test_no_file_is_none(tmp_path):
    assert checkpoint.load(tmp_path / "missing.npz") is None
    assert checkpoint.load_state(tmp_path / "missing.npz") is None


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "checkpoint.npz"
    np.savez(path, state=np.array([{"epoch": 1}], dtype=object))
    assert checkpoint.load(path) is None
