"""Reads a `.tflite` file's standard metadata: the `TFLITE_METADATA` block, and the files appended as a ZIP archive.

Source: TensorFlow Lite metadata, https://ai.google.dev/edge/litert/conversion/tensorflow/metadata and
`metadata_schema.fbs` of https://github.com/tensorflow/tflite-support
"""

import dataclasses
import io
import struct
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.flatbuffer import Reader, Table

BLOCK_NAME = "TFLITE_METADATA"
FILE_IDENTIFIER = b"M001"
IMAGE_PROPERTIES = 2
NORMALIZATION_OPTIONS = 1
SCORE_THRESHOLDING_OPTIONS = 3
TENSOR_AXIS_LABELS = 2
COLOR_SPACES = ("unknown", "rgb", "grayscale")
MAX_FILE_BYTES = 4 << 20
_MAX_FILES = 256
_BUDGET = 1_000_000
_MAX_DIRECTORY_BYTES = 1 << 18
_END_RECORD = struct.Struct("<4s4H2LH")


@dataclasses.dataclass(frozen=True)
class AssociatedFile:
    """A file of the archive, as the metadata describes it; `type` 2 is a tensor's labels."""

    name: str
    description: str
    type: int


@dataclasses.dataclass(frozen=True)
class TensorMetadata:
    """What the metadata says of one input or output.

    Attributes:
        name: Name for people and generated code.
        description: A sentence.
        color_space: `rgb` or `grayscale` for an image, else `unknown`.
        mean: Per channel or for all, in pixel units; empty where none is given.
        std: As `mean`.
        files: Labels and the like.
        least_score: The score below which a class is not to be shown; `None` where none is given.
    """

    name: str
    description: str
    color_space: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    files: tuple[AssociatedFile, ...]
    least_score: float | None = None


@dataclasses.dataclass(frozen=True)
class ModelMetadata:
    """What the metadata says of the model."""

    name: str
    description: str
    version: str
    author: str
    license: str
    min_parser_version: str
    inputs: tuple[TensorMetadata, ...]
    outputs: tuple[TensorMetadata, ...]
    files: tuple[AssociatedFile, ...]


def parse(block: object, where: str) -> ModelMetadata:
    """Parses a metadata block.

    Args:
        block: The bytes of the buffer that `TFLITE_METADATA` names.
        where: The file, for error messages.

    Returns:
        What it says of the first subgraph.

    Raises:
        SuiteError: If it is no metadata block.
    """
    root = Reader(block, FILE_IDENTIFIER, f"{where}: metadata", _BUDGET).root()
    graph = next(root.items(3), None)
    return ModelMetadata(
        name=root.text(0),
        description=root.text(1),
        version=root.text(2),
        author=root.text(4),
        license=root.text(5),
        min_parser_version=root.text(7),
        inputs=tuple(_tensor(item) for item in graph.items(2)) if graph else (),
        outputs=tuple(_tensor(item) for item in graph.items(3)) if graph else (),
        files=_files(root, 6) + (_files(graph, 4) if graph else ()),
    )


def _files(table: Table, field: int) -> tuple[AssociatedFile, ...]:
    return tuple(AssociatedFile(item.text(0), item.text(1), item.scalar(2, "b")) for item in table.items(field))


def _tensor(table: Table) -> TensorMetadata:
    content, color = table.table(3), 0
    if content and content.scalar(0, "B") == IMAGE_PROPERTIES:
        image = content.table(1)
        color = image.scalar(0, "b") if image else 0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    least_score: float | None = None
    for unit in table.items(4):
        kind, options = unit.scalar(0, "B"), unit.table(1)
        if options and kind == NORMALIZATION_OPTIONS:
            mean, std = options.scalars(0, "f"), options.scalars(1, "f")
        elif options and kind == SCORE_THRESHOLDING_OPTIONS:
            least_score = options.scalar(0, "f")
    return TensorMetadata(
        name=table.text(0),
        description=table.text(1),
        color_space=COLOR_SPACES[color] if 0 <= color < len(COLOR_SPACES) else "unknown",
        mean=mean,
        std=std,
        files=_files(table, 6),
        least_score=least_score,
    )


class Archive:
    """The ZIP archive at the end of a model file."""

    def __init__(self, data: Any, where: str) -> None:
        """Finds the archive.

        Args:
            data: A bytes-like object, the whole model file.
            where: The file, for error messages.

        Raises:
            SuiteError: If the archive is damaged or unreasonably large.
        """
        self.where = where
        self.start = len(data)
        self._zip: Any = None
        self.names: tuple[str, ...] = ()
        view = memoryview(data).cast("B")
        tail = bytes(view[-(_END_RECORD.size + (1 << 16)) :])
        position = tail.rfind(b"PK\x05\x06")
        if position < 0 or position + _END_RECORD.size > len(tail):
            return
        _, _, _, _, count, directory_bytes, directory, comment = _END_RECORD.unpack_from(tail, position)
        if position + _END_RECORD.size + comment != len(tail):
            return
        if count > _MAX_FILES or directory_bytes > _MAX_DIRECTORY_BYTES:
            raise SuiteError(f"{where}: the archive at its end claims {count} files; at most {_MAX_FILES} are read")
        self._open(view, len(data) - len(tail) + position - directory_bytes - directory)

    def _open(self, view: memoryview, shift: int) -> None:
        import zipfile

        try:
            self._zip = zipfile.ZipFile(io.BufferedReader(_ViewFile(view)))
            entries = self._zip.infolist()
            self.names = tuple(entry.filename for entry in entries)
            self.start = min((entry.header_offset for entry in entries), default=len(view) - _END_RECORD.size)
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError) as error:
            raise SuiteError(f"{self.where}: the archive of associated files is damaged: {error}") from error
        if shift < 0 or not 0 <= self.start <= len(view):
            raise SuiteError(f"{self.where}: the archive of associated files is damaged: it begins outside the file")

    def read(self, name: str) -> bytes | None:
        """Returns a file's content; `None` where the archive has no such file.

        Raises:
            SuiteError: If the file is damaged, or larger than 4 MiB.
        """
        if name not in self.names:
            return None
        import zipfile
        import zlib

        if self._zip.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SuiteError(f"{self.where}: the associated file '{name}' is packed in a way that no app reads")
        try:
            with self._zip.open(name) as file:
                content: bytes = file.read(MAX_FILE_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, struct.error, RuntimeError) as error:
            raise SuiteError(f"{self.where}: the associated file '{name}' is damaged: {error}") from error
        if len(content) > MAX_FILE_BYTES:
            raise SuiteError(f"{self.where}: the associated file '{name}' is larger than {MAX_FILE_BYTES} bytes")
        return content


class _ViewFile(io.RawIOBase):
    """A file over a memory view, so that a large model is not copied to read the archive behind it."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._position = view, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._view)}[whence]
        if base + offset < 0:
            raise ValueError("a position before the file's beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        chunk = self._view[self._position : self._position + len(buffer)]
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)
