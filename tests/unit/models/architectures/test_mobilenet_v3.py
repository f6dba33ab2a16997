import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras


def test_loads_files_without_top(check_without_top):
    stock = keras.applications.MobileNetV3Small(input_shape=(64, 64, 3), include_top=False, weights=None)
    check_without_top("mobilenet_v3_small", stock, lambda images: images)


@pytest.mark.parametrize(("alpha", "width"), [(0.5, 1024), (1.5, 1536)])
def test_head_never_gets_narrower(alpha, width):
    model = models.build("mobilenet_v3_small", (32, 32, 3), 10, alpha=alpha)
    assert model.get_layer("head").filters == width
