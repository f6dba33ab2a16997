"""Which runtime release first runs each version of each builtin operator.

Source: `runtime_version.cc` of LiteRT, 2026, the table that the converter writes `min_runtime_version` from,
https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/tools/versioning/runtime_version.cc
"""

import re

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.tflite import micro_operators

# An operator a line: its name, then the TensorFlow release that first ran its version 1, 2, 3 …
# A dash stands for a version that was withdrawn.
_TABLE = """
ADD 1.5 1.14 2.4 2.6 2.13 2.23
AVERAGE_POOL_2D 1.5 1.14 2.3
CONCATENATION 1.5 1.14 2.3 2.14 2.21 2.23 2.23
CONV_2D 1.5 1.14 1.14 2.3 2.4 2.9 2.11 2.15
DEPTHWISE_CONV_2D 1.5 1.12 1.14 2.2 2.3 2.3 2.11
DEPTH_TO_SPACE 2.1 2.5
DEQUANTIZE 1.13.1 1.14 1.15 2.2 2.7 2.18 2.21 2.22 2.23
EMBEDDING_LOOKUP 1.13 1.14 1.14 2.18 2.21
FLOOR 1.9
FULLY_CONNECTED 1.5 1.10 1.14 1.14 2.0 2.1 2.3 2.3 2.3 2.11 2.15 2.17 2.18 2.21
HASHTABLE_LOOKUP 1.5
L2_NORMALIZATION 1.5 1.14
L2_POOL_2D 1.5
LOCAL_RESPONSE_NORMALIZATION 1.5
LOGISTIC 1.14 1.14 2.3
LSH_PROJECTION 1.5
LSTM 1.7 1.10 1.14 2.3
MAX_POOL_2D 1.5 1.14 2.3
MUL 1.5 1.14 1.15 2.3 2.6 2.11 2.13 2.23
RELU 1.5 2.1 2.5
RELU_N1_TO_1 1.5
RELU6 1.5 1.14 2.5
RESHAPE 1.5
RESIZE_BILINEAR 1.7 1.14 2.2 2.5
RNN 1.5 1.14 2.3
SOFTMAX 1.5 1.14 2.3 2.23
SPACE_TO_DEPTH 1.5 1.14
SVDF 1.5 1.14 2.2 2.3
TANH 1.14 1.14 2.3
SKIP_GRAM 1.5
EMBEDDING_LOOKUP_SPARSE 1.5
PAD 1.5 1.14 2.4 2.6 2.20 2.23
UNIDIRECTIONAL_SEQUENCE_RNN 1.14 1.14 2.3
GATHER 1.6 1.14 1.15 2.4 2.5 2.13 2.15 2.23
BATCH_TO_SPACE_ND 1.6 1.14 2.3 2.12
SPACE_TO_BATCH_ND 1.6 1.14 2.3 2.12
TRANSPOSE 1.6 1.14 1.15 2.3 2.4 2.12 2.14.4 2.22 2.23
MEAN 1.6 1.14 2.4
SUB 1.6 1.14 2.3 2.4 2.4
DIV 1.6 2.3
SQUEEZE 1.6 2.5
UNIDIRECTIONAL_SEQUENCE_LSTM 1.13.1 1.14 2.3 2.12
STRIDED_SLICE 1.6 1.14 2.1 2.2 2.5 2.6 2.14 2.14
BIDIRECTIONAL_SEQUENCE_RNN 1.14 1.14 2.3
EXP 1.7 2.12
TOPK_V2 1.7 1.14 2.13
SPLIT 1.5 1.14 1.14 2.3 2.23
LOG_SOFTMAX 1.14 1.14
BIDIRECTIONAL_SEQUENCE_LSTM 1.14 1.14 1.14
CAST 1.5 2.7 2.8 2.9 2.12 2.15 2.17 2.21 2.23
PRELU 1.8
MAXIMUM 1.14 1.14 2.3 2.3
ARG_MAX 1.9 1.14 2.9
MINIMUM 1.14 1.14 2.3 2.3
LESS 1.14 1.14 2.13
NEG 1.9
PADV2 1.9 1.14 2.4 2.6 2.20 2.23
GREATER 1.14 1.14
GREATER_EQUAL 1.14 1.14 2.13
LESS_EQUAL 1.14 1.14
SELECT 1.14 1.14 2.12 2.12
SLICE 1.14 1.14 1.14 2.4 2.5 2.14 2.21 2.23
SIN 1.9 2.23
TRANSPOSE_CONV 1.9 2.2 2.3 2.13 2.15
SPARSE_TO_DENSE 1.9 1.14 1.15
TILE 1.10.1 2.2 2.8
EXPAND_DIMS 1.10
EQUAL 1.14 1.14 2.3 2.13 2.21
NOT_EQUAL 1.14 1.14 2.3 2.21
LOG 1.14 2.15
SUM 1.10 1.15
SQRT 1.10 2.21
RSQRT 1.10 2.5 2.15
SHAPE 1.10
POW 1.10
ARG_MIN 1.9 1.14 2.9
FAKE_QUANT 1.5 1.10
REDUCE_PROD 1.11 2.6
REDUCE_MAX 1.11 1.14 2.5
PACK 1.11 1.14 2.3 2.13 2.23
LOGICAL_OR 1.11
ONE_HOT 1.11
LOGICAL_AND 1.11
LOGICAL_NOT 1.11
UNPACK 1.11 1.14 2.2 2.3 2.22 2.23
REDUCE_MIN 1.11 1.14 2.5
FLOOR_DIV 1.14 1.14 2.13
REDUCE_ANY 1.11
SQUARE 1.12
ZEROS_LIKE 1.12
FILL 1.13 2.3 2.5 2.12 2.23
FLOOR_MOD 1.13 2.13
RANGE 1.13 2.14
RESIZE_NEAREST_NEIGHBOR 1.13.1 1.14 2.3 2.4
LEAKY_RELU 1.13.1 2.3
SQUARED_DIFFERENCE 1.13.1 2.5
MIRROR_PAD 1.13.1 2.3 2.12
ABS 1.13 2.4 2.5 2.6 2.12
SPLIT_V 1.13.1 2.3 2.23
UNIQUE 1.14
CEIL 1.14
REVERSE_V2 1.14 2.2 2.5 2.23
ADD_N 1.14
GATHER_ND 1.14 2.3 2.5 2.13 2.16 2.23
COS 1.14 2.23
WHERE 1.14 2.8
RANK 1.14
ELU 1.14
REVERSE_SEQUENCE 1.14
MATRIX_DIAG 1.14
QUANTIZE 1.14 1.15 2.7 2.21 2.21 2.21
MATRIX_SET_DIAG 1.14
ROUND 1.14
HARD_SWISH 1.15
IF 1.15
WHILE 1.15
NON_MAX_SUPPRESSION_V4 2.1
NON_MAX_SUPPRESSION_V5 2.1
SCATTER_ND 2.1
SELECT_V2 2.2 2.12
DENSIFY 2.2
SEGMENT_SUM 2.2
BATCH_MATMUL 2.3 2.3 2.4 2.5
CUMSUM 2.4
CALL_ONCE 2.5
BROADCAST_TO - 2.5 2.5 2.23
RFFT2D 2.5
CONV_3D 2.5
IMAG 2.5
REAL 2.5
COMPLEX_ABS 2.5
HASHTABLE 2.5
HASHTABLE_FIND 2.5
HASHTABLE_IMPORT 2.5
HASHTABLE_SIZE 2.5
REDUCE_ALL 2.6
CONV_3D_TRANSPOSE 2.6
VAR_HANDLE 2.6
READ_VARIABLE 2.6
ASSIGN_VARIABLE 2.6
BROADCAST_ARGS 2.6
RANDOM_STANDARD_NORMAL 2.8
BUCKETIZE 2.8
RANDOM_UNIFORM 2.8
MULTINOMIAL 2.8
GELU 2.9 2.9 2.23
DYNAMIC_UPDATE_SLICE 2.9 2.17 2.19 2.20 2.21 2.22
RELU_0_TO_1 2.10
UNSORTED_SEGMENT_PROD 2.10
UNSORTED_SEGMENT_MAX 2.10
UNSORTED_SEGMENT_SUM 2.10
ATAN2 2.10
UNSORTED_SEGMENT_MIN 2.11
SIGN 2.11 2.12
BITCAST 2.13
BITWISE_XOR 2.13
RIGHT_SHIFT 2.13
STABLEHLO_ADD 2.16
STABLEHLO_MULTIPLY 2.16
STABLEHLO_MAXIMUM 2.16
STABLEHLO_AND 2.17
STABLEHLO_MINIMUM 2.16
STABLEHLO_SCATTER 2.15
STABLEHLO_PAD 2.16
STABLEHLO_REDUCE_WINDOW 2.16
STABLEHLO_GATHER 2.16
DILATE 2.15
STABLEHLO_RNG_BIT_GENERATOR 2.15
REDUCE_WINDOW 2.15
STABLEHLO_COMPOSITE 2.17
STABLEHLO_SHIFT_LEFT 2.17
STABLEHLO_CBRT -
STABLEHLO_CASE 2.17
"""
FIRST_RELEASE: dict[tuple[str, int], str] = {
    (words[0], version): release
    for words in (line.split() for line in _TABLE.split("\n") if line)
    for version, release in enumerate(words[1:], start=1)
    if release != "-"
}

# Built by offering each version of each operator to the wheel of that release: what it takes, as a TensorFlow release.
_LITERT = {"1.0": "2.16", "1.2": "2.19", "1.4": "2.19", "2.0": "2.20", "2.1": "2.20", "2.2": "2.23", "2.3": "2.23"}
_TARGETS = ("tflite_runtime", "tensorflow", "litert", "ai_edge_litert")


def first_release(name: str, version: int) -> str | None:
    """Returns the first TensorFlow release that runs an operator; `None` where the table has no such version."""
    release = FIRST_RELEASE.get((name, version))
    return None if release is None else f"{release}.0" if release.count(".") == 1 else release


def order(release: str) -> tuple[int, ...]:
    """Returns a key that sorts releases from old to new."""
    return tuple(int(part) for part in release.split("."))


def target_release(target: str) -> str:
    """Returns the TensorFlow release whose operators a runtime has.

    Args:
        target: Such as `tflite_runtime-2.14`, `tensorflow-2.13` or `litert-2.1`; or `tflm`, TensorFlow Lite Micro,
            whose kernels take every version; the newest known release stands for it.

    Raises:
        SuiteError: If the runtime or the form is unknown.
    """
    if target == micro_operators.RUNTIME:
        return max(_LITERT.values(), key=order)
    found = re.fullmatch(r"([a-z_]+)-(\d+(?:\.\d+){1,2})", target)
    if not found or found[1] not in _TARGETS:
        raise ArgumentError(
            "target_runtime",
            f"expected a name and a release, such as tflite_runtime-2.14 or litert-2.1. "
            f"Received: '{target}'. Known names: {', '.join(_TARGETS)}; and {micro_operators.RUNTIME} by itself",
        )
    if found[1] in ("tflite_runtime", "tensorflow"):
        return found[2]
    asked = order(found[2])[:2]
    measured = [known for known in _LITERT if order(known) <= asked]
    if not measured:
        raise ArgumentError("target_runtime", f"no such release of LiteRT: '{target}'. The first is litert-1.0")
    return _LITERT[measured[-1]]
