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
    # Input and output stay; of the inner tensors two live at a time, so the third takes the first one's place.
    assert cost.arena(chain([16, 16, 16, 16, 16])).bytes == 4 * 64


def test_sizes_are_rounded_to_the_alignment():
    assert cost.arena(chain([1, 1])).bytes == 2 * 64


def test_a_plan_is_never_below_the_largest_sum():
    graph = chain([16, 512, 64, 256, 128, 32])
    assert cost.arena(graph).bytes >= cost._peak(cost._lifetimes(graph))


def test_a_huge_graph_gets_a_bound(monkeypatch):
    monkeypatch.setattr(cost, "_MOST_TENSORS", 3)
    assert cost.arena(chain([16, 16, 16, 16, 16])) == cost.Arena(4 * 64, "bound")
