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
    """Estimates the arena of LiteRT's builtin kernels: greedy by size, as its planner does.

    The patches that convolutions lay out as a matrix, and what half-precision weights become, are counted; smaller
    scratch memory is not. XNNPACK, other delegates and microcontrollers need other amounts.

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
    """Returns `(bytes, first operator, last operator)` of each activation and of the kernels' scratch memory.

    Inputs live all the time, outputs from where they are computed.
    """
    last = len(graph.operators)
    first_use: dict[int, int] = {}
    last_use: dict[int, int] = {}
    for op in graph.operators:
        for index in (*op.inputs, *op.outputs):
            first_use.setdefault(index, op.index)
            last_use[index] = op.index
    for index in graph.output_indices:
        last_use[index] = last
    kept = {index for index in first_use if index >= 0 and graph.tensors[index].is_variable}
    kept |= {*graph.input_indices, *(op.outputs[0] for op in graph.operators if _unpacks_weights(graph, op))}
    lives = [(_aligned(_scratch_bytes(graph, op)), op.index, op.index) for op in graph.operators]
    for index, begin in first_use.items():
        tensor = graph.tensors[index] if index >= 0 else None
        if tensor is not None and not graph.is_constant(tensor):
            lives.append((_aligned(tensor.bytes), *((0, last) if index in kept else (begin, last_use[index]))))
    return [life for life in lives if life[0]]


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _unpacks_weights(graph: Subgraph, op: Operator) -> bool:
    """Whether an operator only turns stored weights into another form, which is done once and kept."""
    return op.name in ("DEQUANTIZE", "DENSIFY") and graph.is_constant(graph.tensors[op.inputs[0]])


def _scratch_bytes(graph: Subgraph, op: Operator) -> int:
    """Returns the size of the matrix that a convolution lays out: a row for each place, of all that its kernel covers.

    Source: `IsIm2ColRequired` of LiteRT, https://github.com/google-ai-edge/LiteRT/blob/main/tflite/kernels/conv.cc
    """
    if op.name not in ("CONV_2D", "TRANSPOSE_CONV") or len(op.inputs) < 3:
        return 0
    tensors = graph.tensors
    out, kernel = tensors[op.outputs[0]], tensors[op.inputs[1]].shape
    if len(out.shape) != 4 or len(kernel) != 4:
        return 0
    if op.name == "TRANSPOSE_CONV":
        taken = tensors[op.inputs[2]]
        return 4 * min(MOST, taken.size // max(taken.shape[-1], 1) * math.prod(kernel[:3])) if taken.shape else 0
    steps = (op.options.get(f"{name}_{side}", 1) for name in ("stride", "dilation") for side in "wh")
    if max(*steps, *kernel[1:3]) == 1:
        return 0
    taken = tensors[op.inputs[0]]
    places = out.size // max(out.shape[-1], 1)
    return min(MOST, places * math.prod(kernel[1:]) * taken.bytes // max(taken.size, 1))


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
