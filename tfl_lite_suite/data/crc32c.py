"""CRC-32C (Castagnoli) in NumPy.

A CRC is linear: that of two joined blocks is the first one's, moved on by the length of the second, xor the second's.
So the CRCs of all 16-bit words are looked up at once and joined in pairs, level by level.

Source: Castagnoli, Bräuer, Herrmann, 1993, https://doi.org/10.1109/26.231911; RFC 3720, appendix B.4 (test vectors).
"""

import functools

import numpy as np

from tfl_lite_suite.core.types import Array

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8


def crc32c(data: bytes) -> int:
    """Returns the CRC-32C of some bytes, 0 to 2^32 - 1."""
    # Zeros in front do not change a CRC that begins with zero.
    words = np.frombuffer(data if len(data) % 2 == 0 else b"\0" + data, "<u2")
    values = _word_table()[words]
    level = 1
    while len(values) > 1:
        if len(values) % 2:
            values = np.concatenate([np.zeros(1, np.uint32), values])
        values = _moved(values[0::2], level) ^ values[1::2]
        level += 1
    raw = int(values[0]) if len(values) else 0
    return raw ^ _initial(len(data)) ^ _ONES


def masked(data: bytes) -> int:
    """Returns the CRC as TFRecord files store it: rotated and shifted, 0 to 2^32 - 1."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ONES


@functools.lru_cache(maxsize=1)
def _byte_table() -> Array:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1)
    return values


@functools.lru_cache(maxsize=1)
def _word_table() -> Array:
    """CRC, begun with zero, of each pair of bytes, read as a little-endian word."""
    table = _byte_table()
    words = np.arange(65536, dtype=np.uint32)
    first = table[words & 255]
    return (first >> 8) ^ table[(first ^ (words >> 8)) & 255]


@functools.lru_cache(maxsize=40)
def _move_tables(level: int) -> Array:
    """How each byte of a CRC changes when `2^level` zero bytes follow: uint32 `(4, 256)`."""
    units = (np.arange(256, dtype=np.uint32)[None] << (8 * np.arange(4, dtype=np.uint32))[:, None]).astype(np.uint32)
    if level == 0:
        return (units >> 8) ^ _byte_table()[units & 255]
    return _moved(_moved(units, level - 1), level - 1)


def _moved(values: Array, level: int) -> Array:
    tables = _move_tables(level)
    low = tables[0][values & 255] ^ tables[1][(values >> 8) & 255]
    return low ^ tables[2][(values >> 16) & 255] ^ tables[3][values >> 24]


@functools.lru_cache(maxsize=256)
def _initial(length: int) -> int:
    """What the initial value of all ones has become after `length` bytes."""
    value = np.array([_ONES], np.uint32)
    for level in range(length.bit_length()):
        if length >> level & 1:
            value = _moved(value, level)
    return int(value[0])
