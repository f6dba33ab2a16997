import numpy as np
import pytest
import tflite_samples
from keras_samples import blocky, tiny_network

from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter, Part, quantized, real
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.object_form import pack, unpack

PICTURES = blocky(8, (32, 32, 1))


@pytest.fixture(scope="module")
def content():
    return tflite_converter.convert(tiny_network(), "int8", calibration=PICTURES)


def test_parts_in_a_row_give_the_whole(content):
    graph, model = TfliteFile(content).subgraphs[0], unpack(content)
    whole = Interpreter(content, keep_all=True)
    values = {graph.input_indices[0]: np.stack([whole.pixels(picture) for picture in PICTURES])}
    for op in graph.operators:
        values.update(Part(model, graph, [op], op.outputs).run(values))
    for row, picture in enumerate(PICTURES):
        whole.invoke([whole.pixels(picture)])
        for op in graph.operators:
            difference = whole.tensor(op.outputs[0]).astype(int) - values[op.outputs[0]][row]
            # One operator alone may go to another kernel, which rounds otherwise.
            assert np.abs(difference).max() <= 1, op.name


@pytest.mark.parametrize("io_type", ["int8", "uint8", "float32"])
def test_pixels_come_in_the_type_of_the_input(io_type):
    content = tflite_converter.convert(tiny_network(), "int8", calibration=PICTURES, io_type=io_type)
    interpreter = Interpreter(content)
    pixels = interpreter.pixels(PICTURES[0])
    assert pixels.dtype == io_type and interpreter.scores(PICTURES).shape == (8, 2)
    offset = -128 if io_type == "int8" else 0
    np.testing.assert_array_equal(pixels[0].astype(int), PICTURES[0].astype(int) + offset)


def test_quantized_values_are_rounded_and_clipped():
    values = np.array([-100.0, 0.0, 0.26, 0.74, 100.0])
    np.testing.assert_array_equal(quantized(values, 0.5, 3), [-128, 3, 4, 4, 127])
    np.testing.assert_allclose(real(quantized(values, 0.5, 3), 0.5, 3), [-65.5, 0, 0.5, 0.5, 62])
    np.testing.assert_array_equal(real(values, 0.0, 0), values.astype(np.float32))


def test_samples_of_the_schema_survive_packing():
    graph = tflite_samples.Graph()
    x = graph.tensor("x", (1, 4))
    y = graph.tensor("y", (1, 4))
    graph.operator("RELU", [x], [y])
    packed = pack(unpack(graph.bytes([x], [y])))
    assert [op.name for op in TfliteFile(packed).subgraphs[0].operators] == ["RELU"]
