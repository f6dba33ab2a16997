"""What converters from `.tflite` share: a walk over the operators, constants, padding, bounds, and whole idioms."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, TensorSpec

_SAME = 0
_INFINITY = math.inf
_BOUNDS = {"NONE": (-_INFINITY, _INFINITY), "RELU": (0.0, _INFINITY), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
_CONSTANTS = ("float32", "float16", "int8", "uint8", "int32", "int64")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclasses.dataclass(frozen=True)
class Padding:
    """Pixels to add around a picture."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


@dataclasses.dataclass(frozen=True)
class Window:
    """How a kernel moves over a picture: `(height, width)` each, and the padding."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: Padding


class GraphReader:
    """An image classifier, read operator by operator.

    A subclass has in `OPERATORS`, by operator name, the functions that convert one, and calls `walk`.

    Attributes:
        file: The model.
        graph: Its only graph.
    """

    ENGINE = ""
    OPERATORS: Mapping[str, Callable[[Any, Operator], None]] = {}

    def __init__(self, file: TfliteFile) -> None:
        """Checks that the model has one graph, from one picture to one tensor, in float or 8 bits.

        Raises:
            SuiteError: If it has not.
        """
        self.file, self.graph = file, file.subgraphs[0]
        self._folded: dict[int, Array] = {}
        self._margins: dict[int, Padding] = {}
        if len(file.subgraphs) != 1 or len(file.inputs) != 1 or len(file.outputs) != 1:
            raise self.unsupported("a model with several graphs, inputs or outputs")
        shape = file.inputs[0].shape
        if len(shape) != 4 or shape[0] != 1 or file.inputs[0].is_dynamic:
            raise self.unsupported(f"an input of shape {list(shape)}")
        if any(tensor.dtype == "int16" and tensor.scales for tensor in self.graph.tensors):
            raise self.unsupported("a model with 16-bit activations")

    def walk(self) -> None:
        """Converts every operator.

        Raises:
            SuiteError: If there is one that the engine has no equal of.
        """
        included: set[int] = set()
        for op in self.graph.operators:
            if op.index in included or self._is_folded(op) or self._is_margin(op):
                continue
            shuffle = self._shuffle(op)
            if shuffle:
                included |= {member.index for member in shuffle}
                self.shuffle(self.input(op), self.output(shuffle[-1]), self.output(op).shape[-2])
            elif op.name in self.OPERATORS:
                self.OPERATORS[op.name](self, op)
            else:
                raise self.unsupported(f"operator {op.name} ('{self.output(op).name}')")

    def shuffle(self, source: TensorSpec, target: TensorSpec, groups: int) -> None:
        """Converts a channel shuffle: channels in `groups` groups, dealt out in turn."""
        raise NotImplementedError

    def unsupported(self, what: str) -> SuiteError:
        """Returns the error for what the engine has no equal of."""
        return SuiteError(f"not supported by {self.ENGINE}: {what}")

    def input(self, op: Operator, place: int = 0) -> TensorSpec:
        """Returns an input of an operator."""
        return self.graph.tensors[op.inputs[place]]

    def output(self, op: Operator) -> TensorSpec:
        """Returns the output of an operator."""
        return self.graph.tensors[op.outputs[0]]

    def bias(self, op: Operator) -> TensorSpec | None:
        """Returns the third input of an operator, if it has one."""
        return self.input(op, 2) if len(op.inputs) > 2 and op.inputs[2] >= 0 else None

    def is_constant(self, spec: TensorSpec) -> bool:
        """Whether a tensor's values are known before the model runs."""
        return spec.index in self._folded or self.graph.is_constant(spec)

    def raw(self, spec: TensorSpec) -> Array:
        """Returns a constant's values as they stand in the file."""
        if spec.dtype not in _CONSTANTS or spec.is_sparse or not self.graph.is_constant(spec):
            raise self.unsupported(f"'{spec.name}' ({spec.dtype}) in place of a constant")
        return np.frombuffer(self.file.buffer(spec.buffer), spec.dtype).reshape(spec.shape)

    def real(self, spec: TensorSpec) -> Array:
        """Returns a constant's real values, float32."""
        if spec.index in self._folded:
            return self._folded[spec.index]
        values = self.raw(spec).astype(np.float32)
        if not spec.scales:
            return values
        along = [1] * len(spec.shape)
        if len(spec.scales) > 1:
            along[spec.axis] = -1
        scales, zeros = (np.asarray(each, np.float32).reshape(along) for each in (spec.scales, spec.zero_points))
        return ((values - zeros) * scales).astype(np.float32)

    def numbers(self, op: Operator, place: int) -> Array:
        """Returns a constant input of whole numbers, such as axes, int64."""
        return self.real(self.input(op, place)).astype(np.int64)

    def bounds(self, op: Operator) -> tuple[float, float]:
        """Returns the least and greatest real value that an operator's activation lets through."""
        if op.activation not in _BOUNDS:
            raise self.unsupported(f"activation {op.activation} of {op.name}")
        return _BOUNDS[op.activation]

    def window(self, op: Operator, kernel: tuple[int, int]) -> Window:
        """Returns how a convolution's or pool's kernel moves, with the margin of a PAD before it."""
        options = op.options
        strides = options["stride_h"], options["stride_w"]
        dilations = options.get("dilation_h", 1), options.get("dilation_w", 1)
        padding = self._margins.get(op.inputs[0], Padding())
        if options["padding"] == _SAME:
            (top, bottom), (left, right) = (
                _same(self.input(op).shape[axis + 1], kernel[axis], strides[axis], dilations[axis]) for axis in (0, 1)
            )
            padding = Padding(left, right, top, bottom)
        return Window(kernel, strides, dilations, padding)

    def margin(self, op: Operator) -> tuple[Padding, float]:
        """Returns what a PAD adds, and the value that it adds."""
        amounts = self.numbers(op, 1)
        if amounts.shape != (4, 2) or amounts[[0, 3]].any():
            raise self.unsupported("PAD of the batch or the channels")
        (top, bottom), (left, right) = amounts[1:3].tolist()
        value = self.bias(op)
        return Padding(left, right, top, bottom), 0.0 if value is None else float(self.real(value).ravel()[0])

    def mean(self, op: Operator) -> bool:
        """Checks that a MEAN is over height and width; returns whether it keeps them as sizes of 1."""
        rank = len(self.input(op).shape)
        if rank != 4 or sorted(self.numbers(op, 1).ravel() % rank) != [1, 2]:
            raise self.unsupported("MEAN over other axes than height and width")
        return len(self.output(op).shape) == 4

    def slice(self, op: Operator) -> tuple[list[int], list[int]]:
        """Returns where a STRIDED_SLICE begins and ends, for each of four axes."""
        source, target = self.input(op).shape, self.output(op).shape
        masks = [op.options[f"{name}_mask"] for name in ("ellipsis", "new_axis", "shrink_axis")]
        if len(source) != 4 or any(masks) or self.numbers(op, 3).tolist() != [1] * 4:
            raise self.unsupported("STRIDED_SLICE other than a range of pixels or channels")
        begin = [
            0 if op.options["begin_mask"] >> axis & 1 else int(start) % source[axis]
            for axis, start in enumerate(self.numbers(op, 1))
        ]
        return begin, [start + size for start, size in zip(begin, target, strict=True)]

    def concatenation(self, op: Operator) -> int:
        """Returns the axis of a CONCATENATION of pictures, 1 to 3."""
        axis = int(op.options["axis"]) % 4
        if len(self.output(op).shape) != 4 or axis == 0:
            raise self.unsupported("CONCATENATION of other than pictures")
        return axis

    def flattens(self, op: Operator) -> bool:
        """Checks that a RESHAPE turns a picture into a row or the reverse; returns whether into a row."""
        source, target = self.input(op).shape, self.output(op).shape
        if len(target) == 2 and target[0] == 1:
            return True
        if len(target) == 4 and math.prod(target[:3]) == 1 and math.prod(source[:-1]) == 1:
            return False
        raise self.unsupported(f"RESHAPE from {list(source)} to {list(target)}")

    def dense(self, op: Operator) -> TensorSpec:
        """Checks that a FULLY_CONNECTED has one row, or a picture that it takes as one; returns its weights."""
        source, weights = self.input(op).shape, self.input(op, 1)
        if len(source) not in (2, 4) or math.prod(source) != weights.shape[1]:
            raise self.unsupported(f"FULLY_CONNECTED from {list(source)}")
        return weights

    def _is_folded(self, op: Operator) -> bool:
        """Computes what a DEQUANTIZE of a constant gives, as float16 files have it."""
        if op.name != "DEQUANTIZE" or not self.is_constant(self.input(op)):
            return False
        self._folded[op.outputs[0]] = self.real(self.input(op))
        return True

    def _is_margin(self, op: Operator) -> bool:
        """Leaves a PAD with zeros to the convolution that alone reads it."""
        users = self.graph.users.get(op.outputs[0], [])
        if op.name not in ("PAD", "PADV2") or len(users) != 1 or users[0].name not in _CONVOLUTIONS:
            return False
        margin, value = self.margin(op)
        if value or users[0].options["padding"] == _SAME:
            return False
        self._margins[op.outputs[0]] = margin
        self.alias(self.input(op), self.output(op))
        return True

    def alias(self, source: TensorSpec, target: TensorSpec) -> None:
        """Has a tensor stand for another."""
        raise NotImplementedError

    def _shuffle(self, first: Operator) -> list[Operator]:
        """Returns the operators of a channel shuffle: RESHAPE to groups, TRANSPOSE, RESHAPE back; else nothing."""
        chain = [first]
        for name in ("TRANSPOSE", "RESHAPE"):
            users = self.graph.users.get(chain[-1].outputs[0], [])
            if first.name != "RESHAPE" or len(users) != 1 or users[0].name != name:
                return []
            chain.append(users[0])
        source, grouped, target = self.input(first).shape, self.output(first).shape, self.output(chain[2]).shape
        rank = len(grouped)
        swapped = [*range(rank - 2), rank - 1, rank - 2]
        is_shuffle = (
            source == target
            and grouped[-2] * grouped[-1] == source[-1]
            and self.numbers(chain[1], 1).tolist() == swapped
        )
        return chain if is_shuffle else []


def _same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Returns how many pixels SAME padding adds before and behind."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def value_range(spec: TensorSpec) -> tuple[float, float]:
    """Returns the least and greatest real value that a tensor can hold; infinite where it is not quantized."""
    if not spec.scales:
        return -_INFINITY, _INFINITY
    limits = np.iinfo(spec.dtype)
    return (limits.min - spec.zero_point) * spec.scale, (limits.max - spec.zero_point) * spec.scale
