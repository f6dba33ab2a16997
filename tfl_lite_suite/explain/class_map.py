"""Where in a picture the evidence for a class lies: class activation maps of a file, and occlusion where it has none.

A network that ends in a pooling over the whole picture and a layer of weights gives the score of a class as a mean of
weighted features over all places; what each place adds is the map, and costs one inference.

Source: Zhou et al., 2016, https://arxiv.org/abs/1512.04150; occlusion: Zeiler and Fergus, 2014,
https://arxiv.org/abs/1311.2901.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec

_PASSED = ("QUANTIZE", "DEQUANTIZE", "SOFTMAX", "LOGISTIC", "RESHAPE", "SQUEEZE")
_POOLING = ("MEAN", "AVERAGE_POOL_2D")
_DTYPES = {"int8": np.int8, "uint8": np.uint8, "float32": np.float32}


@dataclasses.dataclass(frozen=True)
class Ending:
    """The end of a network whose scores are a mean over places.

    Attributes:
        features: The tensor before the pooling, `(1, rows, columns, channels)`.
        weights: What each channel adds to each class, `(classes, channels)`; `None` where a channel is a class.
    """

    features: TensorSpec
    weights: Array | None

    def map_of(self, values: Array, index: int) -> Array:
        """Returns what each place adds to a class's score, `(rows, columns)`; their mean is the score, less its bias.

        Args:
            values: Real values of the features, `(rows, columns, channels)`.
            index: The class.
        """
        return values[..., index] if self.weights is None else values @ self.weights[index]


def ending_of(file: TfliteFile) -> Ending | None:
    """Returns the end of a network if its scores are a mean over places; `None` where they are not."""
    graph = file.subgraphs[0]
    maker = _before(graph, graph.output_indices[0])
    weights = None
    if maker is not None and maker.name in ("FULLY_CONNECTED", "CONV_2D"):
        kernel = graph.tensor(maker.inputs[1])
        if not graph.is_constant(kernel) or maker.activation != "NONE" or kernel.dtype not in _DTYPES:
            return None
        weights = real(file.buffer(kernel.buffer), kernel)
        weights = weights.reshape(kernel.shape[0], -1)
        maker = _before(graph, maker.inputs[0])
    if maker is None or maker.name not in _POOLING:
        return None
    features, pooled = graph.tensor(maker.inputs[0]), graph.tensor(maker.outputs[0])
    is_global = len(features.shape) == 4 and pooled.size == features.shape[3] and features.size > pooled.size
    fits = weights is None or weights.shape[1] == features.shape[-1]
    return Ending(features, weights) if is_global and fits and features.dtype in _DTYPES else None


def _before(graph: Subgraph, index: int) -> Operator | None:
    """Returns the operator that computed a tensor, before those that leave the values as they are."""
    found = graph.makers.get(index)
    while found is not None and found.name in _PASSED:
        found = graph.makers.get(found.inputs[0])
    return found


def real(buffer: Any, spec: TensorSpec) -> Array:
    """Returns a tensor's real values, float32, from its bytes or values."""
    raw = np.frombuffer(buffer, _DTYPES[spec.dtype]).reshape(spec.shape).astype(np.float32)
    if not spec.scales:
        return raw
    shape = [1] * raw.ndim
    if len(spec.scales) > 1:
        shape[spec.axis] = len(spec.scales)
    scales, zeros = np.array(spec.scales, np.float32), np.array(spec.zero_points or (0,), np.float32)
    return np.asarray((raw - zeros.reshape(shape if zeros.size > 1 else [1] * raw.ndim)) * scales.reshape(shape))


def features_of(module: Any, path: str, ending: Ending, tensor: Array) -> Array:
    """Runs a file once with every tensor kept.

    Args:
        module: The runtime's module, with `Interpreter`.
        path: The `.tflite` file.
        ending: From `ending_of`.
        tensor: The input.

    Returns:
        Real values of the features, float32 `(rows, columns, channels)`.
    """
    try:
        interpreter = module.Interpreter(
            model_path=path,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise SuiteError(f"'{path}': the runtime refuses the file: {error}") from error
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    interpreter.invoke()
    values = np.ascontiguousarray(interpreter.get_tensor(ending.features.index))
    return real(values.tobytes(), ending.features)[0]


def occlusion(scores: Callable[[Array], Array], picture: Array, index: int, cells: int = 8) -> Array:
    """Returns by how much a class's score falls where a part of the picture is covered by its mean colour.

    Args:
        scores: Returns the real-valued scores `(classes,)` of a prepared picture.
        picture: uint8 `(height, width, channels)`, prepared.
        index: The class.
        cells: Rows and columns of the map. Each cover is twice as wide and high as a cell.

    Returns:
        float32 `(cells, cells)`.
    """
    height, width, _ = picture.shape
    mean = np.rint(picture.mean(axis=(0, 1))).astype(np.uint8)
    whole = float(scores(picture)[index])
    found = np.zeros((cells, cells), np.float32)
    for row in range(cells):
        for column in range(cells):
            top, left = (int((place - 0.5) * side / cells) for place, side in ((row, height), (column, width)))
            bottom, right = (int((place + 1.5) * side / cells) for place, side in ((row, height), (column, width)))
            covered = picture.copy()
            covered[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)] = mean
            found[row, column] = whole - float(scores(covered)[index])
    return found
