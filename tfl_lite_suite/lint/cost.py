"""What a `.tflite` graph costs: multiply-adds, weights, and the memory that its activations need at once."""

import bisect
import dataclasses
import math

from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import MOST, Operator, Subgraph, TensorSpec

# The runtimes align each activation to this many bytes.
_ALIGNMENT = 64
_MOST_TENSORS = 4000
_RECURRENT = frozenset(
    {
        "LSTM", "RNN", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN",
    }
)  # fmt: skip


def multiply_adds(graph: Subgraph, op: Operator) -> int:
    """Returns the multiply-adds of one run of an operator; 0 for operators that have no weights or products.

    Args:
        graph: The graph that `op` belongs to.
        op: The operator.

    Returns:
        At most `MOST`, however much a file claims.
    """
    return max(0, min(_multiply_adds(graph, op), MOST))


def _multiply_adds(graph: Subgraph, op: Operator) -> int:
    inputs = [graph.tensors[index] if index >= 0 else None for index in op.inputs]
    outputs = [graph.tensors[index] for index in op.outputs if index >= 0]
    first, second = (*inputs, None, None)[:2]
    if not outputs or first is None or second is None:
        return 0
    out, kernel = outputs[0].size, second.shape
    if op.name == "CONV_2D" and len(kernel) == 4:
        return out * math.prod(kernel[1:])
    if op.name == "DEPTHWISE_CONV_2D" and len(kernel) == 4:
        return out * kernel[1] * kernel[2]
    if op.name == "CONV_3D" and len(kernel) == 5:
        return out * math.prod(kernel[:4])
    if op.name == "FULLY_CONNECTED" and len(kernel) == 2:
        return first.size * kernel[0]
    if op.name == "TRANSPOSE_CONV" and len(kernel) == 4 and len(inputs) > 2 and inputs[2]:
        return inputs[2].size * math.prod(kernel[:3])
    if op.name == "BATCH_MATMUL" and len(first.shape) >= 2:
        return out * first.shape[-2 if op.options.get("adj_x") else -1]
    if op.name in _RECURRENT:
        return _recurrent(graph, op, first)
    return 0


def _recurrent(graph: Subgraph, op: Operator, first: TensorSpec) -> int:
    """Every matrix of weights is applied once a step of the sequence."""
    given = [graph.tensors[index] for index in op.inputs[1:] if index >= 0]
    weights = sum(tensor.size for tensor in given if len(tensor.shape) == 2 and graph.is_constant(tensor))
    return weights * (first.size // max(first.shape[-1], 1) if first.shape else 1)


def weight_bytes(file: TfliteFile) -> int:
    """Returns the bytes of every buffer that a tensor uses, each counted once."""
    used = {tensor.buffer for graph in file.subgraphs for tensor in graph.tensors if tensor.buffer}
    return sum(file.buffer_bytes(index) for index in used)


@dataclasses.dataclass(frozen=True)
class Arena:
    """The memory that holds a graph's activations.

    Attributes:
        bytes: Size of the arena.
        method: `planned`, or `bound` where the graph is too large to plan and the largest sum at one time is given.
    """

    bytes: int
    method: str


def arena(graph: Subgraph) -> Arena:
    """Estimates the arena of a graph: greedy by size, as the runtime's planner does; kernels' own scratch not counted.

    Source: Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020,
    https://arxiv.org/abs/2001.03288, section 5
    """
    lives = _lifetimes(graph)
    if len(lives) > _MOST_TENSORS:
        return Arena(_peak(lives), "bound")
    placed: list[tuple[int, int, int, int]] = []
    for size, begin, end in sorted(lives, key=lambda life: (-life[0], life[1])):
        offset = 0
        for other, other_size, other_begin, other_end in placed:
            if other_begin > end or other_end < begin:
                continue
            if other - offset >= size:
                break
            offset = max(offset, other + other_size)
        bisect.insort(placed, (offset, size, begin, end))
    return Arena(max((offset + size for offset, size, _, _ in placed), default=0), "planned")


def _lifetimes(graph: Subgraph) -> list[tuple[int, int, int]]:
    """Returns `(bytes, first operator, last operator)` of each activation; inputs and outputs live all the time."""
    last = len(graph.operators)
    first_use: dict[int, int] = {}
    last_use: dict[int, int] = {}
    for op in graph.operators:
        for index in (*op.inputs, *op.outputs):
            first_use.setdefault(index, op.index)
            last_use[index] = op.index
    for index in (*graph.input_indices, *graph.output_indices):
        first_use[index], last_use[index] = 0, last
    lives = []
    for index, begin in first_use.items():
        tensor = graph.tensors[index] if index >= 0 else None
        if tensor is None or graph.is_constant(tensor) or not tensor.bytes:
            continue
        end = last if tensor.is_variable else last_use[index]
        size = -(-tensor.bytes // _ALIGNMENT) * _ALIGNMENT
        lives.append((size, 0 if tensor.is_variable else begin, end))
    return lives


def _peak(lives: list[tuple[int, int, int]]) -> int:
    changes: dict[int, int] = {}
    for size, begin, end in lives:
        changes[begin] = changes.get(begin, 0) + size
        changes[end + 1] = changes.get(end + 1, 0) - size
    now = peak = 0
    for _, change in sorted(changes.items()):
        now += change
        peak = max(peak, now)
    return peak
