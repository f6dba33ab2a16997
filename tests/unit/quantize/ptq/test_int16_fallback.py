import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq import int16_fallback
from tfl_lite_suite.tflite import shared_buffers
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = keras_samples.blocky(12, (32, 32, 1))


def activations(content):
    """Operator names, each with the types of its activations, inputs first."""
    graph = TfliteFile(content).subgraphs[0]
    places = [
        [i for i in (*op.inputs, *op.outputs) if i >= 0 and not graph.is_constant(graph.tensors[i])]
        for op in graph.operators
    ]
    return [
        (op.name, *(graph.tensors[i].dtype for i in found)) for op, found in zip(graph.operators, places, strict=True)
    ]


def every_operator():
    """A network of every operator that can be widened."""
    layers = keras.layers
    x = image = keras.Input((32, 32, 1))
    x = layers.ReLU(6.0)(layers.Conv2D(8, 3, 2, "same")(x))
    x = layers.DepthwiseConv2D(3)(tf.pad(x, [[0, 0], [0, 2], [0, 2], [0, 0]]))
    y = layers.Activation("sigmoid")(layers.Conv2D(8, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x)))
    x = layers.Add()([x, layers.Multiply()([x, y])])
    left, right = tf.split(x, 2, axis=-1)
    x = layers.Concatenate()([layers.Conv2D(4, 1)(left), layers.Subtract()([layers.Conv2D(4, 1)(right), left])])
    x = tf.transpose(tf.reshape(x, (-1, 16, 16, 2, 4)), (0, 1, 2, 4, 3))
    x = layers.Conv2D(8, 1)(tf.reshape(x, (-1, 16, 16, 8))[:, 1:, 1:, :])
    x = layers.AveragePooling2D(3)(layers.MaxPooling2D(2)(x))
    x = layers.Dense(4)(layers.Flatten()(x))
    return keras_samples.randomize(keras.Model(image, layers.Softmax()(layers.Dense(4)(x)), name="every"))


def with_exact_weights(model):
    """Gives kernels values that int8 has exactly."""
    for layer in model.layers:
        if layer.get_weights():
            kernel, *bias = layer.get_weights()
            if isinstance(layer, keras.layers.DepthwiseConv2D):
                axes = (0, 1)
            else:
                axes = None if isinstance(layer, keras.layers.Dense) else tuple(range(kernel.ndim - 1))
            step = np.abs(kernel).max(axis=axes, keepdims=True) / 127
            layer.set_weights([np.rint(kernel / step) * step, *bias])
    return model


def widened(content):
    """A file with all that can have 16 bits in 16 bits."""
    file = TfliteFile(content)
    return int16_fallback.widen(file, sorted(int16_fallback.candidates(file)[0])).content


def test_makers_and_readers_of_a_tensor_compute_in_16_bits():
    content = tflite_converter.convert(keras_samples.tiny_network(), "int8", calibration=PICTURES)
    graph = TfliteFile(content).subgraphs[0]
    name = next(graph.tensors[op.outputs[0]].name for op in graph.operators if op.name == "DEPTHWISE_CONV_2D")
    wide = int16_fallback.widen(TfliteFile(content), [name]).content
    assert activations(wide) == [
        ("CONV_2D", "int8", "int8"),
        ("DEQUANTIZE", "int8", "float32"),
        ("QUANTIZE", "float32", "int16"),
        ("DEPTHWISE_CONV_2D", "int16", "int16"),
        ("CONV_2D", "int16", "int16"),
        ("QUANTIZE", "int16", "int8"),
        ("ADD", "int8", "int8", "int8"),
        ("MEAN", "int8", "int8"),
        ("FULLY_CONNECTED", "int8", "int8"),
    ]
    graph = TfliteFile(wide).subgraphs[0]
    constants = [graph.tensors[index] for index in graph.operators[3].inputs[1:]]
    assert [tensor.dtype for tensor in constants] == ["int8", "int64"]
    used = {index for op in graph.operators for index in (*op.inputs, *op.outputs)}
    assert used - {-1} == set(range(len(graph.tensors)))


def test_nothing_changes_where_nothing_is_asked():
    content = tflite_converter.convert(keras_samples.tiny_network(), "int8", calibration=PICTURES)
    assert activations(int16_fallback.widen(TfliteFile(content), []).content) == activations(content)


def answers(model, io_type, tmp_path):
    """The float model's scores; and the int8 file's and the wide file's, by engine."""
    content = tflite_converter.convert(model, "int8", calibration=PICTURES, io_type=io_type)
    wide = shared_buffers.compact(widened(content))
    file = TfliteFile(wide)
    assert not file.fully_int8 and file.inputs[0].dtype == file.outputs[0].dtype == io_type
    np.save(tmp_path / "pictures.npy", PICTURES)
    paths = [tmp_path / "int8.tflite", tmp_path / "int16.tflite"]
    for path, data in zip(paths, (content, wide), strict=True):
        path.write_bytes(data)
    found = keras_samples.run_on_engines([(path, tmp_path / "pictures.npy") for path in paths])
    by_engine = {engine: [found[str(path), engine] for path in paths] for _, engine in found}
    return Interpreter(tflite_converter.convert(model, "float32")).scores(PICTURES), by_engine


@pytest.mark.parametrize("io_type", ["int8", "uint8", "float32"])
def test_runtimes_compute_every_operator_in_finer_steps(io_type, tmp_path):
    expected, by_engine = answers(with_exact_weights(every_operator()), io_type, tmp_path)
    assert by_engine and np.ptp(expected, axis=0).max() > 0.5
    # A probability of 1 is one step more than int8 has.
    for before, after in by_engine.values():
        assert np.abs(after - expected).max() < 1 / 256 < 1 / 16 < np.abs(before - expected).max()


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "shufflenet_v2", "efficientnet_b0"])
def test_runtimes_run_networks(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = keras_samples.randomize(models.build(name, (32, 32, 1), 4))
    expected, by_engine = answers(model, "int8", tmp_path)
    assert by_engine
    for _, after in by_engine.values():
        assert np.abs(after - expected).mean() < 0.02 * np.ptp(expected)


def test_every_operator_is_tried():
    content = tflite_converter.convert(every_operator(), "int8", calibration=PICTURES, io_type="float32")
    wide = activations(widened(content))
    assert {name for name, *types in wide if "int16" in types} == int16_fallback._VERSIONS.keys()


def test_operators_without_a_16_bit_form_are_named():
    content = tflite_converter.convert(models.build("mobilenet_v3_small", (32, 32, 1), 4), "int8", calibration=PICTURES)
    possible, refused = int16_fallback.candidates(TfliteFile(content))
    assert refused == ["HARD_SWISH"]
    graph = TfliteFile(content).subgraphs[0]
    swish = next(op for op in graph.operators if op.name == "HARD_SWISH")
    assert not possible & {graph.tensors[index].name for index in (*swish.inputs, *swish.outputs)}
