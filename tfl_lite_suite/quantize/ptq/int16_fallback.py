"""Some layers with 16-bit activations in an int8 file: finer steps where 256 are too coarse, weights as they are.

An int16 tensor here has steps of 1/128 of the int8 tensor's and zero point 0. So it covers the int8 tensor's range,
int8 values widen to it exactly, and no other calibration is needed. The converter makes files that are 16-bit
throughout or nowhere; the int8 file is rewritten instead.
"""

import copy
from collections.abc import Iterator, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.types import FlatbufferObject
from tfl_lite_suite.quantize.ptq.layer_error import float_name
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph
from tfl_lite_suite.tflite.object_form import pack, unpack

_FINER = 128
# Operators that runtimes compute with 16-bit activations, each with the version that says so.
# Source: `op_version.cc`, https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/tools/versioning/
_COMPUTING = {
    "ADD": 3,
    "AVERAGE_POOL_2D": 3,
    "CONCATENATION": 3,
    "CONV_2D": 4,
    "DEPTHWISE_CONV_2D": 5,
    "FULLY_CONNECTED": 7,
    "LOGISTIC": 3,
    "MEAN": 3,
    "MUL": 4,
    "SOFTMAX": 3,
    "SUB": 5,
}
# Those that only move values: they stay as wide as what they read.
_MOVING = {"MAX_POOL_2D": 3, "PAD": 3, "QUANTIZE": 2, "RESHAPE": 1, "SPLIT": 4, "STRIDED_SLICE": 2, "TRANSPOSE": 5}
_VERSIONS = {**_COMPUTING, **_MOVING, "DEQUANTIZE": 3}
_WEIGHTS = 1
_WITH_WEIGHTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def candidates(file: TfliteFile) -> tuple[set[str], list[str]]:
    """Finds what `widen` can widen.

    Args:
        file: An int8 model.

    Returns:
        The outputs, by their names in the float file, that one operator can compute and another read in 16 bits; and
        the operators that can do neither, such as `HARD_SWISH`.
    """
    graph = file.subgraphs[0]
    able = [op for op in graph.operators if _is_able(graph, op)]
    read = {index for op in able for index in op.inputs}
    outputs = [op.outputs[0] for op in able if op.name in _COMPUTING and op.outputs[0] in read]
    possible = {float_name(graph, graph.tensors[index]) for index in outputs}
    return possible, sorted({op.name for op in graph.operators} - _VERSIONS.keys())


def _is_able(graph: Subgraph, op: Operator) -> bool:
    """Whether an int8 operator can compute in 16 bits instead."""
    made = {graph.tensors[index].dtype for index in op.outputs}
    return op.name in _VERSIONS and (made == {"int8"} or op.name == "DEQUANTIZE")


def widen(file: TfliteFile, names: Sequence[str]) -> TfliteFile:
    """Gives activations 16 bits.

    Args:
        file: An int8 model with batch size 1, without metadata.
        names: Tensors to carry in 16 bits, of `candidates`.

    Returns:
        The model in which the operators that make or read these tensors compute with int8 weights and int16
        activations. All else stays as it is.
    """
    return TfliteFile(_Widening(file, set(names)).content())


class _Widening:
    """One rewriting of a graph, operator by operator."""

    def __init__(self, file: TfliteFile, names: set[str]) -> None:
        self._graph = file.subgraphs[0]
        self._model = unpack(file.content)
        self._whole = self._model.subgraphs[0]
        self._wide_tensors = self._reached(names)
        self._wide_form: dict[int, int] = {}

    def content(self) -> bytes:
        """Returns the rewritten flatbuffer."""
        self._whole.operators = [new for op in self._graph.operators for new in self._rewritten(op)]
        self._drop_unused()
        return pack(self._model)

    def _drop_unused(self) -> None:
        """Takes out the operator codes, and empties the buffers, that nothing refers to any more."""
        used = sorted({operator.opcodeIndex for operator in self._whole.operators})
        for operator in self._whole.operators:
            operator.opcodeIndex = used.index(operator.opcodeIndex)
        self._model.operatorCodes = [self._model.operatorCodes[place] for place in used]
        read = {part.buffer for part in (*self._whole.tensors, *(self._model.metadata or ()))}
        for place, buffer in enumerate(self._model.buffers):
            if place not in read:
                buffer.data = None

    def _reached(self, names: set[str]) -> set[int]:
        """Returns the tensors named, and those that the same values are moved to."""
        found = {tensor.index for tensor in self._graph.tensors if float_name(self._graph, tensor) in names}
        for op in self._graph.operators:
            if op.name in _MOVING and _is_able(self._graph, op) and found.intersection(op.inputs):
                found.update(op.outputs)
        return found

    def _is_wide(self, op: Operator) -> bool:
        touched = self._wide_tensors.intersection((*op.inputs, *op.outputs))
        return bool(touched) and _is_able(self._graph, op)

    def _rewritten(self, op: Operator) -> Iterator[FlatbufferObject]:
        """Yields the operators that take an operator's place."""
        operator = self._whole.operators[op.index]
        if not self._is_wide(op):
            yield operator
            return
        inputs = list(op.inputs)
        for place, index in enumerate(op.inputs):
            if self._gets_finer(op, place):
                if index not in self._wide_form:
                    yield from self._widened(index)
                inputs[place] = self._wide_form[index]
        operator.inputs = inputs
        operator.opcodeIndex = self._code(op.name)
        if op.name in ("ADD", "SUB"):
            operator.builtinOptions.potScaleInt16 = False
        wide = {i: self._make_wide(self._own(i)) for i in op.outputs if self._graph.tensors[i].dtype == "int8"}
        self._wide_form.update(wide)
        operator.outputs = [wide.get(index, index) for index in op.outputs]
        yield operator
        for index, place in wide.items():
            if place != index:
                yield self._operator("QUANTIZE", place, index)

    def _gets_finer(self, op: Operator, place: int) -> bool:
        """Whether an input is an activation, a constant of one, or a bias; not weights or a shape."""
        index = op.inputs[place]
        if index < 0 or op.name in _WITH_WEIGHTS:
            return index >= 0 and place != _WEIGHTS
        return self._graph.tensors[index].dtype == "int8"

    def _widened(self, index: int) -> Iterator[FlatbufferObject]:
        """Gives a tensor a wide form, and yields the operators that compute it."""
        if self._graph.is_constant(self._graph.tensors[index]):
            self._wide_form[index] = self._wide_constant(index)
            return
        self._wide_form[index] = self._make_wide(self._copy(index))
        # tflite-runtime 2.14 does not convert int8 to int16 in one step.
        between = self._copy(index)
        self._whole.tensors[between].type = schema.TensorType.FLOAT32
        self._whole.tensors[between].quantization = None
        yield self._operator("DEQUANTIZE", index, between)
        yield self._operator("QUANTIZE", between, self._wide_form[index])

    def _make_wide(self, index: int) -> int:
        tensor = self._whole.tensors[index]
        is_bias = tensor.type == schema.TensorType.INT32
        tensor.type = schema.TensorType.INT64 if is_bias else schema.TensorType.INT16
        tensor.quantization = copy.copy(tensor.quantization)
        tensor.quantization.scale = np.asarray(tensor.quantization.scale, np.float32) / _FINER
        tensor.quantization.zeroPoint = np.zeros_like(tensor.quantization.zeroPoint)
        return index

    def _wide_constant(self, index: int) -> int:
        place = self._own(index)
        tensor = self._whole.tensors[place]
        narrow, wide = ("<i4", "<i8") if tensor.type == schema.TensorType.INT32 else ("<i1", "<i2")
        values = np.asarray(self._model.buffers[tensor.buffer].data, np.uint8).view(narrow).astype(wide)
        data = (values - np.asarray(tensor.quantization.zeroPoint[0], wide)) * np.asarray(_FINER, wide)
        tensor.buffer = len(self._model.buffers)
        self._model.buffers.append(schema.BufferT())
        self._model.buffers[-1].data = data.view(np.uint8)
        return self._make_wide(place)

    def _own(self, index: int) -> int:
        """Returns the tensor itself if only wide operators read it, else a copy."""
        readers = self._graph.users.get(index, [])
        narrow = index in self._graph.output_indices or not all(map(self._is_wide, readers))
        return self._copy(index) if narrow else index

    def _copy(self, index: int) -> int:
        self._whole.tensors.append(copy.copy(self._whole.tensors[index]))
        return len(self._whole.tensors) - 1

    def _operator(self, name: str, source: int, target: int) -> FlatbufferObject:
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = self._code(name), [source], [target]
        return operator

    def _code(self, name: str) -> int:
        """Returns the place of an operator code, which is added if absent."""
        number, version = getattr(schema.BuiltinOperator, name), _VERSIONS[name]
        for place, code in enumerate(self._model.operatorCodes):
            if (max(code.builtinCode, code.deprecatedBuiltinCode), code.version) == (number, version):
                return place
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = number, version
        code.deprecatedBuiltinCode = min(number, 127)
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1
