import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras

preprocess = keras.applications.mobilenet.preprocess_input
OPTIONS = {"input_shape": (64, 64, 3), "weights": None}


@pytest.mark.parametrize("alpha", [0.25, 0.6])
def test_equals_keras_applications(check_against_stock, alpha):
    stock = keras.applications.MobileNet(alpha=alpha, classes=10, classifier_activation=None, **OPTIONS)
    check_against_stock("mobilenet_v1", stock, preprocess, alpha)


def test_loads_files_without_top(check_without_top):
    check_without_top("mobilenet_v1", keras.applications.MobileNet(include_top=False, **OPTIONS), preprocess)


@pytest.mark.parametrize("size", [(48, 48), (50, 75)])
def test_odd_sizes_shrink_as_in_keras_applications(size):
    stock = keras.applications.MobileNet(alpha=0.05, include_top=False, input_shape=(*size, 3), weights=None)
    model = models.build("mobilenet_v1", (*size, 3), 10, alpha=0.05)
    assert model.get_layer("pool").input_shape == stock.output_shape
