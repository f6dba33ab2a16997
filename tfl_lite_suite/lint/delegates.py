"""Which operators the delegates XNNPACK, GPU and NNAPI leave to the slower builtin kernels, and why.

Source: `xnnpack_delegate.cc`, `gpu/common/model_builder.cc` and `nnapi_delegate.cc` of LiteRT, 2026,
https://github.com/google-ai-edge/LiteRT/tree/main/tflite/delegates
"""

from collections.abc import Callable, Sequence

from tfl_lite_suite.lint.result import RefusedOperator
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec

_XNNPACK_FLOAT = frozenset(
    """
    ABS ADD ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL CEIL CONCATENATION CONV_2D COS DENSIFY DEPTHWISE_CONV_2D
    DEPTH_TO_SPACE DEQUANTIZE DIV ELU EXP EXPAND_DIMS FLOOR FULLY_CONNECTED GELU HARD_SWISH LEAKY_RELU LOG LOGISTIC
    MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL NEG PAD PRELU QUANTIZE READ_VARIABLE REDUCE_MAX REDUCE_MIN RELU RELU6
    RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR ROUND RSQRT SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQRT SQUARE
    SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV VAR_HANDLE
    """.split()
)
_XNNPACK_INT8 = _XNNPACK_FLOAT - frozenset(
    """
    ABS AVERAGE_POOL_2D CEIL COS DENSIFY DIV EXP FLOOR GELU HARD_SWISH LOG MAXIMUM MINIMUM NEG PRELU RELU RELU6
    RELU_N1_TO_1 ROUND RSQRT SIN SOFTMAX SQRT SQUARE SQUARED_DIFFERENCE
    """.split()
)
# What the last tflite-runtime, 2.14, does not have yet; compared with its own `_get_ops_details()`.
_TFLITE_RUNTIME_LACKS = frozenset("COS EXP GELU LOG REDUCE_MAX REDUCE_MIN RSQRT SIN".split())
_XNNPACK_STATIC = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"})
_GPU = frozenset(
    """
    ABS ADD ADD_N AVERAGE_POOL_2D BATCH_MATMUL CAST CONCATENATION CONV_2D COS CUMSUM DENSIFY DEPTHWISE_CONV_2D
    DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GELU GREATER
    GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGISTIC LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM
    MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU
    RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SELECT SELECT_V2 SIGN SIN
    SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TILE
    TRANSPOSE TRANSPOSE_CONV UNPACK
    """.split()
)
_NNAPI = frozenset(
    """
    ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BIDIRECTIONAL_SEQUENCE_LSTM CAST
    CONCATENATION CONV_2D COS DENSIFY DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EMBEDDING_LOOKUP EQUAL EXP
    EXPAND_DIMS FILL FLOOR FULLY_CONNECTED GATHER GREATER GREATER_EQUAL HARD_SWISH HASHTABLE_LOOKUP L2_NORMALIZATION
    L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOCAL_RESPONSE_NORMALIZATION LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC
    LOG_SOFTMAX LSH_PROJECTION LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 POW
    PRELU QUANTIZE REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RNN RSQRT SELECT SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT
    SPLIT_V SQRT SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV
    UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN UNPACK
    """.split()
)
# Custom operators that XNNPACK and the GPU delegate have nevertheless.
_MEDIAPIPE = frozenset({"Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D"})
# What takes an operator's place, where XNNPACK leaves out its int8 form.
_WAYS_AROUND = {
    "AVERAGE_POOL_2D": "pool the whole picture, which is a MEAN, or use a depthwise convolution of equal weights",
    "DIV": "multiply by the reciprocal",
    "GELU": "train with ReLU, ReLU6 or h-swish",
    "HARD_SWISH": "convert again: `convert --hard_swish=split` writes it as ADD and MUL",
    "MAXIMUM": "train with ReLU",
    "MINIMUM": "train with ReLU6",
    "PRELU": "train with LeakyReLU or ReLU",
    "RELU": "put it behind a convolution, ADD or MUL, which take it in",
    "RELU6": "put it behind a convolution, ADD or MUL, which take it in",
    "SOFTMAX": "leave it out of the file and compute it from the logits",
    "SQUARE": "multiply the tensor by itself",
    "SQUARED_DIFFERENCE": "subtract, and multiply the difference by itself",
}
_COMPUTED_TYPES = frozenset({"float32", "float16", "int8", "uint8"})
_GPU_LACKS = frozenset({"int16", "string", "float64", "complex64"})
_QUANTIZED_TYPES = frozenset({"int8", "uint8"})
_XNNPACK_ACTIVATIONS = frozenset({"NONE", "RELU", "RELU_N1_TO_1", "RELU6"})


def refusals(graph: Subgraph, target: str) -> dict[str, list[RefusedOperator]]:
    """Finds the operators that each delegate would not take.

    Args:
        graph: The main graph.
        target: The runtime that brings XNNPACK, such as `tflite_runtime-2.14`.

    Returns:
        Delegate to what it leaves out; `instead`, where there is a known way around XNNPACK's gaps.
    """
    # Its wheels are built without XNNPACK's quantized operators.
    xnnpack = _xnnpack_in_float if target.startswith("tflite_runtime") else _xnnpack
    judges: dict[str, Callable[[Subgraph, Operator], str]] = {"xnnpack": xnnpack, "gpu": _gpu, "nnapi": _nnapi}
    return {
        delegate: [
            RefusedOperator(op.index, op.name, why, _instead(graph, op) if delegate == "xnnpack" else None)
            for op in graph.operators
            if (why := judge(graph, op))
        ]
        for delegate, judge in judges.items()
    }


def _instead(graph: Subgraph, op: Operator) -> str | None:
    """Returns the way around an operator that XNNPACK leaves out, if there is one."""
    types = {tensor.dtype for tensor in _computed(graph, op)}
    if types & _QUANTIZED_TYPES and op.name in _WAYS_AROUND:
        return _WAYS_AROUND[op.name]
    if op.name == "CONCATENATION" and len(op.inputs) > 5:
        return "concatenate five at a time"
    return "convert to int8" if "int16" in types else None


def partitions(graph: Subgraph, refused: Sequence[RefusedOperator]) -> int:
    """Returns into how many pieces the refused operators cut what a delegate takes, in the order of execution."""
    outside = {entry.index for entry in refused}
    taken = [op.index not in outside for op in graph.operators]
    return sum(now and not before for before, now in zip([False, *taken], taken, strict=False))


def _computed(graph: Subgraph, op: Operator) -> list[TensorSpec]:
    """The tensors that an operator computes with, without its parameters."""
    tensors = [graph.tensors[index] for index in (*op.inputs[:1], *op.outputs) if index >= 0]
    return [tensor for tensor in tensors if tensor.dtype not in ("int32", "int64", "bool")] or tensors


def _xnnpack(graph: Subgraph, op: Operator) -> str:
    tensors = _computed(graph, op)
    types = {tensor.dtype for tensor in tensors}
    quantized = bool(types & _QUANTIZED_TYPES)
    if op.is_custom and op.name in _MEDIAPIPE:
        return ""
    if op.is_custom or op.name not in _XNNPACK_FLOAT:
        return "no such operator in XNNPACK"
    if not types <= _COMPUTED_TYPES:
        return f"XNNPACK computes in float and 8 bits, not {', '.join(sorted(types - _COMPUTED_TYPES))}"
    if quantized and op.name not in _XNNPACK_INT8:
        return f"XNNPACK has {op.name} in float only"
    if quantized and any(len(tensor.scales) != 1 for tensor in tensors if tensor.dtype in _QUANTIZED_TYPES):
        return "an activation without exactly one scale"
    if op.activation not in _XNNPACK_ACTIVATIONS:
        return f"XNNPACK does not fuse {op.activation}"
    if op.name == "QUANTIZE" and len(types & _QUANTIZED_TYPES) > 1:
        return "XNNPACK does not convert between int8 and uint8"
    if op.name == "CONCATENATION" and len(op.inputs) > 5:
        return "more than five inputs"
    if op.name == "STRIDED_SLICE" and any(stride != 1 for stride in _integers(graph, op, 3)):
        return "strides other than 1"
    if quantized and op.name in ("ADD", "SUB") and not _similar_scales(graph, op):
        return "an input's scale is under 1/1024 of the output's, or 256 times it"
    if op.name == "SPLIT" and len(op.outputs) > 4:
        return "more than four outputs"
    if op.name in _XNNPACK_STATIC:
        weights = [graph.tensors[index] for index in op.inputs if index >= 0][1:2]
        if weights and not _is_known(graph, weights[0]):
            return "its weights are computed, not stored"
    return ""


def _xnnpack_in_float(graph: Subgraph, op: Operator) -> str:
    if {tensor.dtype for tensor in _computed(graph, op)} & _QUANTIZED_TYPES:
        return "tflite-runtime's XNNPACK takes no quantized operator"
    if op.name in _TFLITE_RUNTIME_LACKS:
        return "tflite-runtime's XNNPACK does not have it"
    if op.name in ("MEAN", "SUM"):
        rank = len(graph.tensors[op.inputs[0]].shape)
        axes = {axis % rank for axis in _integers(graph, op, 1)} if rank else set()
        if rank != 4 or axes not in ({1, 2}, {2}):
            return "tflite-runtime's XNNPACK reduces height and width of four dimensions only"
    return _xnnpack(graph, op)


def _integers(graph: Subgraph, op: Operator, place: int) -> tuple[int, ...]:
    """The stored values of one of an operator's inputs, such as axes; empty if there are none."""
    return next((graph.integers(graph.tensors[index]) for index in op.inputs[place : place + 1] if index >= 0), ())


def _similar_scales(graph: Subgraph, op: Operator) -> bool:
    output = graph.tensors[op.outputs[0]].scale
    inputs = [graph.tensors[index].scale for index in op.inputs if index >= 0]
    return all(output / 1024 <= scale < output * 256 for scale in inputs)


def _is_known(graph: Subgraph, tensor: TensorSpec) -> bool:
    """Whether a tensor is stored, or unpacked from a stored one."""
    for _ in range(3):
        maker = graph.makers.get(tensor.index)
        if maker is None or maker.name not in ("DEQUANTIZE", "DENSIFY") or maker.inputs[:1] in ((), (-1,)):
            break
        tensor = graph.tensors[maker.inputs[0]]
    return graph.is_constant(tensor)


def _gpu(graph: Subgraph, op: Operator) -> str:
    types = {tensor.dtype for tensor in _computed(graph, op)}
    if op.is_custom and op.name in _MEDIAPIPE:
        return ""
    if op.is_custom or op.name not in _GPU:
        return "no such operator in the GPU delegate"
    if types & _GPU_LACKS:
        return f"the GPU delegate does not compute in {', '.join(sorted(types & _GPU_LACKS))}"
    if any(len(tensor.shape) > 4 for tensor in _computed(graph, op)):
        return "more than four dimensions"
    if any(tensor.is_dynamic for tensor in _computed(graph, op)):
        return "sizes that are known only at run time"
    return ""


def _nnapi(graph: Subgraph, op: Operator) -> str:
    if op.is_custom or op.name not in _NNAPI:
        return "no such operator in NNAPI"
    if any(tensor.dtype == "int16" and tensor.scales for tensor in _computed(graph, op)):
        return "NNAPI does not compute in int16"
    if any(tensor.is_dynamic for tensor in _computed(graph, op)):
        return "sizes that are known only at run time"
    weights = [graph.tensors[index] for index in op.inputs[1:2] if index >= 0]
    if op.name == "FULLY_CONNECTED" and weights and len(weights[0].scales) > 1:
        return "per-channel weights of a dense layer"
    if any(len(tensor.shape) > 4 for tensor in _computed(graph, op)):
        return "more than four dimensions"
    return ""
