import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import mobilenet_v2
from tfl_lite_suite.models.conventions import Conventions

preprocess = keras.applications.mobilenet_v2.preprocess_input


@pytest.mark.parametrize("alpha", [0.35, 1.3])
def test_equals_keras_applications(check_against_stock, alpha):
    stock = keras.applications.MobileNetV2(
        input_shape=(64, 64, 3), alpha=alpha, classes=10, classifier_activation=None, weights=None
    )
    check_against_stock("mobilenet_v2", stock, preprocess, alpha)


def test_layers_have_the_names_that_recipes_use():
    names = {layer.name for layer in models.build("mobilenet_v2", (32, 32, 3), 10, alpha=0.35).layers}
    assert {"stem", "block_3_expand", "block_3_depthwise", "block_3_project_bn", "head", "classifier"} <= names


def test_symmetric_padding_is_explicit_at_stride_2_only():
    model = mobilenet_v2.build((32, 32, 3), 10, alpha=0.35, conventions=Conventions(padding="symmetric"))
    padded = [layer.name for layer in model.layers if isinstance(layer, keras.layers.ZeroPadding2D)]
    assert padded == ["stem_pad"] + [f"block_{index}_depthwise_pad" for index in (1, 3, 6, 13)]
