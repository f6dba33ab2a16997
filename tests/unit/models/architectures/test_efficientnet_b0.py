import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD


def _set_normalization(model, std_as_variance):
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    mean, std = np.divide(IMAGENET_MEAN, 255), np.divide(IMAGENET_STD, 255)
    layer.set_weights([mean, std if std_as_variance else std**2, np.asarray(layer.get_weights()[2])])


@pytest.mark.parametrize("official", [True, False])
def test_equals_keras_applications(check_against_stock, official):
    stock = keras.applications.EfficientNetB0(
        input_shape=(64, 64, 3), classes=10, classifier_activation=None, weights=None
    )
    _set_normalization(stock, std_as_variance=False)
    # Official files hold standard deviations where variances belong.
    check_against_stock(
        "efficientnet_b0",
        stock,
        lambda images: images,
        adjust=(lambda model: _set_normalization(model, std_as_variance=True)) if official else None,
    )
