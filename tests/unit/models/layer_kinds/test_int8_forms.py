import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.layer_kinds import Rounding, int8_forms, rounding_of


@pytest.mark.parametrize("source", [(0.0, 6.0), (-0.4, 9.0), (-129 / 255, 126 / 255)])
@pytest.mark.parametrize("wanted", [(0.0, 2.0), (-0.1, 10.0)])
def test_the_range_of_a_mean_holds_what_is_wanted(wanted, source):
    low, high = int8_forms.range_of_mean(wanted, source)
    step = (high - low) / 255
    assert low - step <= wanted[0] and wanted[1] <= high + step


def test_products_are_not_half_way_values_where_a_gate_lets_all_through():
    gate, wanted = (0.0, 255 / 256), (-1.0, 6.5)
    low, high = int8_forms.range_of_product(wanted, wanted, gate)
    assert low < wanted[0] and wanted[1] < high < wanted[1] * 1.002
    factor = (wanted[1] - wanted[0]) / 256 / (high - low)  # of whole numbers, in steps of the result
    products = np.outer(np.arange(-255, 256), np.arange(256)) * factor
    assert np.mean(np.abs(products % 1 - 0.5) < 1e-9) < 1e-3
    assert int8_forms.range_of_product((-0.9, 6.5), wanted, gate) == (-0.9, 6.5)


def test_only_a_plain_relu_is_a_clip():
    found = [rounding_of(keras.layers.ReLU(**settings)) for settings in ({}, {"max_value": 6.0}, {"threshold": 1.0})]
    assert found == [Rounding.CLIP, Rounding.CLIP, None]
    assert rounding_of(keras.layers.ReLU(negative_slope=0.1)) is None


def test_a_function_without_an_operator_has_no_rounding():
    found = [rounding_of(keras.layers.Activation(name)) for name in ("sigmoid", "softmax", "tanh")]
    assert found == [Rounding.OWN_RANGE, Rounding.SOFTMAX, None]


@pytest.mark.parametrize("shape", [(6,), (4, 4, 6)])
def test_batch_normalization_of_pictures_and_vectors(shape):
    norm = keras.layers.BatchNormalization()
    image = keras.Input(shape)
    norm(image)
    generator = np.random.default_rng(0)
    norm.set_weights([generator.uniform(0.5, 1.5, 6) for _ in range(4)])
    values = generator.normal(size=(3, *shape)).astype(np.float32)
    made = keras.Model(image, int8_forms.normalized_channels(norm, image))
    np.testing.assert_allclose(made(values), norm(values, training=False), atol=1e-5)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in made.layers)


def test_batch_normalization_of_rows_stays():
    norm = keras.layers.BatchNormalization(axis=1)
    assert int8_forms.normalized_channels(norm, keras.Input((4, 4, 6))) is None


def test_a_mean_between_two_pixels_is_rounded():
    layer = layers.PixelNormalization([127.5], [127.5])
    image = keras.Input((4, 4, 1))
    made = keras.Model(image, int8_forms.normalized_pixels(layer, image))
    np.testing.assert_allclose(made(np.full((1, 4, 4, 1), 128.0))[0, 0, 0], 0.0, atol=1e-6)
