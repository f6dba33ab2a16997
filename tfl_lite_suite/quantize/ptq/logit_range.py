"""Logits of an int8 file in finer steps: where they decide, not wherever they lie, so that fewer tie.

The converter gives the output the range of all logits. One class far below the others then makes the steps of all
coarse. Nothing reads the output, so that its scale can be changed in the file without changing anything else.
"""

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.models.graph.logits import decisive_range
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph
from tfl_lite_suite.tflite.object_form import pack, unpack

_STEPS = 255
# Steps that are hardly finer are not worth the saturation.
_FINER = 1.05
_ZERO = {"int8": -128, "uint8": 0}
_CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")
# Operators whose output may have any scale.
_FREE = ("FULLY_CONNECTED", "CONV_2D", "MEAN", "ADD")


def narrow(file: TfliteFile, logits: Array) -> TfliteFile:
    """Gives the output of an int8 file the range in which logits decide.

    Args:
        file: The model, without metadata.
        logits: The float model's for calibration pictures, float32 `(n, classes)`.

    Returns:
        The new model; `file` itself where that is hardly finer, or the output has a scale of its own, as
        after a softmax.
    """
    graph = file.subgraphs[0]
    chain = _end(graph)
    least = min(float(logits.min()), 0.0)
    low, high = decisive_range(logits, least, max(float(logits.max()), least + 1e-3))
    step = (high - low) / _STEPS
    rounded = [tensor for op in chain for tensor in map(graph.tensors.__getitem__, op.outputs) if tensor.dtype in _ZERO]
    is_free = chain[-1].name in (*_FREE, "QUANTIZE") and chain[-1].activation == "NONE"
    if not is_free or not rounded or not all(tensor.scale > _FINER * step for tensor in rounded):
        return file
    model = unpack(file.content)
    for tensor in rounded:
        changed = model.subgraphs[0].tensors[tensor.index].quantization
        changed.scale = np.array([step], np.float32)
        changed.zeroPoint = np.array([_ZERO[tensor.dtype] + round(-low / step)])
    return TfliteFile(pack(model))


def _end(graph: Subgraph) -> list[Operator]:
    """Returns the last operators, the last first: conversions of type, then what computes the logits."""
    found = [graph.makers[graph.output_indices[0]]]
    while found[-1].name in _CONVERSIONS:
        before = graph.makers.get(found[-1].inputs[0])
        if before is None or len(graph.users[before.outputs[0]]) > 1:
            break
        found.append(before)
    return found
