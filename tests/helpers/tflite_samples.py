"""Small `.tflite` files, built with the schema's generated code instead of the suite's own."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int32): schema.TensorType.INT32,
}


class Graph:
    """A model of one subgraph, put together tensor by tensor and operator by operator."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = "a sample"
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.name = b"main"
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.model.subgraphs = [self.graph]

    def tensor(self, name, shape, dtype=np.float32, scales=(), zero_points=(), axis=0, data=None, signature=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), list(shape), TYPES[np.dtype(dtype)]
        tensor.shapeSignature = signature
        if len(scales):
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.asarray(scales, np.float32)
            tensor.quantization.zeroPoint = np.asarray(zero_points, np.int64)
            tensor.quantization.quantizedDimension = axis
        buffer = schema.BufferT()
        if data is not None:
            buffer.data = np.ascontiguousarray(data, dtype).reshape(-1).view(np.uint8)
        tensor.buffer = len(self.model.buffers)
        self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, name, inputs, outputs, *, version=1, options=None, custom=None):
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version, code.customCode = version, custom
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        self.graph.operators.append(operator)

    def bytes(self, inputs, outputs):
        self.graph.inputs, self.graph.outputs = list(inputs), list(outputs)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def convolution(activation=schema.ActivationFunctionType.RELU, stride=2):
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.SAME
    options.strideW = options.strideH = stride
    options.dilationWFactor = options.dilationHFactor = 1
    options.fusedActivationFunction = activation
    return options


def keep_dims(keep=False):
    options = schema.ReducerOptionsT()
    options.keepDims = keep
    return options


def int8_classifier(*, float_mean=False, input_type=np.int8, per_channel=True, input_scale=1.0):
    """An 8×8 colour classifier of four classes: convolution, mean, dense; runs on every runtime.

    Args:
        float_mean: Put DEQUANTIZE, a float MEAN and QUANTIZE in the middle.
        input_type: `np.int8`, or `np.uint8` with a QUANTIZE behind it, or `np.float32` likewise.
        per_channel: Give the convolution one scale a channel.
        input_scale: Scale of the int8 image.
    """
    random = np.random.default_rng(5)
    graph = Graph()
    if input_type is np.int8:
        first = image = graph.tensor("image", (1, 8, 8, 3), np.int8, [input_scale], [-128])
    else:
        scales = ([1.0], [0]) if input_type is np.uint8 else ((), ())
        first = graph.tensor("image", (1, 8, 8, 3), input_type, *scales)
        image = graph.tensor("image_int8", (1, 8, 8, 3), np.int8, [1.0], [-128])
        graph.operator("QUANTIZE", [first], [image])
    count = 6 if per_channel else 1
    scales = np.linspace(0.001, 0.002, count)
    kernel = random.integers(-127, 128, (6, 3, 3, 3))
    weights = graph.tensor("kernel", (6, 3, 3, 3), np.int8, scales, [0] * count, 0, kernel)
    bias = graph.tensor("bias", (6,), np.int32, scales * input_scale, [0] * count, 0, np.arange(6))
    features = graph.tensor("features", (1, 4, 4, 6), np.int8, [0.5], [-128])
    graph.operator("CONV_2D", [image, weights, bias], [features], version=3, options=convolution())
    axes = graph.tensor("axes", (2,), np.int32, data=[1, 2])
    pooled = graph.tensor("pooled", (1, 6), np.int8, [0.25], [-128])
    if float_mean:
        wide, mean = graph.tensor("features_float", (1, 4, 4, 6)), graph.tensor("mean_float", (1, 6))
        graph.operator("DEQUANTIZE", [features], [wide], version=2)
        graph.operator("MEAN", [wide, axes], [mean], options=keep_dims())
        graph.operator("QUANTIZE", [mean], [pooled])
    else:
        graph.operator("MEAN", [features, axes], [pooled], version=2, options=keep_dims())
    dense = graph.tensor("dense", (4, 6), np.int8, [0.01], [0], 0, random.integers(-127, 128, (4, 6)))
    offset = graph.tensor("offset", (4,), np.int32, [0.0025], [0], 0, [1, -1, 2, 0])
    logits = graph.tensor("logits", (1, 4), np.int8, [0.2], [0])
    graph.operator(
        "FULLY_CONNECTED", [pooled, dense, offset], [logits], version=4, options=schema.FullyConnectedOptionsT()
    )
    return graph.bytes([first], [logits])


def float_classifier():
    """As `int8_classifier`, in float, with a softmax at its end."""
    random = np.random.default_rng(5)
    graph = Graph()
    image = graph.tensor("image", (1, 8, 8, 3))
    kernel = graph.tensor("kernel", (6, 3, 3, 3), data=random.normal(size=(6, 3, 3, 3)) / 255)
    bias = graph.tensor("bias", (6,), data=random.normal(size=6))
    features, axes = graph.tensor("features", (1, 4, 4, 6)), graph.tensor("axes", (2,), np.int32, data=[1, 2])
    graph.operator("CONV_2D", [image, kernel, bias], [features], options=convolution())
    pooled = graph.tensor("pooled", (1, 6))
    graph.operator("MEAN", [features, axes], [pooled], options=keep_dims())
    dense, offset = (
        graph.tensor("dense", (4, 6), data=random.normal(size=(4, 6))),
        graph.tensor("offset", (4,), data=[0] * 4),
    )
    logits, probability = graph.tensor("logits", (1, 4)), graph.tensor("probability", (1, 4))
    graph.operator("FULLY_CONNECTED", [pooled, dense, offset], [logits], options=schema.FullyConnectedOptionsT())
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    graph.operator("SOFTMAX", [logits], [probability], options=softmax)
    return graph.bytes([image], [probability])
