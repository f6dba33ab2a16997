import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.layer_kinds import LayerKind, register
from tfl_lite_suite.models.layer_kinds.canonical_forms import affine, canonical

IMAGE = keras.Input((4, 4, 3))


class Halved(keras.layers.Layer):
    """A class of a user's."""

    def call(self, inputs):
        return inputs / 2


def maker(tensor):
    return keras_graph.layer_of(tensor)


def test_a_users_layer_has_the_form_that_it_registers():
    assert type(maker(canonical(Halved(), IMAGE))) is Halved
    register(Halved, LayerKind(canonical=lambda layer, inputs: affine(layer.name, 0.5, 0.0, inputs)))
    found = maker(canonical(Halved(name="half"), IMAGE))
    assert type(found) is layers.PixelNormalization
    assert (found.name, list(found.mean), list(found.std)) == ("half", [0, 0, 0], [2, 2, 2])


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (keras.layers.Dropout(0.5), keras.layers.InputLayer),
        (keras.layers.ReLU(negative_slope=0.1), keras.layers.LeakyReLU),
        (keras.layers.ReLU(6.0, negative_slope=0.1), keras.layers.ReLU),
        (keras.layers.Activation("swish"), layers.Swish),
        (keras.layers.Conv2D(2, 1, activation=keras.layers.ReLU(negative_slope=0.1)), keras.layers.LeakyReLU),
        (keras.layers.Rescaling(np.ones((4, 1, 1)).tolist()), keras.layers.Rescaling),
    ],
)
def test_the_last_layer_of_a_form(layer, kind):
    built = layer(IMAGE)
    assert type(maker(canonical(maker(built), IMAGE))) is kind
