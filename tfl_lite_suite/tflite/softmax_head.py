"""A softmax at the end of a file that gives logits, and the temperature in front of it.

With it clients that know nothing of a decision show probabilities: MediaPipe, the Task Library, Android Studio. The
temperature goes into the scale of the logits: a network's whole numbers stay as they are, and only mean less.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import FlatbufferObject
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph
from tfl_lite_suite.tflite.object_form import pack, unpack

_CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")
_WEIGHTED = ("FULLY_CONNECTED", "CONV_2D")
_SOFTMAX_CODE, _SOFTMAX_OPTIONS = 25, 9
# What the kernels of 8-bit softmax demand: steps of 1/256 from 0 on.
_STEP = 1 / 256
_ZERO = {"int8": -128, "uint8": 0}


def append(content: bytes) -> bytes:
    """Returns the model with a softmax behind its logits, in front of a conversion to another type.

    Args:
        content: A flatbuffer without metadata, whose first output is logits.

    Returns:
        The new flatbuffer; `content` itself where it gives probabilities already.

    Raises:
        SuiteError: If the logits have a type that no softmax takes.
    """
    file = TfliteFile(content)
    if file.gives_probabilities:
        return content
    graph = file.subgraphs[0]
    maker = _computing(graph)
    spec = graph.tensor(maker.outputs[0])
    if spec.dtype not in ("int8", "uint8", "float32"):
        raise SuiteError(f"convert.output: a softmax does not take logits of type {spec.dtype}. Keep logits")
    model = unpack(content)
    whole = model.subgraphs[0]
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = b"probabilities", whole.tensors[spec.index].type, 0
    tensor.shape = np.array(spec.shape, np.int32)
    if spec.dtype in _ZERO:
        tensor.quantization = _quantization(_STEP, _ZERO[spec.dtype])
    whole.tensors.append(tensor)
    made = len(whole.tensors) - 1
    for op in graph.users.get(spec.index, ()):
        whole.operators[op.index].inputs = np.array([made], np.int32)
        for index in op.outputs:
            dtype = graph.tensor(index).dtype
            if dtype in _ZERO:
                whole.tensors[index].quantization = _quantization(_STEP, _ZERO[dtype])
    if graph.output_indices[0] == spec.index:
        _set_output(model, made)
    whole.operators.insert(maker.index + 1, _softmax(model, spec.index, made, spec.dtype))
    return pack(model)


def logits_only(content: bytes, graph: Subgraph) -> bytes:
    """Returns the model with the softmax's input as its output, which tells more than probabilities in 256 steps.

    Args:
        content: The model.
        graph: Its graph, read.

    Raises:
        SuiteError: If the model does not end in a softmax.
    """
    model = unpack(content)
    _set_output(model, _last_softmax(graph).inputs[0])
    return pack(model)


def divide(content: bytes, graph: Subgraph, temperature: float) -> bytes:
    """Returns the model with its logits divided by a temperature, in front of the softmax at its end.

    Where the logits come from weights, the scales of weights, bias and logits are divided; else the softmax is told.

    Args:
        content: The model.
        graph: Its graph, read.
        temperature: What to divide by, greater than 0.

    Raises:
        SuiteError: If the model does not end in a softmax.
    """
    softmax = _last_softmax(graph)
    maker = graph.makers[softmax.inputs[0]]
    model = unpack(content)
    whole = model.subgraphs[0]
    parts = [whole.tensors[index] for index in maker.inputs[1:] if index >= 0]
    alone = all(len(graph.users.get(index, ())) == 1 for index in (*maker.inputs[1:], softmax.inputs[0]) if index >= 0)
    usable = maker.name in _WEIGHTED and maker.activation == "NONE" and alone
    if usable and all(_is_scaled(part) for part in (*parts, whole.tensors[softmax.inputs[0]])):
        for part in (*parts, whole.tensors[softmax.inputs[0]]):
            part.quantization.scale = (np.asarray(part.quantization.scale, np.float64) / temperature).astype(np.float32)
    else:
        whole.operators[softmax.index].builtinOptions.beta /= temperature
    return pack(model)


def _is_scaled(tensor: FlatbufferObject) -> bool:
    return tensor.quantization is not None and tensor.quantization.scale is not None


def _computing(graph: Subgraph) -> Operator:
    """Returns the operator that computes the first output, before conversions of its type."""
    found = graph.makers.get(graph.output_indices[0])
    if found is None:
        raise SuiteError("the model's output is computed by no operator")
    while found.name in _CONVERSIONS and found.inputs[0] in graph.makers:
        before = graph.makers[found.inputs[0]]
        if len(graph.users.get(before.outputs[0], ())) > 1:
            break
        found = before
    return found


def _last_softmax(graph: Subgraph) -> Operator:
    found = _computing(graph)
    if found.name != "SOFTMAX":
        raise SuiteError(f"the model ends in {found.name}, not in a softmax")
    return found


def _softmax(model: FlatbufferObject, source: int, made: int, dtype: str) -> FlatbufferObject:
    code = schema.OperatorCodeT()
    code.deprecatedBuiltinCode = code.builtinCode = _SOFTMAX_CODE
    code.version = 1 if dtype == "float32" else 2
    model.operatorCodes.append(code)
    op = schema.OperatorT()
    op.opcodeIndex = len(model.operatorCodes) - 1
    op.inputs, op.outputs = np.array([source], np.int32), np.array([made], np.int32)
    op.builtinOptionsType = _SOFTMAX_OPTIONS
    op.builtinOptions = schema.SoftmaxOptionsT()
    op.builtinOptions.beta = 1.0
    return op


def _quantization(scale: float, zero_point: int) -> FlatbufferObject:
    found = schema.QuantizationParametersT()
    found.scale, found.zeroPoint = np.array([scale], np.float32), np.array([zero_point], np.int64)
    return found


def _set_output(model: FlatbufferObject, index: int) -> None:
    whole = model.subgraphs[0]
    before = int(whole.outputs[0])
    whole.outputs = np.array([index, *whole.outputs[1:]], np.int32)
    for signature in model.signatureDefs or []:
        for output in signature.outputs or []:
            if output.tensorIndex == before:
                output.tensorIndex = index
