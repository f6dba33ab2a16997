import inspect

import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.layer_kinds import kind_of, like

IMAGE = keras.Input((4, 4, 8))


def own_layers():
    found = [value for value in vars(layers).values() if inspect.isclass(value) and value.__module__ == layers.__name__]
    # `canonical` makes a convolution of LayerScale; a private class is a base of others.
    return [layer for layer in found if layer is not layers.LayerScale and not layer.__name__.startswith("_")]


@pytest.mark.parametrize("layer", own_layers())
def test_every_layer_of_the_suite_has_an_int8_form(layer):
    kind = like(layer)
    assert kind.rounding or kind.int8_operators


@pytest.mark.parametrize(
    ("layer", "operator"),
    [
        (keras.layers.Conv2D(4, 1), "pointwise"),
        (keras.layers.Conv2D(4, 3), "conv"),
        (keras.layers.Conv2D(4, 4), "conv"),
    ],
)
def test_a_convolution_is_priced_by_its_kernel(layer, operator):
    layer(IMAGE)
    assert kind_of(layer).operator(layer) == operator


def test_layers_that_change_nothing_are_idle():
    found = {
        "padding": keras.layers.ZeroPadding2D(0),
        "padded": keras.layers.ZeroPadding2D(1),
        "pool": keras.layers.MaxPooling2D(1),
        "pooled": keras.layers.MaxPooling2D(2),
    }
    assert {name: kind_of(layer).idle(layer, IMAGE) for name, layer in found.items()} == {
        "padding": True,
        "padded": False,
        "pool": True,
        "pooled": False,
    }
