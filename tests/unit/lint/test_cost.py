import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.lint import cost
from tfl_lite_suite.tflite.file import TfliteFile


@pytest.fixture
def file():
    return TfliteFile(tflite_samples.int8_classifier())


def test_multiply_adds_of_each_operator(file):
    graph = file.subgraphs[0]
    costs = {op.name: cost.multiply_adds(graph, op) for op in graph.operators}
    assert costs == {"CONV_2D": 4 * 4 * 6 * 3 * 3 * 3, "MEAN": 0, "FULLY_CONNECTED": 6 * 4}


def test_weights_are_counted_once(file):
    assert cost.weight_bytes(file) == 6 * 27 + 6 * 4 + 2 * 4 + 4 * 6 + 4 * 4


def chain(sizes):
    """A chain of operators, each with an output of so many floats."""
    graph = tflite_samples.Graph()
    places = [graph.tensor(f"t{index}", (1, size)) for index, size in enumerate(sizes)]
    for source, target in zip(places, places[1:], strict=False):
        graph.operator("RELU", [source], [target])
    return TfliteFile(graph.bytes(places[:1], places[-1:])).subgraphs[0]


def test_memory_of_a_chain_is_shared():
    # The input stays; of the others two live at a time, so the third takes the first one's place.
    assert cost.arena(chain([16, 16, 16, 16, 16])).bytes == 3 * 64


def test_sizes_are_rounded_to_the_alignment():
    assert cost.arena(chain([1, 1])).bytes == 2 * 64


def test_a_plan_is_never_below_the_largest_sum():
    graph = chain([16, 512, 64, 256, 128, 32])
    assert cost.arena(graph).bytes >= cost._peak(cost._lifetimes(graph))


def test_a_huge_graph_gets_a_bound(monkeypatch):
    monkeypatch.setattr(cost, "_MOST_TENSORS", 3)
    assert cost.arena(chain([16, 16, 16, 16, 16])) == cost.Arena(3 * 64, "bound")


def test_the_matrix_that_a_convolution_lays_out_is_counted(file):
    # 4×4 places of 3×3×3 values; beside it the picture of 8×8×3 and what the convolution gives, 4×4×6.
    assert cost.arena(file.subgraphs[0]).bytes == 448 + 192 + 128


def test_unpacked_weights_stay_all_the_time():
    graph = tflite_samples.Graph()
    stored = graph.tensor("stored", (1, 64), np.int8, [0.1], [0], data=np.ones((1, 64)))
    picture, weights, scores = (graph.tensor(name, (1, 64)) for name in ("picture", "weights", "scores"))
    graph.operator("DEQUANTIZE", [stored], [weights])
    graph.operator("ADD", [picture, weights], [scores])
    found = TfliteFile(graph.bytes([picture], [scores])).subgraphs[0]
    assert cost._lifetimes(found) == [(256, 0, 2), (256, 0, 2), (256, 1, 2)]
