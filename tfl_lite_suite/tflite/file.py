"""What a `.tflite` file says of itself, read without a runtime and without trusting a byte of it.

Source: `schema.fbs` of LiteRT, version 3d, 2026,
https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

import collections
import functools
import mmap
import os
import stat
from collections.abc import Callable
from typing import TypeVar

from tfl_lite_suite.core import contract as contract_module
from tfl_lite_suite.core import decision as decision_module
from tfl_lite_suite.core import files
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.tflite import labels as labels_file
from tfl_lite_suite.tflite import metadata as tflite_metadata
from tfl_lite_suite.tflite import operator_names
from tfl_lite_suite.tflite.flatbuffer import Reader, Table
from tfl_lite_suite.tflite.graph import Subgraph, TensorSpec, computes_in_float, name_of
from tfl_lite_suite.tflite.metadata import Archive, ModelMetadata

FILE_IDENTIFIER = b"TFL3"
# Loops and branches have one or two graphs each; converted networks have a few dozen at most.
_MAX_GRAPHS = 1000

T = TypeVar("T")


class TfliteFile:
    """A `.tflite` file. Parts are parsed when asked for; each may raise `SuiteError` if its bytes are damaged."""

    def __init__(self, data: "bytes | mmap.mmap | memoryview", where: str = "the model") -> None:
        """Checks the header.

        Args:
            data: A bytes-like object, the whole file.
            where: What to call it in error messages.

        Raises:
            SuiteError: If it is not a TensorFlow Lite file.
        """
        self.data, self.where = data, where
        self.root = Reader(data, FILE_IDENTIFIER, where).root()
        self.version: int = self.root.scalar(0, "I")
        self.buffer_count = self.root.count(4)
        if not self.root.count(2):
            raise self.root.reader.error("it holds no graph")
        if self.root.count(2) > _MAX_GRAPHS:
            raise self.root.reader.error(f"it holds {self.root.count(2):,} graphs; at most {_MAX_GRAPHS:,} are read")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "TfliteFile":
        """Maps a file into memory and checks its header.

        Args:
            path: The file.

        Returns:
            The file's view.

        Raises:
            SuiteError: If there is no such file, or it is empty or not a TensorFlow Lite file.
        """
        try:
            with open(path, "rb", opener=files.open_without_waiting) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise SuiteError(f"{path}: expected a .tflite file. Received: a device or pipe")
                if status.st_size == 0:
                    raise SuiteError(f"{path}: the file is empty. Convert or copy the model again")
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SuiteError(f"{path}: {os.strerror(error.errno or 0)}. Expected a .tflite file") from error
        model = cls(data, str(path))
        model.check()
        return model

    def check(self) -> None:
        """Reads all that interpreters read without checking it, because they crash on a file cut short.

        Raises:
            SuiteError: If a part is damaged.
        """
        for graph in self.subgraphs:
            known = range(len(graph.tensors))
            if not all(index in known for index in (*graph.input_indices, *graph.output_indices)):
                raise self.root.reader.error("an input or output is a tensor that does not exist")
            graph.operators  # noqa: B018
        if not all(index < self.buffer_count for index in self.metadata_entries.values()):
            raise self.root.reader.error("a metadata block refers to a buffer that does not exist")
        self._buffer_sizes, self.signatures  # noqa: B018

    @property
    def content(self) -> bytes:
        """The whole file; a copy where it is mapped."""
        return bytes(self.data)

    @property
    def file_bytes(self) -> int:
        """Size of the file."""
        return len(self.data)

    @property
    def description(self) -> str:
        """The description in the model's own table, which the converter writes."""
        return self.root.text(3)

    @functools.cached_property
    def operator_codes(self) -> tuple[tuple[str, int, bool], ...]:
        """`(name, version, is_custom)` for each operator code."""
        codes = []
        for table in self.root.items(1):
            # Files from before 2020 have the code in a byte; later ones set both, and the larger counts.
            code = max(table.scalar(0, "b"), table.scalar(3, "i"))
            is_custom = code == operator_names.CUSTOM
            name = (table.text(1) or "unnamed") if is_custom else name_of(operator_names.BUILTIN, code)
            codes.append((name, table.scalar(2, "i", 1), is_custom))
        return tuple(codes)

    @functools.cached_property
    def subgraphs(self) -> tuple[Subgraph, ...]:
        """Every graph; the first is the one that runs."""
        return tuple(Subgraph(table, self) for table in self.root.items(2))

    @functools.cached_property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The tensors that the model takes."""
        graph = self.subgraphs[0]
        return tuple(graph.tensor(index) for index in graph.input_indices)

    @functools.cached_property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The tensors that the model gives."""
        graph = self.subgraphs[0]
        return tuple(graph.tensor(index) for index in graph.output_indices)

    def buffer_bytes(self, index: int) -> int:
        """Returns the size of a buffer."""
        return self._buffer_sizes[index]

    @functools.cached_property
    def _buffer_sizes(self) -> tuple[int, ...]:
        return tuple(self._buffer_size(table) for table in self.root.items(4))

    @staticmethod
    def _buffer_size(table: Table) -> int:
        # Files beyond 2 GB keep the data behind the flatbuffer, and say where by an offset from the file's beginning.
        offset, size = table.scalar(1, "Q"), table.scalar(2, "Q")
        if offset <= 1:
            return len(table.blob(0))
        if offset + size > table.reader.length:
            raise table.reader.error("a buffer lies beyond the end of the file")
        return int(size)

    def buffer(self, index: int) -> memoryview:
        """Returns the bytes of a buffer, not copied."""
        table = self.root.item(4, index)
        offset, size = table.scalar(1, "Q"), self._buffer_size(table)
        return table.reader.view[offset : offset + size] if offset > 1 else table.blob(0)

    def buffer_place(self, index: int) -> int:
        """Returns where the bytes of a buffer begin, counted from the file's beginning."""
        table = self.root.item(4, index)
        offset, place = table.scalar(1, "Q"), table.at(0)
        return int(offset) if offset > 1 or not place else table.reader.follow(place) + 4

    @functools.cached_property
    def metadata_entries(self) -> dict[str, int]:
        """Named blocks of the model: name to buffer."""
        return {table.text(0): table.scalar(1, "I") for table in self.root.items(6)}

    @functools.cached_property
    def signatures(self) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
        """Signature name to `(inputs, outputs)`, each a name to its tensor's index."""
        return {
            table.text(2): (
                {item.text(0): item.scalar(1, "I") for item in table.items(0)},
                {item.text(0): item.scalar(1, "I") for item in table.items(1)},
            )
            for table in self.root.items(7)
        }

    @functools.cached_property
    def metadata(self) -> ModelMetadata | None:
        """The standard metadata; `None` where the file has none."""
        index = self.metadata_entries.get(tflite_metadata.BLOCK_NAME)
        return None if index is None else tflite_metadata.parse(self.buffer(index), self.where)

    @functools.cached_property
    def archive(self) -> Archive:
        """The associated files."""
        return Archive(self.data, self.where)

    @functools.cached_property
    def contract(self) -> Contract | None:
        """The preprocessing contract; `None` where the file has none."""
        return self._associated(contract_module.FILE_NAME, contract_module.from_json)

    @functools.cached_property
    def decision(self) -> Decision | None:
        """What the scores mean; `None` where nothing was decided."""
        return self._associated(decision_module.FILE_NAME, decision_module.from_json)

    @property
    def gives_probabilities(self) -> bool:
        """Whether the first output comes from a softmax or logistic operator."""
        graph = self.subgraphs[0]
        op = graph.makers.get(graph.output_indices[0])
        if op and op.name in ("QUANTIZE", "DEQUANTIZE"):
            op = graph.makers.get(op.inputs[0])
        return op is not None and op.name in ("SOFTMAX", "LOGISTIC")

    def _associated(self, name: str, parse: Callable[[str], T]) -> T | None:
        content = self.archive.read(name)
        if content is None:
            return None
        try:
            return parse(content.decode())
        except UnicodeDecodeError:
            raise SuiteError(f"{self.where}: '{name}' in it is not UTF-8 text") from None
        except SuiteError as error:
            raise SuiteError(f"{self.where}: {error}") from error

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of the first output; empty where the file has none."""
        outputs = self.metadata.outputs if self.metadata else ()
        named = (
            [file.name for file in outputs[0].files if file.type == tflite_metadata.TENSOR_AXIS_LABELS]
            if outputs
            else []
        )
        for name in (*named, contract_module.LABELS_FILE_NAME):
            content = self.archive.read(name)
            if content is not None:
                text = content.decode("utf-8", "replace")
                # The suite's own names are what they are, though they begin with numbers.
                as_written = self.contract is not None
                return labels_file.lines(text) if as_written else labels_file.parse(text, f"{self.where}: '{name}'")
        return self.contract.labels if self.contract else ()

    @functools.cached_property
    def op_histogram(self) -> dict[tuple[str, int], int]:
        """How often each `(name, version)` occurs, over all graphs, the most frequent first."""
        counts = collections.Counter((op.name, op.version) for graph in self.subgraphs for op in graph.operators)
        return dict(counts.most_common())

    @functools.cached_property
    def float_ops(self) -> tuple[JsonObject, ...]:
        """Operators that compute in floating point: `{"index", "name", "output", "subgraph"}`.

        A QUANTIZE right behind a float input and a DEQUANTIZE right before a float output only convert, and do not
        count.
        """
        return tuple(
            {
                "index": op.index,
                "name": op.name,
                "output": graph.tensors[op.outputs[0]].name if op.outputs and op.outputs[0] >= 0 else "",
                "subgraph": number,
            }
            for number, graph in enumerate(self.subgraphs)
            for op in graph.operators
            if computes_in_float(graph, op)
        )

    @property
    def fully_int8(self) -> bool:
        """Whether every operator computes in 8-bit integers; the input and output may still be float."""
        tensors = [
            graph.tensors[index]
            for graph in self.subgraphs
            for op in graph.operators
            for index in op.outputs
            if index >= 0
        ]
        quantized = {tensor.dtype for tensor in tensors if tensor.scales}
        return bool(quantized & {"int8", "uint8"}) and "int16" not in quantized and not self.float_ops
