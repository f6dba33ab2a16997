import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions


@pytest.mark.parametrize(("value", "expected"), [(0.5, 8), (11.2, 16), (12, 16), (11, 16), (33, 32), (1280, 1280)])
def test_make_divisible_never_loses_more_than_a_tenth(value, expected):
    assert blocks.make_divisible(value) == expected


def _inverted_residual(filters, stride, **arguments):
    x = keras.layers.Input((8, 8, 16))
    y = blocks.inverted_residual(
        x,
        filters,
        kernel=3,
        stride=stride,
        name="block_1",
        conventions=Conventions(),
        activation="relu6",
        **arguments,
    )
    return keras.Model(x, y)


@pytest.mark.parametrize(("filters", "stride", "added"), [(16, 1, True), (24, 1, False), (16, 2, False)])
def test_inverted_residual_adds_its_input_where_shapes_agree(filters, stride, added):
    model = _inverted_residual(filters, stride, expanded=96)
    assert any(layer.name == "block_1_add" for layer in model.layers) == added
    assert model.output_shape == (None, 8 // stride, 8 // stride, filters)


def test_inverted_residual_without_expansion_and_with_excitation():
    model = _inverted_residual(16, 1, expanded=0, excite=(4, "relu", "sigmoid"))
    names = [layer.name for layer in model.layers]
    assert "block_1_expand" not in names
    assert {"block_1_excite_pool", "block_1_excite_reduce_relu", "block_1_excite_expand_sigmoid"} <= set(names)


def test_logits_stay_float32_under_mixed_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        x = keras.layers.Input((4, 4, 8))
        assert blocks.classify(x, 3, 0.1).dtype == "float32"
    finally:
        keras.mixed_precision.set_global_policy("float32")
