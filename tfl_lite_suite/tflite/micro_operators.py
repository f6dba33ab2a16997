"""The operators of TensorFlow Lite Micro, and the way around those that it lacks.

Source: tensorflow/lite/micro/micro_mutable_op_resolver.h of the project tflite-micro, of August 2026.
"""

from collections.abc import Iterable

# What `lint --target_runtime` calls it.
RUNTIME = "tflm"
OPERATORS = frozenset(
    """
    ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS
    BROADCAST_TO CALL_ONCE CAST CEIL CONCATENATION CONV_2D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE
    DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR FLOOR_DIV
    FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D
    LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D
    MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX
    REDUCE_MIN RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE
    SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE
    STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK VAR_HANDLE
    WHILE ZEROS_LIKE
    """.split()
)
_SPELT_OTHERWISE = {
    "BATCH_MATMUL": "AddBatchMatMul",
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}
_WAYS_AROUND = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": "use LSTM layers of one direction",
    "CONV_3D": "use two-dimensional convolutions",
    "DENSIFY": "convert the network without sparse storage",
    "GELU": "train with ReLU, ReLU6 or h-swish",
    "LOCAL_RESPONSE_NORMALIZATION": "train with batch normalization",
    "LSTM": "convert with a newer TensorFlow, which writes UNIDIRECTIONAL_SEQUENCE_LSTM",
    "ONE_HOT": "compute it in the program",
    "POW": "multiply the tensor by itself",
    "REDUCE_PROD": "multiply slices",
    "RELU_0_TO_1": "train with ReLU6",
    "RELU_N1_TO_1": "put it behind a convolution, ADD or MUL, which take it in",
    "SELECT": "convert with a newer TensorFlow, which writes SELECT_V2",
    "TILE": "concatenate copies",
    "TOPK_V2": "leave it out of the file and rank the scores in the program",
}
_ELSE = "replace the layers that make it, or convert a network of the suite"


def missing(names: Iterable[str]) -> dict[str, str]:
    """Returns the operators that TensorFlow Lite Micro lacks, each with the way around, sorted by name."""
    return {name: _WAYS_AROUND.get(name, _ELSE) for name in sorted(set(names) - OPERATORS)}


def method(name: str) -> str:
    """Returns the method of TensorFlow Lite Micro's resolver that adds an operator, such as `AddConv2D`."""
    words = (word if word[0].isdigit() else word.capitalize() for word in name.split("_"))
    return _SPELT_OTHERWISE.get(name) or "Add" + "".join(words)
