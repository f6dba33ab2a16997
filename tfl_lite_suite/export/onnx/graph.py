"""From a `.tflite` file to an ONNX model, operator by operator.

tf2onnx is not used: it needs TensorFlow and 10 to 20 seconds a file, and loses the bias of a dense layer behind 1×1
pixels, as MobileNetV3 has it.

The model keeps the file's input and output, pixels last. An int8 file becomes pairs of QuantizeLinear and
DequantizeLinear (QDQ) with the file's own scales and zero points, which ONNX Runtime turns into integer kernels: every
one, on x86 too, because values between them are uint8 (zero points moved by 128, the real values as they were), each
reader has a DequantizeLinear of its own, and scales are scalars.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

import tfl_lite_suite
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.export.graph_reader import GraphReader, Window, value_range
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, TensorSpec

# The oldest set with HardSwish and quantization for each channel that every runtime since 2022 reads.
OPSET, IR_VERSION = 17, 8
_INFINITY = math.inf
_BINARY = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "DIV": "Div", "MAXIMUM": "Max", "MINIMUM": "Min"}
# TensorFlow Lite's axes of a picture, to ONNX's, which has the channels before the pixels.
_AXES = {1: 2, 2: 3, 3: 1}
_TO_PLANES, _TO_PIXELS = (0, 3, 1, 2), (0, 2, 3, 1)


def model_of(file: TfliteFile) -> onnx.ModelProto:
    """Converts an image classifier.

    Args:
        file: The model, float32, float16, int8, or with int8 weights.

    Returns:
        The ONNX model.

    Raises:
        SuiteError: If the suite has no ONNX equal of an operator; the message says which.
    """
    return _OnnxGraph(file).model()


class _OnnxGraph(GraphReader):
    """Collects nodes; a tensor's value is its real value, as planes where it is a picture."""

    ENGINE = "onnxruntime"

    def __init__(self, file: TfliteFile) -> None:
        super().__init__(file)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._values: dict[int, str] = {}
        # Where a tensor's integers are, uint8; each reader dequantizes them for itself.
        self._integers: dict[int, str] = {}
        (spec,) = file.inputs
        planes = self.node("Transpose", [spec.name], perm=_TO_PLANES)
        if _is_integer(spec):
            self.set(spec, self._dequantized(planes, spec))
        else:
            self._values[spec.index] = planes
        self.walk()

    def model(self) -> onnx.ModelProto:
        """Returns the model."""
        (input,), (output,) = self.file.inputs, self.file.outputs
        last = self.value(output)
        if _is_integer(output):
            last = self.node("QuantizeLinear", [last, *self._scale(output)])
        self._nodes.append(helper.make_node("Identity", [last], [output.name]))
        ends = [helper.make_tensor_value_info(spec.name, _element(spec), spec.shape) for spec in (input, output)]
        graph = helper.make_graph(self._nodes, "model", ends[:1], ends[1:], list(self._constants.values()))
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="tfl_lite_suite",
            producer_version=tfl_lite_suite.__version__,
        )
        onnx.checker.check_model(model)
        return model

    def node(self, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        """Adds a node; returns the name of its output."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, values: object, dtype: str) -> str:
        """Adds a constant; returns its name."""
        name = f"constant_{len(self._constants)}"
        self._constants[name] = numpy_helper.from_array(np.asarray(values, dtype, order="C"), name)
        return name

    def value(
        self, spec: TensorSpec, order: Sequence[int] = (), shape: Sequence[int] = (), *, unsigned: bool = False
    ) -> str:
        """Returns the name of a tensor's real value.

        Args:
            spec: The tensor.
            order: Axes of a constant in ONNX's order.
            shape: Shape of a constant, after `order`.
            unsigned: Whether an int8 constant becomes uint8, as values between operators are.
        """
        if spec.index in self._integers:
            return self._dequantized(self._integers[spec.index], _as_uint8(spec))
        if spec.index in self._values:
            return self._values[spec.index]
        is_integer = _is_integer(spec) and self.graph.is_constant(spec)
        values = self.raw(spec) if is_integer else self.real(spec)
        if order:
            values = values.transpose(order)
        values = values.reshape(shape) if shape else values
        if not is_integer:
            return self.constant(values, "float32")
        if unsigned and spec.dtype == "int8":
            spec, values = _as_uint8(spec), values.astype(np.int16) + 128
        axis = order.index(spec.axis) if order else spec.axis
        return self._dequantized(self.constant(values, spec.dtype), spec, axis)

    def set(self, target: TensorSpec, value: str) -> None:
        """Has a value stand for a tensor; a quantized tensor's is rounded to its integers."""
        if _is_integer(target):
            self._integers[target.index] = self.node("QuantizeLinear", [value, *self._scale(_as_uint8(target))])
        else:
            self._values[target.index] = value

    def set_bounded(self, op: Operator, value: str) -> None:
        """As `set`, for an operator with an activation; the range of the integers may be all that it asks."""
        target = self.output(op)
        (low, high), (own_low, own_high) = self.bounds(op), value_range(target)
        margin = target.scale / 2
        if own_low >= low - margin and own_high <= high + margin:
            low, high = -_INFINITY, _INFINITY
        if high < _INFINITY:
            value = self.node("Clip", [value, *(self.constant(bound, "float32") for bound in (low, high))])
        elif low == 0:
            value = self.node("Relu", [value])
        self.set(target, value)

    def alias(self, source: TensorSpec, target: TensorSpec) -> None:
        self._values[target.index] = self.value(source)

    def shuffle(self, source: TensorSpec, target: TensorSpec, groups: int) -> None:
        _, height, width, channels = source.shape
        apart = self.reshape(self.value(source), (1, groups, channels // groups, height, width))
        swapped = self.node("Transpose", [apart], perm=(0, 2, 1, 3, 4))
        self.set(target, self.reshape(swapped, (1, channels, height, width)))

    def row(self, source: TensorSpec) -> str:
        """Returns a tensor's value as one row, pixel by pixel."""
        value = self.value(source)
        if len(source.shape) == 2:
            return value
        if math.prod(source.shape[1:3]) > 1:
            value = self.node("Transpose", [value], perm=_TO_PIXELS)
        return self.reshape(value, (1, source.size))

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Adds a Reshape."""
        return self.node("Reshape", [value, self.constant(shape, "int64")])

    def _dequantized(self, integers: str, spec: TensorSpec, axis: int = 0) -> str:
        attributes = {"axis": axis} if len(spec.scales) > 1 else {}
        return self.node("DequantizeLinear", [integers, *self._scale(spec)], **attributes)

    def _scale(self, spec: TensorSpec) -> list[str]:
        """Adds a tensor's scale and zero point; biases have the zero point 0 and state none."""
        many = len(spec.scales) > 1
        scale = self.constant(spec.scales if many else spec.scale, "float32")
        if spec.dtype == "int32":
            return [scale]
        return [scale, self.constant(spec.zero_points if many else spec.zero_point, spec.dtype)]


def _is_integer(spec: TensorSpec) -> bool:
    return bool(spec.scales) and not spec.is_float


def _as_uint8(spec: TensorSpec) -> TensorSpec:
    """Returns the description of an int8 tensor whose integers are moved to uint8."""
    if spec.dtype != "int8":
        return spec
    return dataclasses.replace(spec, dtype="uint8", zero_points=tuple(zero + 128 for zero in spec.zero_points))


def _element(spec: TensorSpec) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(spec.dtype)))


def _linear(
    net: _OnnxGraph, op: Operator, kind: str, weights: TensorSpec, order: Sequence[int], **attributes: object
) -> None:
    inputs = [net.value(net.input(op)), net.value(weights, order)]
    bias = net.bias(op)
    if bias is not None:
        inputs.append(net.value(bias))
    net.set_bounded(op, net.node(kind, inputs, **attributes))


def _convolution(net: _OnnxGraph, op: Operator) -> None:
    weights, channels = net.input(op, 1), net.input(op).shape[3]
    window = net.window(op, (weights.shape[1], weights.shape[2]))
    attributes = _moves(window) | {"dilations": window.dilations, "group": channels // weights.shape[3]}
    _linear(net, op, "Conv", weights, _TO_PLANES, **attributes)


def _depthwise(net: _OnnxGraph, op: Operator) -> None:
    weights, channels = net.input(op, 1), net.input(op).shape[3]
    window = net.window(op, (weights.shape[1], weights.shape[2]))
    attributes = _moves(window) | {"dilations": window.dilations, "group": channels}
    _linear(net, op, "Conv", weights, (3, 0, 1, 2), **attributes)


def _moves(window: Window) -> JsonObject:
    padding = window.padding
    return {
        "kernel_shape": window.kernel,
        "strides": window.strides,
        "pads": (padding.top, padding.left, padding.bottom, padding.right),
    }


def _fully_connected(net: _OnnxGraph, op: Operator) -> None:
    inputs = [net.row(net.input(op)), net.value(net.dense(op), (0, 1))]
    bias = net.bias(op)
    if bias is not None:
        inputs.append(net.value(bias))
    net.set_bounded(op, net.node("Gemm", inputs, transB=1))


def _pool(kind: str) -> Callable[[_OnnxGraph, Operator], None]:
    def convert(net: _OnnxGraph, op: Operator) -> None:
        window = net.window(op, (op.options["filter_h"], op.options["filter_w"]))
        net.set_bounded(op, net.node(kind, [net.value(net.input(op))], **_moves(window)))

    return convert


def _mean(net: _OnnxGraph, op: Operator) -> None:
    keeps, target = net.mean(op), net.output(op)
    net.set(target, net.node("GlobalAveragePool", [net.value(net.input(op))]))
    if not keeps:
        net.set(target, net.node("Flatten", [net.value(target)], axis=1))


def _binary(net: _OnnxGraph, op: Operator) -> None:
    target = net.output(op)
    values = [_operand(net, net.graph.tensors[index], len(target.shape)) for index in op.inputs]
    net.set_bounded(op, net.node(_BINARY[op.name], values))


def _operand(net: _OnnxGraph, spec: TensorSpec, rank: int) -> str:
    if not net.is_constant(spec) or rank != 4:
        return net.value(spec, unsigned=True)
    if len(spec.shape) == 4:
        return net.value(spec, _TO_PLANES, unsigned=True)
    if len(spec.shape) > 1:
        raise net.unsupported(f"a constant of shape {list(spec.shape)} beside a picture")
    return net.value(spec, shape=(1, -1, 1, 1), unsigned=True)


def _pad(net: _OnnxGraph, op: Operator) -> None:
    margin, value = net.margin(op)
    amounts = net.constant([0, 0, margin.top, margin.left, 0, 0, margin.bottom, margin.right], "int64")
    padded = net.node("Pad", [net.value(net.input(op)), amounts, net.constant(value, "float32")])
    net.set(net.output(op), padded)


def _concatenation(net: _OnnxGraph, op: Operator) -> None:
    values = [net.value(net.graph.tensors[index]) for index in op.inputs]
    net.set_bounded(op, net.node("Concat", values, axis=_AXES[net.concatenation(op)]))


def _strided_slice(net: _OnnxGraph, op: Operator) -> None:
    begin, end = net.slice(op)
    cut = [axis for axis in _AXES if (begin[axis], end[axis]) != (0, net.input(op).shape[axis])]
    places = [[begin[axis] for axis in cut], [end[axis] for axis in cut], [_AXES[axis] for axis in cut]]
    inputs = [net.value(net.input(op)), *(net.constant(place, "int64") for place in places)]
    net.set(net.output(op), net.node("Slice", inputs))


def _reshape(net: _OnnxGraph, op: Operator) -> None:
    source, target = net.input(op), net.output(op)
    if net.flattens(op):
        net.set(target, net.row(source))
    else:
        net.set(target, net.reshape(net.value(source), (1, target.shape[3], 1, 1)))


def _quantize(net: _OnnxGraph, op: Operator) -> None:
    net.set(net.output(op), net.value(net.input(op)))


def _dequantize(net: _OnnxGraph, op: Operator) -> None:
    net.alias(net.input(op), net.output(op))


def _unary(kind: str, **attributes: object) -> Callable[[_OnnxGraph, Operator], None]:
    def convert(net: _OnnxGraph, op: Operator) -> None:
        net.set(net.output(op), net.node(kind, [net.value(net.input(op))], **attributes))

    return convert


def _relu6(net: _OnnxGraph, op: Operator) -> None:
    bounds = [net.constant(bound, "float32") for bound in (0.0, 6.0)]
    net.set(net.output(op), net.node("Clip", [net.value(net.input(op)), *bounds]))


_OnnxGraph.OPERATORS = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "AVERAGE_POOL_2D": _pool("AveragePool"),
    "MAX_POOL_2D": _pool("MaxPool"),
    "MEAN": _mean,
    "PAD": _pad,
    "PADV2": _pad,
    "CONCATENATION": _concatenation,
    "STRIDED_SLICE": _strided_slice,
    "RESHAPE": _reshape,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
    "HARD_SWISH": _unary("HardSwish"),
    "LOGISTIC": _unary("Sigmoid"),
    "RELU": _unary("Relu"),
    "RELU6": _relu6,
    "SOFTMAX": _unary("Softmax", axis=1),
    "TANH": _unary("Tanh"),
    **dict.fromkeys(_BINARY, _binary),
}
