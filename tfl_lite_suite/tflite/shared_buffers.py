"""Writes a `.tflite` file anew so that equal parts of it stand in the file once.

The converter gives every channel of every kernel and bias a zero point of 8 bytes, all of them 0, and repeats them for
every layer. A flatbuffer refers to its parts by offset, so one list of zeros serves all layers of that width: the int8
file of MobileNetV2 becomes 6 % smaller. The converter also names every tensor after all the layers that it comes from,
which is a tenth of a micro network's file; the last of those layers says enough.

Source: FlatBuffers internals, https://flatbuffers.dev/internals/
"""

import hashlib

import flatbuffers

from tfl_lite_suite.core.types import FlatbufferObject
from tfl_lite_suite.tflite.object_form import pack, unpack

_COUNT_BYTES = 4


def compact(content: bytes) -> bytes:
    """Returns an equal model with shorter names, whose equal strings, vectors and tables are shared.

    Args:
        content: A flatbuffer of at most 2 GB, without metadata.

    Returns:
        The flatbuffer. Names differ from one another, and those without `;` are kept.
    """
    model = unpack(content)
    for graph in model.subgraphs:
        # What operators compute is looked up by name more often than constants, and takes the plain names.
        constants = [bool(model.buffers[tensor.buffer].data is not None) for tensor in graph.tensors]
        used: set[bytes] = set()
        for _, tensor in sorted(zip(constants, graph.tensors, strict=True), key=lambda item: item[0]):
            tensor.name = _short(tensor.name or b"", used)
    return pack(model, SharingBuilder(len(content)))


def _short(name: bytes, used: set[bytes]) -> bytes:
    """Returns the layer that made the tensor, out of all that went into it, and notes the name as used."""
    short = first = name.split(b";")[0]
    number = 1
    while short in used:
        number += 1
        short = b"%s_%d" % (first, number)
    used.add(short)
    return short


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that takes back what it has just written where the same stands in the file already."""

    def __init__(self, initialSize: int = 1024) -> None:
        """Starts an empty file; `initialSize` is the expected number of bytes."""
        super().__init__(initialSize)
        self._places: dict[tuple[FlatbufferObject, bytes], int] = {}
        self._begin = 0
        self._targets: list[tuple[int, int]] = []
        self._kind: FlatbufferObject = None
        self.current_vtable: list[int] | None = None
        self._bytes = 0

    def CreateString(self, s: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> int:
        """Writes a string."""
        self._enter("string", len(s.encode(encoding, errors) if isinstance(s, str) else s))
        return int(super().CreateString(s, encoding, errors))

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        """Begins a vector."""
        self._enter(("vector", elemSize, alignment), elemSize * numElems)
        return int(super().StartVector(elemSize, numElems, alignment))

    def EndVector(self, numElems: int | None = None) -> int:
        """Ends a vector or string."""
        place = int(super().EndVector())
        key = self._key(self._kind, _COUNT_BYTES + self._bytes)
        if key in self._places:
            self._take_back()
        return self._places.setdefault(key, place)

    def StartObject(self, numfields: int) -> None:
        """Begins a table."""
        super().StartObject(numfields)
        self._enter("table", 0)

    def EndObject(self) -> int:
        """Ends a table."""
        fields = tuple(field and field - self._begin for field in self.current_vtable or ())
        key = self._key(("table", fields), self.Offset() - self._begin)
        if key not in self._places:
            self._places[key] = int(super().EndObject())
        else:
            self._take_back()
            self.nested, self.current_vtable = False, None
        return self._places[key]

    def PrependUOffsetTRelative(self, off: int) -> None:
        """Writes a reference to the part at `off`."""
        super().PrependUOffsetTRelative(off)
        self._targets.append((self.Offset(), off))

    def _enter(self, kind: object, size: int) -> None:
        self._begin, self._targets, self._kind, self._bytes = self.Offset(), [], kind, size

    def _key(self, kind: object, size: int) -> tuple[FlatbufferObject, bytes]:
        """Identifies the part that begins at the head; references count by where they lead, not by their distance."""
        written = memoryview(self.Bytes)[self.head : self.head + size]
        if self._targets:
            written = memoryview(bytearray(written))
            for place, target in self._targets:
                start = self.Offset() - place
                written[start : start + 4] = target.to_bytes(4, "little")
        return kind, hashlib.sha256(written).digest()

    def _take_back(self) -> None:
        self.head = len(self.Bytes) - self._begin
