"""Heaps of an HDF5 file, which hold the texts of its attributes; checked because libhdf5 never leaves a damaged one.

Source: HDF5 File Format Specification 3.0, sections II.A (superblock) and III.E (global heap),
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

import mmap
import os
import struct

_MARK = b"GCOL\x01\0\0\0"
# A collection begins with its mark and its size; an object with its number, references, and its size.
_HEAD, _OBJECT = struct.Struct("<8sQ"), struct.Struct("<HHIQ")
_SIZE_BYTES = 8


def check_file(path: str | os.PathLike[str]) -> None:
    """As `check`, for a file."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        check(content)


def check(content: bytes | mmap.mmap) -> None:
    """Raises a `ValueError` if a heap has an object without an end, or its numbers are not of eight bytes."""
    version = content[8] if len(content) > 16 else -1
    place = {0: 14, 1: 14, 2: 10, 3: 10}.get(version)
    if place is None or content[place] != _SIZE_BYTES:
        raise ValueError("it is no HDF5 file with sizes of eight bytes, as Keras writes them")
    start = content.find(_MARK)
    while start >= 0:
        _check_collection(content, start)
        start = content.find(_MARK, start + len(_MARK))


def _check_collection(content: bytes | mmap.mmap, start: int) -> None:
    if start + _HEAD.size > len(content):
        return
    end = min(start + _HEAD.unpack_from(content, start)[1], len(content))
    place = start + _HEAD.size
    while place + _OBJECT.size <= end:
        number, _, _, size = _OBJECT.unpack_from(content, place)
        # The size of free space, number 0, is that of the whole; that of others lacks the head and the padding.
        step = size if number == 0 else _OBJECT.size + -(-size // 8) * 8
        if not _OBJECT.size <= step <= end - place:
            raise ValueError(f"the heap of texts at byte {start:,} is damaged")
        place += step
