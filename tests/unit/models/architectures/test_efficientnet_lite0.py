from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers


def test_is_made_for_int8():
    model = models.build("efficientnet_lite0", (32, 32, 3), 10, alpha=0.5)
    kinds = {type(layer) for layer in model.layers}
    assert not kinds & {layers.Swish, keras.layers.Multiply, keras.layers.Activation}
    assert all(layer.max_value == 6 for layer in model.layers if isinstance(layer, keras.layers.ReLU))


def test_stem_and_head_keep_their_width():
    model = models.build("efficientnet_lite0", (32, 32, 3), 10, alpha=0.5)
    assert (model.get_layer("stem").filters, model.get_layer("head").filters) == (32, 1280)
