"""TFRecord shards of `tf.train.Example`, read without TensorFlow and at random, and written.

The keys are those of the ImageNet shards: `image/encoded`, `image/class/label` and, where present, `image/class/text`.
Listing touches the lengths and labels only; the checksum of a record is verified when its picture is read.

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details";
https://protobuf.dev/programming-guides/encoding.
"""

import dataclasses
import hashlib
import mmap
import os
import pathlib
import re
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.crc32c import masked
from tfl_lite_suite.data.image_folder import SPLIT_NAMES
from tfl_lite_suite.data.samples import Listing

LABELS_FILE = "labels.txt"
ENCODED, LABEL, TEXT = "image/encoded", "image/class/label", "image/class/text"
_SHARD = re.compile(r"\.tfrec(ords?)?(-\d+-of-\d+)?$|-\d+-of-\d+$", re.IGNORECASE)
_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_VARINT_BYTES = 10


@dataclasses.dataclass(frozen=True)
class _Record:
    """Where a picture lies, and its class."""

    shard: int
    offset: int
    length: int
    image: tuple[int, int]
    label: int | None
    text: str | None


class _Malformed(Exception):
    """Bytes that are no `tf.train.Example` of the kind expected."""


def is_source(folder: pathlib.Path) -> bool:
    """Whether a folder holds TFRecord shards."""
    return any(_SHARD.search(entry.name) and entry.is_file() for entry in folder.iterdir())


def listing(folder: str | os.PathLike[str]) -> Listing:
    """Lists the pictures in a folder of TFRecord shards.

    A shard whose name holds `train`, `val`, `validation` or `test` as a word belongs to that split. Class names come
    from `labels.txt` (one a line, in the order of the labels) if there is one, else from the records.

    Args:
        folder: Holds the shards.

    Returns:
        The pictures, by shard name and place in the shard.

    Raises:
        SuiteError: If there is no shard, or one is damaged or holds other records.
    """
    root = pathlib.Path(folder)
    shards = sorted(entry for entry in root.iterdir() if _SHARD.search(entry.name) and entry.is_file())
    records = [record for index, shard in enumerate(shards) for record in _scan(shard, index)]
    if not records:
        raise SuiteError(f"data.source: no record in the TFRecord shards of '{root}'")
    class_names, labels = _classes(root, records)
    status = [(shard.name, shard.stat().st_size, shard.stat().st_mtime_ns) for shard in shards]
    parts = [_part(shard.name) for shard in shards]
    return Listing(
        source=os.fspath(folder),
        class_names=class_names,
        keys=tuple(f"{shards[record.shard].name}:{record.offset}" for record in records),
        labels=labels,
        parts=tuple(parts[record.shard] for record in records),
        fingerprint=f"{root.resolve()} {hashlib.sha256(repr(status).encode()).hexdigest()}",
        read=lambda place: _read(shards[records[place].shard], records[place]),
    )


def write_record(file: BinaryIO, data: bytes) -> None:
    """Appends one framed, checksummed record to a file."""
    length = struct.pack("<Q", len(data))
    file.write(length + _FOOTER.pack(masked(length)) + data + _FOOTER.pack(masked(data)))


def encode_example(image: bytes, label: int, text: str) -> bytes:
    """Returns a serialised `tf.train.Example`.

    Args:
        image: The encoded picture.
        label: Class index, at least 0.
        text: Class name.
    """
    features = (
        (ENCODED, _message(1, _message(1, image))),
        (LABEL, _message(3, b"\x08" + _varint(label))),
        (TEXT, _message(1, _message(1, text.encode("utf-8", "surrogateescape")))),
    )
    entries = (_message(1, _message(1, key.encode()) + _message(2, feature)) for key, feature in features)
    return _message(1, b"".join(entries))


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _part(name: str) -> str:
    words = re.split(r"[^a-z]+", name.lower())
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), "")


def _scan(shard: pathlib.Path, index: int) -> Iterator[_Record]:
    size = shard.stat().st_size
    if not size:
        return
    with open(shard, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        if view[:2] == b"\x1f\x8b":
            raise SuiteError(
                f"{shard}: the shard is gzip-compressed, which allows no random access; unpack it with gunzip"
            )
        offset = 0
        while offset < size:
            if offset + _HEADER.size > size:
                raise SuiteError(f"{shard}: truncated: a record's header is cut off at byte {offset} of {size}")
            length, checksum = _HEADER.unpack_from(view, offset)
            if masked(view[offset : offset + 8]) != checksum:
                raise SuiteError(
                    f"{shard}: not a TFRecord file, or damaged: wrong checksum of the length at byte {offset}"
                )
            begin = offset + _HEADER.size
            if begin + length + _FOOTER.size > size:
                raise SuiteError(f"{shard}: truncated: the record at byte {offset} needs {length} bytes")
            try:
                yield _example(view, begin, begin + length, index, offset)
            except _Malformed as error:
                raise SuiteError(f"{shard}: the record at byte {offset} is not a labelled picture: {error}") from None
            offset = begin + length + _FOOTER.size


def _example(view: mmap.mmap, begin: int, end: int, shard: int, offset: int) -> _Record:
    """Finds the picture and its class in a serialised `tf.train.Example`."""
    spans: dict[str, tuple[int, int]] = {}
    for features in _messages(view, begin, end, 1):
        for entry in _messages(view, *features, 1):
            keys, values = list(_messages(view, *entry, 1)), list(_messages(view, *entry, 2))
            if keys and values:
                spans[view[slice(*keys[-1])].decode("utf-8", "replace")] = values[-1]
    if ENCODED not in spans or not (LABEL in spans or TEXT in spans):
        raise _Malformed(f"expected the keys {ENCODED} and {LABEL}; it has {', '.join(sorted(spans)[:12]) or 'none'}")
    images = [span for item in _messages(view, *spans[ENCODED], 1) for span in _messages(view, *item, 1)]
    texts = [span for item in _messages(view, *spans.get(TEXT, (0, 0)), 1) for span in _messages(view, *item, 1)]
    labels = _integers(view, *spans[LABEL]) if LABEL in spans else []
    if len(images) != 1 or len(labels) > 1 or len(texts) > 1 or not (labels or texts):
        raise _Malformed(f"expected one picture with one class; it has {len(images)} with {len(labels)}")
    text = view[slice(*texts[0])].decode("utf-8", "surrogateescape") if texts else None
    place = (images[0][0] - begin, images[0][1] - begin)
    return _Record(shard, offset, end - begin, place, labels[0] if labels else None, text)


def _messages(view: mmap.mmap, begin: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Yields the span of every length-delimited field number `wanted`."""
    for field, wire, value, stop in _fields(view, begin, end):
        if field == wanted and wire == 2:
            yield value, stop


def _integers(view: mmap.mmap, begin: int, end: int) -> list[int]:
    """Values of an int64 feature, packed or not."""
    values = []
    for content in _messages(view, begin, end, 3):
        for field, wire, value, stop in _fields(view, *content):
            if field == 1 and wire == 0:
                values.append(value)
            while field == 1 and wire == 2 and value < stop:
                number, value = _read_varint(view, value, stop)
                values.append(number)
    return values


def _fields(view: mmap.mmap, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yields `(field, wire type, value or begin, end)` of a protobuf message."""
    while position < end:
        tag, position = _read_varint(view, position, end)
        wire = tag & 7
        if wire == 0:
            value, position = _read_varint(view, position, end)
            yield tag >> 3, wire, value, position
            continue
        if wire == 2:
            length, position = _read_varint(view, position, end)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise _Malformed(f"wire type {wire} at byte {position}")
        if length > end - position:
            raise _Malformed(f"a field of {length} bytes at byte {position} goes past its end")
        yield tag >> 3, wire, position, position + length
        position += length


def _read_varint(view: mmap.mmap, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(_VARINT_BYTES):
        if position >= end:
            raise _Malformed("a number is cut off")
        byte = view[position]
        position += 1
        value |= (byte & 127) << (7 * shift)
        if byte < 128:
            return value, position
    raise _Malformed(f"a number at byte {position} is too long")


def _read(shard: pathlib.Path, record: _Record) -> bytes:
    try:
        with open(shard, "rb") as file:
            file.seek(record.offset + _HEADER.size)
            data = file.read(record.length)
            footer = file.read(_FOOTER.size)
    except OSError as error:
        raise SuiteError(f"{shard}: cannot read: {error.strerror}") from None
    if len(data) < record.length or footer != _FOOTER.pack(masked(data)):
        raise SuiteError(f"{shard}: damaged: wrong checksum of the record at byte {record.offset}")
    return data[slice(*record.image)]


def _classes(root: pathlib.Path, records: Sequence[_Record]) -> tuple[tuple[str, ...], Array]:
    """Names the classes and numbers them from 0 without gaps."""
    if any(record.label is None for record in records):
        names = tuple(sorted({record.text or "" for record in records}))
        index = {name: place for place, name in enumerate(names)}
        return names, np.array([index[record.text or ""] for record in records], np.int64)
    numbers = [int(record.label or 0) for record in records]
    if (root / LABELS_FILE).is_file():
        lines = (root / LABELS_FILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        if max(numbers) >= len(lines):
            raise SuiteError(f"{root / LABELS_FILE}: {len(lines)} names, but a record has the label {max(numbers)}")
        return tuple(lines), np.array(numbers, np.int64)
    texts: dict[int, str] = {}
    for number, record in zip(numbers, records, strict=True):
        name = record.text if record.text is not None else str(number)
        if texts.setdefault(number, name) != name:
            raise SuiteError(f"{root}: label {number} is called both '{texts[number]}' and '{name}'")
    if len(set(texts.values())) < len(texts):
        raise SuiteError(f"{root}: two labels have the same {TEXT}; add a {LABELS_FILE} with one name a line")
    order = sorted(texts)
    return tuple(texts[number] for number in order), np.searchsorted(order, numbers).astype(np.int64)
