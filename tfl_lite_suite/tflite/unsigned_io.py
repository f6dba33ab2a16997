"""An int8 input and output turned into uint8, the same numbers counted from 0 on, for runtimes that take no int8."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import FlatbufferObject
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.object_form import pack, unpack

_QUANTIZE, _QUANTIZE_OPTIONS = schema.BuiltinOperator.QUANTIZE, schema.BuiltinOptions.QuantizeOptions
_SHIFT = 128


def unsigned(content: bytes) -> bytes:
    """Returns the model with each int8 input and output as uint8, every value 128 more, exactly.

    A QUANTIZE between two types of 8 bits with the same scale flips the top bit and rounds nothing, so that an input
    of int8 pixel − 128 becomes the pixel itself.

    Args:
        content: A flatbuffer without metadata.

    Returns:
        The new flatbuffer; `content` itself where nothing is int8.

    Raises:
        SuiteError: If an int8 input or output has no scale, so that its values mean nothing.
    """
    graph = TfliteFile(content).subgraphs[0]
    inputs = {index for index in graph.input_indices if graph.tensor(index).dtype == "int8"}
    outputs = {index for index in graph.output_indices if graph.tensor(index).dtype == "int8"}
    if not inputs | outputs:
        return content
    model = unpack(content)
    whole = model.subgraphs[0]
    code = schema.OperatorCodeT()
    # The second version reads and writes 8 bits, not float alone.
    code.deprecatedBuiltinCode, code.builtinCode, code.version = _QUANTIZE, _QUANTIZE, 2
    model.operatorCodes.append(code)
    made_in = {index: _as_unsigned(whole, graph.tensor(index)) for index in sorted(inputs)}
    made_out = {index: _as_unsigned(whole, graph.tensor(index)) for index in sorted(outputs)}
    number = len(model.operatorCodes) - 1
    before = [_quantize(number, made, index) for index, made in made_in.items()]
    after = [_quantize(number, index, made) for index, made in made_out.items()]
    whole.operators = [*before, *whole.operators, *after]
    whole.inputs = np.array([made_in.get(index, index) for index in graph.input_indices], np.int32)
    whole.outputs = np.array([made_out.get(index, index) for index in graph.output_indices], np.int32)
    for signature in model.signatureDefs or []:
        for entries, made in ((signature.inputs, made_in), (signature.outputs, made_out)):
            for entry in entries or []:
                entry.tensorIndex = made.get(entry.tensorIndex, entry.tensorIndex)
    return pack(model)


def _as_unsigned(whole: FlatbufferObject, spec: TensorSpec) -> int:
    """Adds a uint8 tensor of the same real values; returns its index."""
    if len(spec.scales) != 1 or not spec.scale > 0:
        raise SuiteError(f"tensor '{spec.name}': int8 without one scale; it cannot become uint8")
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = f"{spec.name}_uint8".encode(), schema.TensorType.UINT8, 0
    tensor.shape = np.array(spec.shape, np.int32)
    if spec.shape_signature:
        tensor.shapeSignature = np.array(spec.shape_signature, np.int32)
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = np.array([spec.scale], np.float32)
    tensor.quantization.zeroPoint = np.array([spec.zero_point + _SHIFT], np.int64)
    whole.tensors.append(tensor)
    return len(whole.tensors) - 1


def _quantize(code: int, source: int, made: int) -> FlatbufferObject:
    op = schema.OperatorT()
    op.opcodeIndex, op.builtinOptionsType, op.builtinOptions = code, _QUANTIZE_OPTIONS, schema.QuantizeOptionsT()
    op.inputs, op.outputs = np.array([source], np.int32), np.array([made], np.int32)
    return op
