import keras_samples
import numpy as np
import pytest
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.lint import quantization_rules
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import int16_fallback
from tfl_lite_suite.tflite.file import TfliteFile


def codes(data, target="tflite_runtime-2.14"):
    return {problem.code for problem in quantization_rules.problems(TfliteFile(data), target)}


def dense(scales, zero_points=None, weights=np.int8, image=(np.int8, [0.1], [0])):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 8), *image), graph.tensor("b", (1, 4), *image)
    kernel = graph.tensor("kernel", (4, 8), weights, scales, zero_points or [0] * len(scales), 0, np.ones((4, 8)))
    graph.operator("FULLY_CONNECTED", [a, kernel, -1], [b], version=4, options=schema.FullyConnectedOptionsT())
    return graph.bytes([a], [b])


def test_a_sound_model_has_no_problem():
    assert codes(tflite_samples.int8_classifier()) == set()
    assert codes(tflite_samples.float_classifier()) == set()


def test_float_islands():
    assert codes(tflite_samples.int8_classifier(float_mean=True)) == {"float_island"}


def test_float_input_of_an_integer_graph():
    assert codes(tflite_samples.int8_classifier(input_type=np.float32)) == {"float_io"}


def test_weights_with_one_scale():
    assert codes(tflite_samples.int8_classifier(per_channel=False)) == {"per_tensor_weights"}


def test_dense_layers_with_a_scale_a_channel():
    found = quantization_rules.problems(TfliteFile(dense([0.1] * 4)), "tensorflow-2.10")
    assert [(problem.code, problem.severity) for problem in found] == [("per_channel_dense", "error")]
    assert codes(dense([0.1])) == set()


def test_input_that_needs_arithmetic_on_the_device():
    assert codes(tflite_samples.int8_classifier(input_scale=0.996)) == {"input_quantization"}


def test_weights_in_8_bits_under_float_activations():
    assert "dynamic_range" in codes(dense([0.1], image=(np.float32, (), ())))


@pytest.mark.parametrize(
    ("scales", "zero_points"),
    [
        ([0.0], [0]),
        ([float("nan")], [0]),
        ([-1.0], [0]),
        ([0.1], [300]),
        ([0.1] * 3, [0] * 3),
        ([0.1] * 4, [1, 0, 0, 0]),
    ],
)
def test_impossible_numbers(scales, zero_points):
    assert "bad_quantization" in codes(dense(scales, zero_points))


def test_conversions_that_undo_each_other():
    graph = tflite_samples.Graph()
    a, d = graph.tensor("a", (1, 4), np.int8, [0.1], [0]), graph.tensor("d", (1, 4), np.int8, [0.2], [0])
    b = graph.tensor("b", (1, 4))
    graph.operator("DEQUANTIZE", [a], [b])
    graph.operator("QUANTIZE", [b], [d])
    assert "dequantize_quantize" in codes(graph.bytes([a], [d]))


def test_layers_with_16_bit_activations():
    content = tflite_converter.convert(
        keras_samples.tiny_network(), "int8", calibration=keras_samples.blocky(8, (32, 32, 1))
    )
    file = TfliteFile(content)
    wide = int16_fallback.widen(file, sorted(int16_fallback.candidates(file)[0])[:1])
    assert codes(wide.content) - codes(content) == {"int16_activations"}


def test_weights_that_are_no_numbers():
    graph = tflite_samples.Graph()
    given, made = graph.tensor("given", (1, 4)), graph.tensor("made", (1, 4))
    bad = graph.tensor("bad", (4,), data=[1, np.nan, 2, np.inf])
    graph.tensor("good", (4,), data=[1, 2, 3, 4])
    graph.operator("ADD", [given, bad], [made])
    found = quantization_rules.problems(TfliteFile(graph.bytes([given], [made])), "litert-2.1")
    assert [item.message for item in found if item.code == "weights_not_finite"] == [
        "weights hold NaN or infinity: bad"
    ]
