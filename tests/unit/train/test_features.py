import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.train import features


@pytest.mark.parametrize("name", ["micro", "squeezenet_1_1", "vgg16"])
def test_the_classifier_is_linear_in_the_features(name):
    keras.utils.set_random_seed(0)
    model = models.build(name, (32, 32, 1), 3, alpha=0.25)
    pictures = keras_samples.blocky(4, (32, 32, 1)).astype(np.float32)
    found = features.extractor(model)(pictures, training=False).numpy()
    kernel, bias = model.get_layer("classifier").get_weights()
    expected = model(pictures, training=False).numpy()
    np.testing.assert_allclose(found @ kernel.reshape(-1, 3) + bias, expected, rtol=1e-3, atol=1e-4)


def test_features_are_computed_once_and_read_back(tmp_path):
    data, model = keras_samples.bright_or_dark(), keras_samples.tiny_network()
    kept = Stage(tmp_path, "train_features", {"of": 1})
    found = features.compute(model, data, kept)
    assert found.train.shape == (32, 8) and found.test.shape == (32, 8) and found.picture_seconds > 0
    model.set_weights([weight * 0 for weight in model.get_weights()])
    again = features.compute(model, data, kept)
    np.testing.assert_array_equal(again.validation, found.validation)
    assert again.picture_seconds == found.picture_seconds
    other = features.compute(model, data, Stage(tmp_path, "train_features", {"of": 2}))
    assert np.abs(other.train - found.train).max() > 0


def test_a_split_may_be_empty(tmp_path):
    data = keras_samples.bright_or_dark()
    empty = keras_samples.split(np.zeros((0, 32, 32, 1), np.uint8), np.zeros(0, np.int64), 2)
    data = type(data)(data.class_names, data.contract, data.train, empty, data.test, [])
    assert features.compute(keras_samples.tiny_network(), data, None).validation.shape == (0, 8)
