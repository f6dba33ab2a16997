import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.train import fine_tuning


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(2, 3, name="first"),
        keras.layers.BatchNormalization(name="first_bn"),
        keras.layers.Conv2D(2, 3, name="second"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3, name="last"),
    ]
    return keras.Sequential(layers)


def test_batch_normalization_keeps_its_statistics_while_its_weights_have_gradients(model):
    pictures = np.random.default_rng(0).normal(3, 2, (4, 8, 8, 1)).astype(np.float32)
    expected = model(pictures, training=False)
    before = model.get_layer("first_bn").get_weights()
    with fine_tuning.kept_statistics(model):
        step = tf.function(lambda images: model(images, training=True), autograph=False)
        np.testing.assert_allclose(step(pictures), expected, rtol=1e-5)
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(model(pictures, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients[1:])
    for one, other in zip(before, model.get_layer("first_bn").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.abs(model(pictures, training=True) - expected).max() > 1e-3


def test_rates_fall_geometrically_towards_the_first_layer(model):
    by_name = {
        weight.name.partition("/")[0]: rate
        for weight, rate in zip(model.trainable_variables, fine_tuning.rates(model, 0.04), strict=True)
    }
    assert by_name == pytest.approx({"first": 0.04, "first_bn": 0.04, "second": 0.2, "last": 1.0})


def test_what_is_not_trained_has_no_rate(model):
    model.get_layer("first").trainable = False
    assert len(fine_tuning.rates(model, 0.1)) == len(model.trainable_variables)


def test_slow_down_takes_back_a_part_of_the_step():
    variables = [tf.Variable([2.0]), tf.Variable([2.0])]
    fine_tuning.slow_down(variables, [tf.constant([1.0])] * 2, [0.25, 1.0])
    assert [float(variable[0]) for variable in variables] == [1.25, 2.0]
