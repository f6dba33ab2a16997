import numpy as np
import pytest
from keras_samples import randomize

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras

SHAPE = (64, 64, 3)


@pytest.fixture
def pictures():
    smooth = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3)).repeat(8, 1).repeat(8, 2)
    return smooth.astype(np.float32)


@pytest.fixture
def check_against_stock(tmp_path, pictures):
    """Saves the weights of a network of keras.applications, loads them by path, and compares logits."""

    def check(name, stock, preprocess, alpha=1.0, adjust=None):
        randomize(stock)
        path = tmp_path / "weights.h5"
        expected = stock(preprocess(pictures.copy()), training=False).numpy()
        if adjust:
            adjust(stock)
        stock.save_weights(path)
        model = models.build(name, SHAPE, expected.shape[-1], alpha=alpha, weights=str(path))
        received = model(pictures, training=False).numpy()
        scale = max(1.0, float(np.abs(expected).max()))
        assert np.ptp(expected, axis=0).max() > 1e-3 * scale, "the pictures must give different logits"
        assert np.abs(received - expected).max() <= 1e-4 * scale

    return check


@pytest.fixture
def check_without_top(tmp_path, pictures):
    """The same for files without classifier: compares the features before pooling."""

    def check(name, stock, preprocess, last="pool"):
        randomize(stock)
        path = tmp_path / "weights_notop.h5"
        stock.save_weights(path)
        expected = stock(preprocess(pictures.copy()), training=False).numpy()
        model = models.build(name, SHAPE, 7, weights=str(path))
        features = keras.Model(model.input, model.get_layer(last).input)
        received = features(pictures, training=False).numpy()
        assert np.abs(received - expected).max() <= 1e-4 * max(1.0, float(np.abs(expected).max()))

    return check
