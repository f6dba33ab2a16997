"""The graphs inside a `.tflite` file: tensors, operators and how they are joined.

Source: `schema.fbs` of LiteRT, version 3d, 2026,
https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

import dataclasses
import functools
import math
import struct
from typing import Any, Protocol

from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.tflite import operator_names
from tfl_lite_suite.tflite.flatbuffer import Table

# No memory holds as many values; what a file claims beyond that is cut, so that sums of it stay numbers.
MOST = 2**53
_MOST_AXES = 64
_ACTIVATED = (("fused_activation", "b", 0),)
_WINDOW = (("padding", "b", 0), ("stride_w", "i", 0), ("stride_h", "i", 0))
_DILATION = (("dilation_w", "i", 1), ("dilation_h", "i", 1))
# Inputs that no runtime does without; checked once, so that whoever reads a graph may rest on them.
_NEEDED = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "DIV"), 2),
    **dict.fromkeys(
        ("QUANTIZE", "DEQUANTIZE", "SOFTMAX", "LOGISTIC", "TANH", "RESHAPE", "SQUEEZE", "MEAN", "SUM", "PAD"), 1
    ),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "RELU", "RELU6", "HARD_SWISH"), 1),
}
# The fields of an options table in the schema's order, by the number of its type in the union `BuiltinOptions`.
_OPTIONS: dict[int, tuple[tuple[str, str, Any], ...]] = {
    1: (*_WINDOW, *_ACTIVATED, *_DILATION),
    2: (*_WINDOW, ("depth_multiplier", "i", 0), *_ACTIVATED, *_DILATION),
    5: (*_WINDOW, ("filter_w", "i", 0), ("filter_h", "i", 0), *_ACTIVATED),
    8: (*_ACTIVATED, ("weights_format", "b", 0), ("keep_num_dims", "?", False)),
    10: (("axis", "i", 0), *_ACTIVATED),
    11: _ACTIVATED,
    12: _ACTIVATED,
    21: _ACTIVATED,
    28: _ACTIVATED,
    29: _ACTIVATED,
    15: (("new_height", "i", 0), ("new_width", "i", 0), ("align_corners", "?", False), ("half_pixel", "?", False)),
    27: (("keep_dims", "?", False),),
    32: tuple((f"{name}_mask", "i", 0) for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")),
    49: (*_WINDOW, *_ACTIVATED),
    74: (("align_corners", "?", False), ("half_pixel", "?", False)),
    101: (("adj_x", "?", False), ("adj_y", "?", False)),
}


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """A tensor of a graph, or an input or output that a runtime tells of.

    Attributes:
        name: Name in the graph.
        shape: Sizes; 1 stands where a size is free.
        dtype: Such as `int8` or `float32`; `unknown(99)` for a number that the schema does not have.
        index: Place in the subgraph's list of tensors.
        buffer: Place in the file's list of buffers; 0 for none.
        scales: Quantization scales, one or one a channel; empty for an unquantized tensor.
        zero_points: As `scales`.
        axis: The axis along which `scales` runs.
        shape_signature: As `shape`, with −1 where a size is free; empty where all are fixed.
        is_variable: Whether the value outlives an inference.
        is_sparse: Whether the buffer is compressed.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    _: dataclasses.KW_ONLY
    index: int = 0
    buffer: int = 0
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    shape_signature: tuple[int, ...] = ()
    is_variable: bool = False
    is_sparse: bool = False

    @classmethod
    def per_tensor(
        cls, name: str, shape: tuple[int, ...], dtype: str, scale: float = 0.0, zero_point: int = 0
    ) -> "TensorSpec":
        """Returns a tensor with one quantization scale; 0.0 for one that is not quantized."""
        return cls(name, shape, dtype, scales=(scale,), zero_points=(zero_point,)) if scale else cls(name, shape, dtype)

    @property
    def scale(self) -> float:
        """The quantization scale, or the first of several; 0.0 where there is none."""
        return self.scales[0] if self.scales else 0.0

    @property
    def zero_point(self) -> int:
        """The quantization zero point, or the first of several; 0 where there is none."""
        return self.zero_points[0] if self.zero_points else 0

    @property
    def is_float(self) -> bool:
        """Whether its values are floating-point numbers."""
        return self.dtype in operator_names.FLOATING

    @property
    def is_dynamic(self) -> bool:
        """Whether a size is known only at run time."""
        return any(size < 0 for size in (*self.shape, *self.shape_signature))

    @property
    def size(self) -> int:
        """Number of values; a free size counts as 1. At most `MOST`, however much a file claims."""
        return min(math.prod(max(size, 1) if size < 0 else size for size in self.shape), MOST)

    @property
    def bytes(self) -> int:
        """Size in memory; 0 for types without a fixed size."""
        return (self.size * operator_names.BITS.get(self.dtype, 0) + 7) // 8


@dataclasses.dataclass(frozen=True)
class Operator:
    """An operator of a graph.

    Attributes:
        index: Place in the order of execution.
        name: Such as `CONV_2D`; a custom operator's own name.
        version: Version of a builtin operator.
        is_custom: Whether the runtime needs a kernel that it does not bring.
        inputs: Places in the subgraph's list of tensors; −1 for an input left out.
        outputs: As `inputs`.
        options: The options that matter to cost and checks, by name.
    """

    index: int
    name: str
    version: int
    is_custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: JsonObject

    @property
    def activation(self) -> str:
        """The fused activation, such as `RELU6`; `NONE` where there is none."""
        code = self.options.get("fused_activation", 0)
        known = 0 <= code < len(operator_names.ACTIVATION)
        return operator_names.ACTIVATION[code] if known else f"unknown({code})"


class _File(Protocol):
    """What a graph asks of the file it stands in."""

    buffer_count: int

    @property
    def operator_codes(self) -> tuple[tuple[str, int, bool], ...]: ...

    def buffer_bytes(self, index: int) -> int: ...

    def buffer(self, index: int) -> memoryview: ...


class Subgraph:
    """One graph of the file; the first is the one that runs."""

    def __init__(self, table: Table, file: _File) -> None:
        self._table, self._file = table, file
        self.name = table.text(4)
        self.input_indices: tuple[int, ...] = table.scalars(1, "i")
        self.output_indices: tuple[int, ...] = table.scalars(2, "i")

    def tensor(self, index: int) -> TensorSpec:
        """Returns one tensor."""
        table = self._table.item(0, index)
        quantization = table.table(4)
        buffer = table.scalar(2, "I")
        if buffer >= max(self._file.buffer_count, 1):
            raise table.reader.error(f"tensor {index} refers to buffer {buffer} of {self._file.buffer_count}")
        shape = table.scalars(0, "i")
        if len(shape) > _MOST_AXES:
            raise table.reader.error(f"tensor {index} claims {len(shape)} axes")
        return TensorSpec(
            name=table.text(3),
            shape=shape,
            dtype=name_of(operator_names.TENSOR_TYPE, table.scalar(1, "b")),
            index=index,
            buffer=buffer,
            scales=quantization.scalars(2, "f") if quantization else (),
            zero_points=quantization.scalars(3, "q") if quantization else (),
            axis=quantization.scalar(6, "i") if quantization else 0,
            shape_signature=table.scalars(7, "i"),
            is_variable=table.scalar(5, "?", False),
            is_sparse=table.table(6) is not None,
        )

    @functools.cached_property
    def tensors(self) -> tuple[TensorSpec, ...]:
        """Every tensor, in the file's order."""
        return tuple(self.tensor(index) for index in range(self._table.count(0)))

    @functools.cached_property
    def operators(self) -> tuple[Operator, ...]:
        """Every operator, in the order of execution."""
        count = self._table.count(0)
        codes = self._file.operator_codes
        found = []
        for index, table in enumerate(self._table.items(3)):
            code, inputs, outputs = table.scalar(0, "I"), table.scalars(1, "i"), table.scalars(2, "i")
            if code >= len(codes):
                raise table.reader.error(f"operator {index} has code {code} of {len(codes)}")
            if not all(-1 <= tensor < count for tensor in (*inputs, *outputs)):
                raise table.reader.error(f"operator {index} refers to a tensor that does not exist")
            name, version, is_custom = codes[code]
            needed = _NEEDED.get(name, 0)
            if needed and (len(inputs) < needed or -1 in inputs[:needed] or not outputs or outputs[0] < 0):
                raise table.reader.error(f"operator {index}, {name}, lacks an input or output")
            found.append(Operator(index, name, version, is_custom, inputs, outputs, _options(table)))
        return tuple(found)

    @functools.cached_property
    def makers(self) -> dict[int, Operator]:
        """The operator that computes a tensor, by the tensor's index."""
        return {index: op for op in self.operators for index in op.outputs}

    @functools.cached_property
    def users(self) -> dict[int, list[Operator]]:
        """The operators that read a tensor, by the tensor's index."""
        found: dict[int, list[Operator]] = {}
        for op in self.operators:
            for index in dict.fromkeys(op.inputs):
                found.setdefault(index, []).append(op)
        return found

    def is_constant(self, tensor: TensorSpec) -> bool:
        """Whether a tensor's values stand in the file."""
        return tensor.buffer != 0 and self._file.buffer_bytes(tensor.buffer) > 0

    def integers(self, tensor: TensorSpec) -> tuple[int, ...]:
        """Returns the stored values of a short int32 tensor, such as axes or strides; empty for any other."""
        if tensor.dtype != "int32" or tensor.size > _MOST_AXES or not self.is_constant(tensor):
            return ()
        content = self._file.buffer(tensor.buffer)[: 4 * tensor.size]
        return struct.unpack(f"<{len(content) // 4}i", content[: len(content) // 4 * 4])


def computes_in_float(graph: Subgraph, op: Operator) -> bool:
    """Returns whether an operator computes in floating point, other than to convert an input or output of the model."""
    if op.name == "QUANTIZE" and set(op.inputs) <= set(graph.input_indices):
        return False
    if op.name == "DEQUANTIZE" and set(op.outputs) <= set(graph.output_indices):
        return any(graph.is_constant(graph.tensors[index]) for index in op.inputs if index >= 0)
    if any(graph.tensors[index].is_float for index in op.outputs if index >= 0):
        return True
    inputs = [graph.tensors[index] for index in op.inputs if index >= 0]
    return any(tensor.is_float and not graph.is_constant(tensor) for tensor in inputs)


def _options(table: Table) -> JsonObject:
    layout = _OPTIONS.get(table.scalar(3, "B"))
    options = table.table(4) if layout else None
    if layout is None or options is None:
        return {}
    return {name: options.scalar(field, code, default) for field, (name, code, default) in enumerate(layout)}


def name_of(names: tuple[str, ...], code: int) -> str:
    """Returns a number's name; `unknown(99)` for a number that the schema does not have."""
    return names[code] if 0 <= code < len(names) else f"unknown({code})"
