import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.lint import delegates
from tfl_lite_suite.lint.result import RefusedOperator
from tfl_lite_suite.tflite.file import TfliteFile


def graph_of(data):
    return TfliteFile(data).subgraphs[0]


def unary(name, dtype, *, scales=((), ())):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 4), dtype, *scales), graph.tensor("b", (1, 4), dtype, *scales)
    graph.operator(name, [a], [b])
    return graph_of(graph.bytes([a], [b]))


def refused(graph):
    return {
        delegate: [entry.name for entry in entries]
        for delegate, entries in delegates.refusals(graph, "litert-2.1").items()
    }


def test_an_int8_classifier_is_taken_whole():
    assert refused(graph_of(tflite_samples.int8_classifier())) == {"xnnpack": [], "gpu": [], "nnapi": []}


def test_float_only_operators_are_refused_in_int8():
    assert refused(unary("HARD_SWISH", np.float32))["xnnpack"] == []
    assert refused(unary("HARD_SWISH", np.int8, scales=([0.1], [0])))["xnnpack"] == ["HARD_SWISH"]
    assert refused(unary("SOFTMAX", np.int8, scales=([0.1], [0])))["xnnpack"] == ["SOFTMAX"]


def test_converting_uint8_to_int8_is_refused_by_xnnpack():
    assert refused(graph_of(tflite_samples.int8_classifier(input_type=np.uint8)))["xnnpack"] == ["QUANTIZE"]


def test_unknown_operators_are_refused_by_all():
    assert refused(unary("UNIQUE", np.float32)) == {"xnnpack": ["UNIQUE"], "gpu": ["UNIQUE"], "nnapi": ["UNIQUE"]}


def test_the_way_around_is_told_where_there_is_one():
    swish = delegates.refusals(unary("HARD_SWISH", np.int8, scales=([0.1], [0])), "litert-2.1")
    assert "--hard_swish=split" in swish["xnnpack"][0].instead
    assert delegates.refusals(unary("UNIQUE", np.float32), "litert-2.1")["xnnpack"][0].document().keys() == {
        "index",
        "name",
        "why",
    }


def test_pieces_are_counted():
    graph = graph_of(tflite_samples.int8_classifier())
    assert delegates.partitions(graph, []) == 1
    first, second, third = (RefusedOperator(index, "CONV_2D", "why") for index in range(3))
    assert delegates.partitions(graph, [second]) == 2
    assert delegates.partitions(graph, [first]) == 1
    assert delegates.partitions(graph, [first, second, third]) == 0


def test_the_wheels_of_tflite_runtime_take_no_quantized_operator():
    whole = graph_of(tflite_samples.int8_classifier())
    entries = delegates.refusals(whole, "tflite_runtime-2.14")["xnnpack"]
    assert len(entries) == len(whole.operators) and delegates.partitions(whole, entries) == 0
    in_float = graph_of(tflite_samples.float_classifier())
    assert delegates.refusals(in_float, "tflite_runtime-2.14")["xnnpack"] == []


def test_the_wheels_of_tflite_runtime_lack_later_operators():
    assert [
        entry.name for entry in delegates.refusals(unary("GELU", np.float32), "tflite_runtime-2.14")["xnnpack"]
    ] == ["GELU"]
    assert refused(unary("GELU", np.float32))["xnnpack"] == []


def with_integers(name, shape, integers, *, place):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", shape), graph.tensor("b", shape)
    stored = [graph.tensor("i", (len(integers),), np.int32, data=integers)] * place
    graph.operator(name, [a, *stored], [b])
    return graph_of(graph.bytes([a], [b]))


@pytest.mark.parametrize(
    ("axes", "taken"), [((1, 2), True), ((2, 1), True), ((-2,), True), ((3,), False), ((1,), False)]
)
def test_the_wheels_of_tflite_runtime_reduce_height_and_width(axes, taken):
    graph = with_integers("MEAN", (1, 4, 4, 8), axes, place=1)
    assert (delegates.refusals(graph, "tflite_runtime-2.14")["xnnpack"] == []) is taken
    assert refused(graph)["xnnpack"] == []


def test_xnnpack_takes_no_slice_with_strides():
    assert refused(with_integers("STRIDED_SLICE", (1, 4), (1, -1), place=3))["xnnpack"] == ["STRIDED_SLICE"]
    assert refused(with_integers("STRIDED_SLICE", (1, 4), (1, 1), place=3))["xnnpack"] == []


@pytest.mark.parametrize(("scale", "taken"), [(1.0, True), (0.001, True), (0.0009, False), (256.0, False)])
def test_xnnpack_adds_similar_scales_only(scale, taken):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 4), np.int8, [scale], [0]), graph.tensor("b", (1, 4), np.int8, [1.0], [0])
    graph.operator("ADD", [a, b], [b])
    assert (refused(graph_of(graph.bytes([a], [b])))["xnnpack"] == []) is taken
