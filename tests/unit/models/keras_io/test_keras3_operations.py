import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.keras_io.keras3_operations import Unknown, operation


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("Sin", {}, "this function of keras.ops is not known here"),
        ("Max", {"axis": 1, "initial": 3.0}, "its setting 'initial' is not known here. Received: 3.0"),
        ("Softmax", {"axis": 1, "temperature": 2}, "its setting 'temperature' is not known here"),
    ],
)
def test_what_is_not_known_is_refused(kind, config, message):
    with pytest.raises(Unknown, match=message):
        operation(kind, {"name": "x", **config}, "x")


def test_a_mean_over_the_picture_is_the_layer_that_quantization_knows():
    image = keras.Input((4, 4, 3))
    mean = operation("Mean", {"name": "mean", "axis": [1, 2], "keepdims": True}, "mean")(image)
    assert isinstance(mean._keras_history.layer, keras.layers.GlobalAveragePooling2D) and mean.shape[1:] == (1, 1, 3)
