import pytest
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import graph as tflite_graph
from tfl_lite_suite.tflite.file import TfliteFile


@pytest.fixture(scope="module")
def graph():
    return TfliteFile(tflite_samples.int8_classifier()).subgraphs[0]


def test_tensors_agree_with_the_generated_reader(graph):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(tflite_samples.int8_classifier(), 0))
    for tensor, expected in zip(graph.tensors, model.subgraphs[0].tensors, strict=True):
        assert tensor.name == expected.name.decode()
        assert tensor.shape == tuple(expected.shape)
        assert tensor.scales == tuple(expected.quantization.scale if expected.quantization else ())
        assert tensor.buffer == expected.buffer


def test_options_of_a_convolution(graph):
    convolution = graph.operators[0]
    assert convolution.options["stride_w"] == convolution.options["stride_h"] == 2
    assert convolution.options["dilation_h"] == 1
    assert convolution.activation == "RELU"


def test_constants_are_told_from_activations(graph):
    named = {tensor.name: graph.is_constant(tensor) for tensor in graph.tensors}
    assert named["kernel"] and named["bias"] and not named["image"] and not named["features"]


def test_sizes_in_memory():
    assert tflite_graph.TensorSpec("a", (2, 3), "int4").bytes == 3
    assert tflite_graph.TensorSpec("a", (2, 3), "float32").bytes == 24
    assert tflite_graph.TensorSpec("a", (), "float32").bytes == 4
    assert tflite_graph.TensorSpec("a", (-1, 3), "int8").bytes == 3
    assert tflite_graph.TensorSpec("a", (1, 3), "string").bytes == 0


def test_a_free_size_is_dynamic():
    assert tflite_graph.TensorSpec("a", (1, 3), "int8", shape_signature=(-1, 3)).is_dynamic
    assert not tflite_graph.TensorSpec("a", (1, 3), "int8").is_dynamic


def test_numbers_beyond_the_schema_keep_a_name():
    assert tflite_graph.name_of(("a", "b"), 7) == "unknown(7)"
    assert tflite_graph.name_of(("a", "b"), -1) == "unknown(-1)"


def test_an_operator_without_what_it_needs_is_refused():
    made = tflite_samples.Graph()
    image, scores = made.tensor("image", (1, 4)), made.tensor("scores", (1, 4))
    made.operator("DEQUANTIZE", [], [scores])
    with pytest.raises(SuiteError, match="operator 0, DEQUANTIZE, lacks an input or output"):
        TfliteFile(made.bytes([image], [scores])).check()
