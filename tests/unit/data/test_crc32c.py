import numpy as np
import pytest

from tfl_lite_suite.data.crc32c import crc32c, masked


def bitwise(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("length", [*range(40), 255, 256, 257, 1000, 4097])
def test_any_length(length):
    data = np.random.default_rng(length).bytes(length)
    assert crc32c(data) == bitwise(data)


def test_masking_is_that_of_tfrecord():
    assert masked((8).to_bytes(8, "little")) != crc32c((8).to_bytes(8, "little"))
    crc = crc32c(b"abc")
    assert masked(b"abc") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32
