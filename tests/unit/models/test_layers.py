import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers

X = np.linspace(-8, 8, 4 * 4 * 6, dtype=np.float32).reshape(1, 4, 4, 6)


@pytest.mark.parametrize("training", [False, True])
def test_pixel_normalization(training):
    pixels = np.arange(2 * 3 * 3, dtype=np.float32).reshape(1, 2, 3, 3)
    mean, std = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 5.0])
    received = layers.PixelNormalization(mean, std)(pixels, training=training)
    np.testing.assert_allclose(received, (pixels - mean) / std, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (layers.HardSwish, lambda x: x * np.clip(x + 3, 0, 6) / 6),
        (layers.HardSigmoid, lambda x: np.clip(x + 3, 0, 6) / 6),
        (layers.Swish, lambda x: x / (1 + np.exp(-x))),
    ],
)
def test_activations(layer, function):
    np.testing.assert_allclose(layer()(X), function(X), rtol=1e-5, atol=1e-6)


def test_channel_slice():
    np.testing.assert_array_equal(layers.ChannelSlice(2, 3)(X), X[..., 2:5])


def test_channel_shuffle_interleaves_groups():
    received = layers.ChannelShuffle(2)(X).numpy()
    np.testing.assert_array_equal(received, X[..., [0, 3, 1, 4, 2, 5]])


def test_layers_survive_saving(tmp_path):
    inputs = keras.layers.Input((4, 4, 6))
    x = layers.PixelNormalization([1.0] * 6, [2.0] * 6)(inputs)
    for layer in (layers.HardSwish(), layers.HardSigmoid(), layers.Swish(), layers.ChannelShuffle(3)):
        x = layer(x)
    model = keras.Model(inputs, layers.ChannelSlice(1, 4)(x))
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(models.load(tmp_path / "m.keras")(X), model(X))
