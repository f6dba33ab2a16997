import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size


def test_multiply_adds_of_the_published_network():
    cost = costs.cost(Size("mobilenet_v2", 1.0, 224), 1000)
    assert 295e6 < sum(macs for macs, *_ in cost.kinds.values()) < 310e6
    assert len(cost.features) == 1 + 3 * len(costs.KINDS) and set(cost.kinds) <= set(costs.KINDS)


def test_more_classes_weigh_more_and_a_smaller_input_computes_less():
    few, many = (costs.cost(Size("mobilenet_v1", 0.5, 96), classes) for classes in (10, 1000))
    assert many.weights - few.weights == 990 * 512 and many.file_bytes("int8") > few.file_bytes("int8")
    large = costs.cost(Size("mobilenet_v1", 0.5, 192), 10)
    assert large.weights == few.weights and large.arena_bytes("float32") == 4 * large.arena_bytes("int8") > 4 * few.peak


def test_what_is_not_in_the_table_is_told():
    with pytest.raises(SuiteError, match=r"mobilenet_v1 0\.4 at 96 px: not in the table"):
        costs.cost(Size("mobilenet_v1", 0.4, 96), 10)
    assert Size("mobilenet_v1", 0.5, 96) in costs.sizes() and len(costs.sizes()) > 400


def test_parameters_are_those_of_the_keras_network():
    # As `keras.applications` counts them.
    assert costs.cost(Size("mobilenet_v2", 1.0, 224), 1000).params == 3_538_984
    assert costs.cost(Size("mobilenet_v2", 1.0, 224), 10).params == 3_538_984 - 990 * 1281


@pytest.mark.parametrize(
    ("network", "measured"),
    [("mobilenet_v1", 316_704), ("mobilenet_v2", 428_592), ("efficientnet_lite0", 459_312)],
)
def test_the_arena_of_a_microcontroller_is_as_its_interpreter_said(network, measured):
    found = costs.cost(costs.Size(network, 1.0, 96), 10).micro_arena_bytes
    assert abs(found / measured - 1) < 0.01
