"""The operators of TensorFlow Lite Micro, by the method of its resolver that adds each.

Source: tensorflow/lite/micro/micro_mutable_op_resolver.h of the project tflite-micro, of October 2026.
"""

from collections.abc import Iterable

from tfl_lite_suite.core.errors import SuiteError

METHODS = {
    "ABS": "AddAbs",
    "ADD": "AddAdd",
    "ADD_N": "AddAddN",
    "ARG_MAX": "AddArgMax",
    "ARG_MIN": "AddArgMin",
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "BATCH_MATMUL": "AddBatchMatMul",
    "CAST": "AddCast",
    "CONCATENATION": "AddConcatenation",
    "CONV_2D": "AddConv2D",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "DEQUANTIZE": "AddDequantize",
    "DIV": "AddDiv",
    "ELU": "AddElu",
    "EXPAND_DIMS": "AddExpandDims",
    "FULLY_CONNECTED": "AddFullyConnected",
    "GATHER": "AddGather",
    "HARD_SWISH": "AddHardSwish",
    "L2_NORMALIZATION": "AddL2Normalization",
    "LEAKY_RELU": "AddLeakyRelu",
    "LOGISTIC": "AddLogistic",
    "LOG_SOFTMAX": "AddLogSoftmax",
    "MAXIMUM": "AddMaximum",
    "MAX_POOL_2D": "AddMaxPool2D",
    "MEAN": "AddMean",
    "MINIMUM": "AddMinimum",
    "MIRROR_PAD": "AddMirrorPad",
    "MUL": "AddMul",
    "PACK": "AddPack",
    "PAD": "AddPad",
    "PADV2": "AddPadV2",
    "PRELU": "AddPrelu",
    "QUANTIZE": "AddQuantize",
    "REDUCE_MAX": "AddReduceMax",
    "RELU": "AddRelu",
    "RELU6": "AddRelu6",
    "RESHAPE": "AddReshape",
    "RESIZE_BILINEAR": "AddResizeBilinear",
    "RESIZE_NEAREST_NEIGHBOR": "AddResizeNearestNeighbor",
    "SHAPE": "AddShape",
    "SLICE": "AddSlice",
    "SOFTMAX": "AddSoftmax",
    "SPACE_TO_DEPTH": "AddSpaceToDepth",
    "SPLIT": "AddSplit",
    "SPLIT_V": "AddSplitV",
    "SQUEEZE": "AddSqueeze",
    "STRIDED_SLICE": "AddStridedSlice",
    "SUB": "AddSub",
    "SUM": "AddSum",
    "TANH": "AddTanh",
    "TRANSPOSE": "AddTranspose",
    "TRANSPOSE_CONV": "AddTransposeConv",
    "UNPACK": "AddUnpack",
}


def check(names: Iterable[str]) -> None:
    """Raises a `SuiteError` that names the operators which TensorFlow Lite Micro lacks."""
    missing = sorted(set(names) - set(METHODS))
    if missing:
        raise SuiteError(
            f"not supported by tflm: TensorFlow Lite Micro has no {', '.join(missing)}. "
            "Replace the layers that make them, or convert a network of the suite"
        )


def resolver(names: Iterable[str]) -> str:
    """Returns the header that adds exactly these operators."""
    wanted = sorted(set(names))
    lines = "\n".join(f"  resolver.{METHODS[name]}();" for name in wanted)
    return f"""// The operators of the model, and no others.
#ifndef TFL_LITE_SUITE_RESOLVER_H_
#define TFL_LITE_SUITE_RESOLVER_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace tfl_lite_suite {{

inline tflite::MicroMutableOpResolver<{len(wanted)}> MakeResolver() {{
  tflite::MicroMutableOpResolver<{len(wanted)}> resolver;
{lines}
  return resolver;
}}

}}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_RESOLVER_H_
"""
