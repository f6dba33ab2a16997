"""From a `.tflite` file to NCNN's layers, operator by operator.

NCNN's own converter reads ONNX and drops the explicit padding that MobileNetV2 and ResNet50 depend on; this one reads
the `.tflite` file itself and needs neither TensorFlow nor another package. The network takes raw pixels as float32
planes (channel, height, width) and gives float32 logits.

An int8 file keeps its int8 weights. NCNN's activations are symmetric where TensorFlow Lite's have a zero point: their
scale is that of the wider side of the tensor's range, so that a ReLU's output has 7 bits. The layer that reads the
picture stays in float32, for pixels would lose their last bit.
"""

import math
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.export.graph_reader import GraphReader, Window, value_range
from tfl_lite_suite.export.ncnn import net as ncnn_net
from tfl_lite_suite.export.ncnn.net import Layer, Value
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, TensorSpec

INPUT, OUTPUT = "in0", "out0"
_INFINITY = math.inf
_BINARY = {"ADD": 0, "SUB": 1, "MUL": 2, "DIV": 3, "MAXIMUM": 4, "MINIMUM": 5}
_BIAS = {"Convolution": 5, "ConvolutionDepthWise": 5, "InnerProduct": 1}
# TensorFlow Lite's axes of a picture, to NCNN's, which has no batch and the channels first.
_AXES = {1: 1, 2: 2, 3: 0}


def layers_of(file: TfliteFile) -> list[Layer]:
    """Converts an image classifier.

    Args:
        file: The model, float32, float16 or int8.

    Returns:
        NCNN's layers.

    Raises:
        SuiteError: If NCNN has no equal of an operator; the message says which.
    """
    return _NcnnGraph(file).layers


class _NcnnGraph(GraphReader):
    """Collects layers."""

    ENGINE = "ncnn"

    def __init__(self, file: TfliteFile) -> None:
        super().__init__(file)
        (spec,) = file.inputs
        _, height, width, channels = spec.shape
        self.layers = [Layer("Input", [], INPUT, {0: width, 1: height, 2: channels})]
        self._blobs = {spec.index: INPUT}
        self.walk()
        self.layers[-1].output = OUTPUT

    def blob(self, spec: TensorSpec) -> str:
        """Returns the name of a tensor's blob; a constant becomes one."""
        if spec.index not in self._blobs:
            values = self.real(spec)
            shape = values.shape[1:] if values.ndim == 4 else (1,) * (3 - values.ndim) + values.shape
            planes = values.reshape(shape).transpose(2, 0, 1)
            channels, height, width = planes.shape
            sizes: dict[int, Value] = {0: width, 1: height, 2: channels}
            self._blobs[spec.index] = f"constant_{spec.index}"
            self.layers.append(Layer("MemoryData", [], self._blobs[spec.index], sizes, ncnn_net.plain(planes.ravel())))
        return self._blobs[spec.index]

    def append(self, kind: str, inputs: list[str], params: dict[int, Value], weights: bytes = b"") -> str:
        """Adds a layer; returns the name of its blob."""
        name = f"blob_{len(self.layers)}"
        self.layers.append(Layer(kind, inputs, name, params, weights))
        return name

    def add(self, kind: str, inputs: list[str], target: TensorSpec, params: dict[int, Value] | None = None) -> None:
        """Adds a layer that computes a tensor."""
        self.name(target, self.append(kind, inputs, params or {}))

    def name(self, target: TensorSpec, blob: str) -> None:
        """Has a blob stand for a tensor."""
        self._blobs[target.index] = blob

    def row(self, source: TensorSpec) -> str:
        """Returns the name of a tensor's blob as one row, pixel by pixel."""
        blob = self.blob(source)
        if len(source.shape) == 2:
            return blob
        if math.prod(source.shape[1:3]) > 1:
            blob = self.append("Permute", [blob], {0: 3})
        return self.append("Reshape", [blob], {0: source.size})

    def alias(self, source: TensorSpec, target: TensorSpec) -> None:
        self.name(target, self.blob(source))

    def shuffle(self, source: TensorSpec, target: TensorSpec, groups: int) -> None:
        self.add("ShuffleChannel", [self.blob(source)], target, {0: groups})

    def clip(self, op: Operator) -> None:
        """Adds what bounds an operator's output."""
        target = self.output(op)
        low, high = self.real_bounds(op)
        if high < _INFINITY:
            self.add("Clip", [self.blob(target)], target, {0: low, 1: high})
        elif low == 0:
            self.add("ReLU", [self.blob(target)], target)

    def real_bounds(self, op: Operator) -> tuple[float, float]:
        """Returns the least and greatest real value of an operator's output: by activation and range of integers."""
        bounds, own = self.bounds(op), value_range(self.output(op))
        return max(bounds[0], own[0]), min(bounds[1], own[1])

    def linear(
        self, op: Operator, kind: str, weights: TensorSpec, order: tuple[int, ...], params: dict[int, Value]
    ) -> None:
        """Adds a convolution or dense layer.

        Args:
            op: The operator.
            kind: NCNN's name of the layer.
            weights: Its weights.
            order: Their axes in NCNN's order.
            params: Its parameters, but for activation, bias and scales.
        """
        low, high = self.real_bounds(op)
        if high < _INFINITY:
            params |= {9: 3, 10: (low, high)}
        elif low == 0:
            params |= {9: 1}
        source, bias = self.input(op), self.bias(op)
        is_int8 = weights.dtype == "int8" and bool(source.scales) and not self._is_picture(source)
        values = self.raw(weights) if is_int8 else self.real(weights)
        content = ncnn_net.tagged(np.ascontiguousarray(values.transpose(order)))
        if bias is not None:
            content += ncnn_net.plain(self.real(bias).ravel())
        if is_int8:
            params[8] = 1 if kind == "ConvolutionDepthWise" else 2
            scales = np.broadcast_to(np.asarray(weights.scales, np.float32), self.output(op).shape[-1])
            content += ncnn_net.plain(1 / scales) + ncnn_net.plain([127 / max(map(abs, value_range(source)))])
        params[_BIAS[kind]] = int(bias is not None)
        blob = self.row(source) if kind == "InnerProduct" else self.blob(source)
        self.name(self.output(op), self.append(kind, [blob], params, content))

    def _is_picture(self, spec: TensorSpec) -> bool:
        return self.blob(spec) == INPUT


def _convolution(net: _NcnnGraph, op: Operator) -> None:
    weights = net.input(op, 1)
    outputs, height, width, inputs = weights.shape
    if inputs != net.input(op).shape[3]:
        raise net.unsupported("CONV_2D in groups")
    params = _conv_window(net.window(op, (height, width))) | {0: outputs, 6: math.prod(weights.shape)}
    net.linear(op, "Convolution", weights, (0, 3, 1, 2), params)


def _depthwise(net: _NcnnGraph, op: Operator) -> None:
    weights, channels = net.input(op, 1), net.input(op).shape[3]
    _, height, width, outputs = weights.shape
    if outputs != channels:
        raise net.unsupported(f"DEPTHWISE_CONV_2D with {outputs // channels} outputs a channel")
    params = _conv_window(net.window(op, (height, width)))
    net.linear(
        op,
        "ConvolutionDepthWise",
        weights,
        (3, 0, 1, 2),
        params | {0: outputs, 6: math.prod(weights.shape), 7: outputs},
    )


def _fully_connected(net: _NcnnGraph, op: Operator) -> None:
    weights = net.dense(op)
    net.linear(op, "InnerProduct", weights, (0, 1), {0: weights.shape[0], 2: math.prod(weights.shape)})


def _conv_window(window: Window) -> dict[int, Value]:
    padding = window.padding
    sizes = _sizes(window) | {2: window.dilations[1], 12: window.dilations[0]}
    sizes |= {3: window.strides[1], 13: window.strides[0]}
    return sizes | {4: padding.left, 15: padding.right, 14: padding.top, 16: padding.bottom}


def _sizes(window: Window) -> dict[int, Value]:
    return {1: window.kernel[1], 11: window.kernel[0]}


def _pool(kind: int) -> Callable[[_NcnnGraph, Operator], None]:
    def convert(net: _NcnnGraph, op: Operator) -> None:
        window = net.window(op, (op.options["filter_h"], op.options["filter_w"]))
        padding = window.padding
        params = {0: kind, 5: 1} | _sizes(window) | {2: window.strides[1], 12: window.strides[0]}
        params |= {3: padding.left, 14: padding.right, 13: padding.top, 15: padding.bottom}
        net.add("Pooling", [net.blob(net.input(op))], net.output(op), params)
        net.clip(op)

    return convert


def _mean(net: _NcnnGraph, op: Operator) -> None:
    target = net.output(op)
    keeps = net.mean(op)
    net.add("Pooling", [net.blob(net.input(op))], target, {0: 1, 4: 1})
    if keeps:
        net.add("Reshape", [net.blob(target)], target, {0: 1, 1: 1, 2: target.shape[3]})
    net.clip(op)


def _binary(net: _NcnnGraph, op: Operator) -> None:
    first, second = net.input(op), net.input(op, 1)
    params: dict[int, Value] = {0: _BINARY[op.name]}
    if net.is_constant(second) and math.prod(second.shape) == 1:
        params |= {1: 1, 2: float(net.real(second).ravel()[0])}
        net.add("BinaryOp", [net.blob(first)], net.output(op), params)
    else:
        net.add("BinaryOp", [net.blob(first), net.blob(second)], net.output(op), params)
    net.clip(op)


def _pad(net: _NcnnGraph, op: Operator) -> None:
    margin, value = net.margin(op)
    params: dict[int, Value] = {0: margin.top, 1: margin.bottom, 2: margin.left, 3: margin.right, 4: 0, 5: value}
    net.add("Padding", [net.blob(net.input(op))], net.output(op), params)


def _concatenation(net: _NcnnGraph, op: Operator) -> None:
    blobs = [net.blob(net.graph.tensors[index]) for index in op.inputs]
    net.add("Concat", blobs, net.output(op), {0: _AXES[net.concatenation(op)]})
    net.clip(op)


def _strided_slice(net: _NcnnGraph, op: Operator) -> None:
    begin, end = net.slice(op)
    params: dict[int, Value] = {9: [begin[axis] for axis in _AXES], 10: [end[axis] for axis in _AXES]}
    net.add("Crop", [net.blob(net.input(op))], net.output(op), params | {11: list(_AXES.values())})


def _reshape(net: _NcnnGraph, op: Operator) -> None:
    source, target = net.input(op), net.output(op)
    if net.flattens(op):
        net.name(target, net.row(source))
    else:
        net.add("Reshape", [net.blob(source)], target, {0: 1, 1: 1, 2: target.shape[3]})


def _convert_numbers(net: _NcnnGraph, op: Operator) -> None:
    """QUANTIZE and DEQUANTIZE: the layers between hold real values anyway."""
    net.alias(net.input(op), net.output(op))


def _unary(kind: str, params: dict[int, Value]) -> Callable[[_NcnnGraph, Operator], None]:
    def convert(net: _NcnnGraph, op: Operator) -> None:
        net.add(kind, [net.blob(net.input(op))], net.output(op), params)
        net.clip(op)

    return convert


_NcnnGraph.OPERATORS = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "AVERAGE_POOL_2D": _pool(1),
    "MAX_POOL_2D": _pool(0),
    "MEAN": _mean,
    "PAD": _pad,
    "PADV2": _pad,
    "CONCATENATION": _concatenation,
    "STRIDED_SLICE": _strided_slice,
    "RESHAPE": _reshape,
    "QUANTIZE": _convert_numbers,
    "DEQUANTIZE": _convert_numbers,
    "HARD_SWISH": _unary("HardSwish", {0: 1 / 6, 1: 0.5}),
    "LOGISTIC": _unary("Sigmoid", {}),
    "RELU": _unary("ReLU", {}),
    "RELU6": _unary("Clip", {0: 0.0, 1: 6.0}),
    "SOFTMAX": _unary("Softmax", {0: 0, 1: 1}),
    "TANH": _unary("TanH", {}),
    **dict.fromkeys(_BINARY, _binary),
}
