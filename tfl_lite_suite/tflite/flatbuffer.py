"""A reader of flatbuffers that trusts nothing: every offset, table and vector is checked before it is followed.

It needs no schema compiler: a field is asked for by its number, which is its place in the schema's table.

Source: FlatBuffers internals, https://flatbuffers.dev/internals/
"""

import struct
from collections.abc import Iterator
from typing import Any

from tfl_lite_suite.core.errors import SuiteError

_TABLE_COST = 64
_BUDGET = 12_000_000
_KINDS = {b"TFL3": "TensorFlow Lite file", b"M001": "TensorFlow Lite metadata block"}


class FlatbufferError(SuiteError):
    """The bytes are not a well-formed flatbuffer of the expected kind."""


class Reader:
    """The bytes of one flatbuffer, and a budget that bounds what reading them may cost.

    Offsets may be shared, so a small file can describe an exponentially large graph; the budget ends that.
    """

    def __init__(self, data: Any, identifier: bytes, where: str, budget: int = _BUDGET) -> None:
        """Checks the header.

        Args:
            data: A bytes-like object that begins with the root offset.
            identifier: The four bytes that must stand at offset 4.
            where: What is read, for error messages: a path, or a part of a file.
            budget: What reading may cost: 64 a table, 4 a number, 1 for 8 letters.

        Raises:
            FlatbufferError: If the header is cut off or another format's.
        """
        self.view = memoryview(data).cast("B")
        self.length = len(self.view)
        self.where, self.kind = where, _KINDS.get(identifier, "flatbuffer")
        self._left = budget
        if self.length < 8:
            raise self.error(f"it has only {self.length} bytes")
        if bytes(self.view[4:8]) != identifier:
            raise self.error(f"it lacks the mark '{identifier.decode()}' at byte 4")

    def error(self, detail: str) -> FlatbufferError:
        """Builds the error that says which file is not readable, and why."""
        return FlatbufferError(f"{self.where}: not a whole {self.kind}: {detail}. It is damaged or of another kind")

    def root(self) -> "Table":
        """Returns the root table."""
        return Table(self, self.unsigned(0))

    def charge(self, cost: int) -> None:
        """Spends from the budget.

        Raises:
            FlatbufferError: If the budget is used up.
        """
        self._left -= cost
        if self._left < 0:
            raise self.error("its tables refer to one another without end, or it is too large to analyse")

    def scalar(self, code: str, position: int) -> Any:
        """Returns one little-endian scalar; `code` as in the `struct` module."""
        size = struct.calcsize("<" + code)
        if not 0 <= position <= self.length - size:
            raise self.error(f"an offset leads to byte {position}, but the file has {self.length}")
        return struct.unpack_from("<" + code, self.view, position)[0]

    def unsigned(self, position: int) -> int:
        """Returns the unsigned 32-bit number at `position`."""
        return int(self.scalar("I", position))

    def follow(self, position: int) -> int:
        """Returns where the offset stored at `position` leads."""
        offset = self.unsigned(position)
        if offset == 0 or position + offset > self.length - 4:
            raise self.error(f"the offset at byte {position} leads outside the file")
        return position + offset

    def vector(self, position: int, item_size: int) -> tuple[int, int]:
        """Returns the position of the first item and the count of the vector at `position`."""
        count = self.unsigned(position)
        if count * item_size > self.length - position - 4:
            raise self.error(f"the list at byte {position} claims {count} items, more than the file holds")
        return position + 4, count

    def text(self, position: int) -> str:
        """Returns the string at `position`; bytes that are not UTF-8 are replaced."""
        start, count = self.vector(position, 1)
        self.charge(count // 8 + 1)
        return str(self.view[start : start + count], "utf-8", "replace")


class Table:
    """One table: its fields by number."""

    __slots__ = ("_fields", "_size", "position", "reader")

    def __init__(self, reader: Reader, position: int) -> None:
        self.reader, self.position = reader, position
        reader.charge(_TABLE_COST)
        vtable = position - reader.scalar("i", position)
        vtable_size, self._size = reader.scalar("H", vtable), reader.scalar("H", vtable + 2)
        if vtable_size < 4 or vtable_size % 2 or vtable + vtable_size > reader.length:
            raise self.reader.error(f"the table at byte {position} has a broken list of fields")
        if self._size < 4 or position + self._size > reader.length:
            raise self.reader.error(f"the table at byte {position} reaches beyond the file")
        self._fields = struct.unpack_from(f"<{vtable_size // 2 - 2}H", reader.view, vtable + 4)

    def __len__(self) -> int:
        return len(self._fields)

    def at(self, field: int, size: int = 4) -> int:
        """Returns the position of a field of `size` bytes; 0 where the table leaves it out."""
        offset = self._fields[field] if field < len(self._fields) else 0
        if offset and not 4 <= offset <= self._size - size:
            raise self.reader.error(f"the table at byte {self.position} puts field {field} outside itself")
        return self.position + offset if offset else 0

    def scalar(self, field: int, code: str, default: object = 0) -> Any:
        """Returns a scalar field; `code` as in the `struct` module."""
        position = self.at(field, struct.calcsize("<" + code))
        return self.reader.scalar(code, position) if position else default

    def text(self, field: int) -> str:
        """Returns a string field; empty where left out."""
        position = self.at(field)
        return self.reader.text(self.reader.follow(position)) if position else ""

    def table(self, field: int) -> "Table | None":
        """Returns the table that a field refers to."""
        position = self.at(field)
        return Table(self.reader, self.reader.follow(position)) if position else None

    def scalars(self, field: int, code: str) -> tuple[Any, ...]:
        """Returns a vector of scalars; empty where left out."""
        position = self.at(field)
        if not position:
            return ()
        start, count = self.reader.vector(self.reader.follow(position), struct.calcsize("<" + code))
        # A number in the file is a whole object here.
        self.reader.charge(4 * count)
        return struct.unpack_from(f"<{count}{code}", self.reader.view, start)

    def blob(self, field: int) -> memoryview:
        """Returns a vector of bytes, not copied; empty where left out."""
        position = self.at(field)
        if not position:
            return self.reader.view[:0]
        start, count = self.reader.vector(self.reader.follow(position), 1)
        return self.reader.view[start : start + count]

    def count(self, field: int) -> int:
        """Returns the number of items of a vector of offsets."""
        position = self.at(field)
        return self.reader.vector(self.reader.follow(position), 4)[1] if position else 0

    def item(self, field: int, index: int) -> "Table":
        """Returns one table of a vector of tables.

        Raises:
            FlatbufferError: If there is no such item.
        """
        if not 0 <= index < self.count(field):
            raise self.reader.error(f"item {index} is referred to in a list of {self.count(field)}")
        start, _ = self.reader.vector(self.reader.follow(self.at(field)), 4)
        return Table(self.reader, self.reader.follow(start + 4 * index))

    def items(self, field: int) -> Iterator["Table"]:
        """Yields every table of a vector of tables."""
        position = self.at(field)
        start, count = self.reader.vector(self.reader.follow(position), 4) if position else (0, 0)
        for place in range(start, start + 4 * count, 4):
            yield Table(self.reader, self.reader.follow(place))
