import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.graph import idle

layers = keras.layers
IMAGE = keras.Input((8, 6, 3))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Dropout(0.5), True),
        (layers.Activation("linear"), True),
        (layers.Activation("relu"), False),
        (layers.Resizing(8, 6), True),
        (layers.Resizing(6, 8), False),
        (layers.CenterCrop(8, 6), True),
        (layers.ZeroPadding2D(0), True),
        (layers.ZeroPadding2D(1), False),
        (layers.Reshape((8, 6, 3)), True),
        (layers.Permute((1, 2, 3)), True),
        (layers.Permute((2, 1, 3)), False),
        (layers.AveragePooling2D(1), True),
        (layers.AveragePooling2D(1, 2), False),
        (layers.MaxPooling2D(3, 1, "same"), False),
    ],
)
def test_layers_that_change_nothing_are_told(layer, expected):
    assert idle.does_nothing(layer, IMAGE) == expected


def test_casts_to_the_same_type_do_nothing():
    assert idle.operation_does_nothing("cast", tf.cast(IMAGE, "float32"), [IMAGE])
    assert not idle.operation_does_nothing("cast", tf.cast(IMAGE, "int32"), [IMAGE])
