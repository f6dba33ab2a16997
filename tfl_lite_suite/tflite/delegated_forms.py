"""int8 operators in forms that XNNPACK computes, or computes faster, with the int8 values that they had.

HARD_SWISH: XNNPACK has it in float only; an int8 one interrupts what it computes, and runs on a slower kernel.
`x · relu6(x + 3)`, an ADD with a fused RELU6 and a MUL, is six times `hard_swish(x)`.

Normalization of pixels by one mean and one standard deviation: a depthwise convolution of three channels uses a small
part of a vector register. An ADD of `-mean` gives the normalized pixel times the standard deviation.

A tensor that holds such a multiple gets that multiple of its scale, and the weights of the convolutions and dense
layers that read it are divided by it, so that no int8 value changes. Where something else reads such a tensor, one more
MUL takes the factor out again.
"""

import copy
from collections.abc import Iterator

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.types import Array, FlatbufferObject
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph
from tfl_lite_suite.tflite.integer_arithmetic import GATE, HALF_GATE, LEAST, MOST
from tfl_lite_suite.tflite.object_form import pack, unpack

_SWISH_FACTOR = 6.0
# XNNPACK refuses an ADD whose summands have steps of more, or less, times those of the sum; a margin is left.
_LEAST_RATIO, _MOST_RATIO = 2.0**-9, 2.0**7
# Where operators with weights take their input and their weights.
_WEIGHTED = {"CONV_2D": (0, 1), "DEPTHWISE_CONV_2D": (0, 1), "FULLY_CONNECTED": (0, 1), "TRANSPOSE_CONV": (2, 1)}
# A factor of all that they read is a factor of what they give.
_HOMOGENEOUS = frozenset(
    """
    ADD AVERAGE_POOL_2D BATCH_TO_SPACE_ND CONCATENATION DEPTH_TO_SPACE EXPAND_DIMS GATHER MAX_POOL_2D MAXIMUM MEAN
    MINIMUM MIRROR_PAD PAD REDUCE_MAX REDUCE_MIN RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SQUEEZE STRIDED_SLICE SUB SUM TILE TRANSPOSE
    """.split()
)
_COMMUTING_ACTIVATIONS = ("NONE", "RELU")


def rewrite(file: TfliteFile, *, split_hard_swish: bool = True) -> TfliteFile:
    """Puts cheaper operators in the place of int8 HARD_SWISH and of the normalization of pixels.

    Args:
        file: A model without metadata.
        split_hard_swish: Whether to do it to HARD_SWISH as well.

    Returns:
        The model; `file` itself where it has neither.
    """
    graph = file.subgraphs[0]
    swishes = [op for op in graph.operators if split_hard_swish and _can_be_split(graph, op)]
    factors: dict[int, float] = {op.index: _SWISH_FACTOR for op in swishes}
    offsets = {}
    for op in graph.operators:
        if (affine := _normalization(file, graph, op)) is not None and _is_absorbed(graph, op.outputs[0]):
            factors[op.index], offsets[op.index] = 1 / affine[0], affine[1] / affine[0]
    return TfliteFile(_Rewriting(file, factors, offsets).content()) if factors else file


def _can_be_split(graph: Subgraph, op: Operator) -> bool:
    """Tells whether XNNPACK takes ADD and MUL in an operator's stead."""
    if op.name != "HARD_SWISH" or {graph.tensors[i].dtype for i in (*op.inputs, *op.outputs)} != {"int8"}:
        return False
    return _LEAST_RATIO < graph.tensors[op.inputs[0]].scale / float(GATE.step) < _MOST_RATIO


def _normalization(file: TfliteFile, graph: Subgraph, op: Operator) -> tuple[float, float] | None:
    """Returns the factor and the summand that a depthwise convolution gives every pixel, if there is one of each."""
    if op.name != "DEPTHWISE_CONV_2D" or op.activation != "NONE" or len(op.inputs) != 3 or min(op.inputs) < 0:
        return None
    maker = graph.makers.get(op.inputs[0])
    pixels = maker.inputs[0] if maker and maker.name == "QUANTIZE" else op.inputs[0]
    if pixels not in graph.input_indices:
        return None
    source, weights, bias, output = (graph.tensors[index] for index in (*op.inputs, *op.outputs))
    if {source.dtype, weights.dtype, output.dtype} != {"int8"} or source.shape != output.shape:
        return None
    if weights.shape[1:3] != (1, 1) or not (graph.is_constant(weights) and graph.is_constant(bias)):
        return None
    factors = np.frombuffer(file.buffer(weights.buffer), np.int8) * np.asarray(weights.scales, np.float64)
    summands = np.frombuffer(file.buffer(bias.buffer), "<i4") * np.asarray(bias.scales, np.float64)
    alike = bool(np.ptp(factors) < 1e-6 * factors[0] and np.ptp(summands) < 1e-6 * abs(summands[0]))
    return (float(factors[0]), float(summands[0])) if alike else None


def _is_absorbed(graph: Subgraph, index: int) -> bool:
    """Tells whether only operators with weights read a tensor, if need be after padding."""
    users = graph.users.get(index, [])
    known = all(op.name == "PAD" and _is_absorbed(graph, op.outputs[0]) or op.name in _WEIGHTED for op in users)
    return bool(users) and known and index not in graph.output_indices


def _divided(before: np.float32, scales: Array, after: np.float32) -> Array:
    """Returns scales whose products with `after` are those of `scales` with `before`, to the last bit if possible."""
    wanted = before * scales
    found = (np.float64(before) * scales / np.float64(after)).astype(np.float32)
    for end in (0, np.inf):
        neighbour = np.nextafter(found, np.float32(end))
        found = np.where((after * found != wanted) & (after * neighbour == wanted), neighbour, found)
    return found


class _Rewriting:
    """One rewriting of a graph.

    A tensor that gets a factor keeps its place where all that read it can do with the factor; else a copy gets it.
    """

    def __init__(self, file: TfliteFile, factors: dict[int, float], offsets: dict[int, float]) -> None:
        """Decides which tensor gets which factor.

        Args:
            file: The model.
            factors: What the output of each operator that goes is multiplied by, by the operator's index.
            offsets: What is added to the pixels in a normalization's stead, likewise; the others are HARD_SWISH.
        """
        self._graph, self._model = file.subgraphs[0], unpack(file.content)
        self._whole = self._model.subgraphs[0]
        self._made, self._offsets = factors, offsets
        self._factors: dict[int, float] = {}
        self._plain = set(self._graph.output_indices)
        for op in self._graph.operators:
            self._follow(op)
        self._scaled = {index: self._with_factor(index) for index in self._factors}

    def content(self) -> bytes:
        """Returns the rewritten flatbuffer."""
        self._whole.operators = [new for op in self._graph.operators for new in self._rewritten(op)]
        used = sorted({operator.opcodeIndex for operator in self._whole.operators})
        for operator in self._whole.operators:
            operator.opcodeIndex = used.index(operator.opcodeIndex)
        self._model.operatorCodes = [self._model.operatorCodes[place] for place in used]
        return pack(self._model)

    def _follow(self, op: Operator) -> None:
        """Notes the factors of what an operator gives, and the tensors that it needs without theirs."""
        if op.index in self._made:
            self._plain.update(op.inputs)
            self._factors[op.outputs[0]] = self._made[op.index]
            return
        inputs = [index for index in op.inputs if index in self._factors]
        if not inputs or self._absorbs(op):
            return
        factor = self._factor_of_output(op)
        if factor is None:
            self._plain.update(inputs)
        else:
            self._factors.update(dict.fromkeys(op.outputs, factor))

    def _absorbs(self, op: Operator) -> bool:
        """Tells whether an operator's weights can take the factor of its input."""
        places = _WEIGHTED.get(op.name)
        if places is None or op.inputs[places[0]] not in self._factors:
            return False
        weights = self._graph.tensors[op.inputs[places[1]]]
        return weights.index not in self._factors and bool(weights.scales) and self._graph.is_constant(weights)

    def _factor_of_output(self, op: Operator) -> float | None:
        """Returns the factor that an operator hands on; `None` where it cannot."""
        read = [index for index in op.inputs if index >= 0 and self._graph.tensors[index].scales]
        factors = [self._factors.get(index, 1.0) for index in read]
        quantized = all(self._graph.tensors[index].scales for index in op.outputs)
        if not quantized or op.activation not in _COMMUTING_ACTIVATIONS:
            return None
        if op.name == "MUL":
            return float(np.prod(factors))
        return factors[0] if op.name in _HOMOGENEOUS and len(set(factors)) == 1 else None

    def _with_factor(self, index: int) -> int:
        """Returns the place of a tensor with its factor."""
        place = self._copy(index) if index in self._plain else index
        self._rescale(place, self._factors[index])
        return place

    def _rescale(self, place: int, factor: float) -> None:
        tensor = self._whole.tensors[place]
        tensor.quantization = copy.copy(tensor.quantization)
        tensor.quantization.scale = np.asarray(tensor.quantization.scale, np.float32) * np.float32(factor)

    def _rewritten(self, op: Operator) -> Iterator[FlatbufferObject]:
        """Yields the operators that take an operator's place."""
        operator = self._whole.operators[op.index]
        if op.index in self._offsets:
            value = LEAST if self._offsets[op.index] < 0 else MOST
            offset = self._constant("minus_mean", value, self._offsets[op.index] / value)
            yield self._operator("ADD", [op.inputs[0], offset], self._scaled[op.outputs[0]])
        elif op.index in self._made:
            gate, three = self._gate(op.inputs[0]), self._constant("three", *HALF_GATE)
            yield self._operator("ADD", [op.inputs[0], three], gate, schema.ActivationFunctionType.RELU6)
            yield self._operator("MUL", [op.inputs[0], gate], self._scaled[op.outputs[0]])
        else:
            absorbs = self._absorbs(op)
            hands_on = absorbs or op.outputs[0] in self._factors
            if absorbs:
                self._divide_weights(op)
            operator.inputs = [
                self._scaled.get(index, index) if hands_on else index for index in map(int, operator.inputs)
            ]
            operator.outputs = [self._scaled.get(index, index) for index in map(int, operator.outputs)]
            yield operator
        for index in op.outputs:
            if self._scaled.get(index, index) != index:
                factor = self._constant("factor", 1, 1 / self._factors[index])
                yield self._operator("MUL", [self._scaled[index], factor], index)

    def _divide_weights(self, op: Operator) -> None:
        """Gives an operator weights that undo the factor of its input; products of scales stay what they were."""
        source, place = (op.inputs[i] for i in _WEIGHTED[op.name])
        own = self._copy(place) if len(self._graph.users[place]) > 1 else place
        after = np.float32(self._whole.tensors[self._scaled[source]].quantization.scale[0])
        self._rescale(own, 1.0)
        quantization = self._whole.tensors[own].quantization
        quantization.scale = _divided(np.float32(self._graph.tensors[source].scale), quantization.scale, after)
        inputs = list(self._whole.operators[op.index].inputs)
        inputs[_WEIGHTED[op.name][1]] = own
        self._whole.operators[op.index].inputs = inputs

    def _gate(self, index: int) -> int:
        """Returns the place of a new tensor for `relu6(x + 3)`, of the shape of `x`."""
        place = self._copy(index)
        tensor = self._whole.tensors[place]
        tensor.name = (tensor.name or b"") + b"/gate"
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array([GATE.step], np.float32)
        tensor.quantization.zeroPoint = np.array([GATE.zero_point], np.int64)
        return place

    def _constant(self, name: str, value: int, scale: float) -> int:
        """Returns the place of a new int8 scalar, `value` steps of `scale`."""
        tensor, buffer = schema.TensorT(), schema.BufferT()
        buffer.data = np.array([value], np.int8).view(np.uint8)
        self._model.buffers.append(buffer)
        tensor.name, tensor.type = name.encode(), schema.TensorType.INT8
        tensor.shape = np.array([], np.int32)
        tensor.buffer = len(self._model.buffers) - 1
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array([scale], np.float32)
        tensor.quantization.zeroPoint = np.array([0], np.int64)
        self._whole.tensors.append(tensor)
        return len(self._whole.tensors) - 1

    def _copy(self, index: int) -> int:
        self._whole.tensors.append(copy.copy(self._whole.tensors[index]))
        return len(self._whole.tensors) - 1

    def _operator(self, name: str, inputs: list[int], output: int, activation: int = 0) -> FlatbufferObject:
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = self._code(name), inputs, [output]
        options = {"ADD": schema.AddOptionsT, "MUL": schema.MulOptionsT}[name]()
        options.fusedActivationFunction = activation
        if name == "ADD":
            options.potScaleInt16 = False
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        operator.builtinOptions = options
        return operator

    def _code(self, name: str) -> int:
        """Returns the place of an int8 operator code, which is added if absent."""
        number, version = getattr(schema.BuiltinOperator, name), 2
        for place, code in enumerate(self._model.operatorCodes):
            if (max(code.builtinCode, code.deprecatedBuiltinCode), code.version) == (number, version):
                return place
        code = schema.OperatorCodeT()
        code.builtinCode, code.version, code.deprecatedBuiltinCode = number, version, min(number, 127)
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1
