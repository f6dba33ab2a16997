import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.prune.dependencies import Dependencies
from tfl_lite_suite.prune.importance import scores

FILTERS = 16


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Conv2D(FILTERS, 3, name="first", use_bias=False, input_shape=(12, 12, 1)),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(),
            keras.layers.Conv2D(FILTERS, 1, name="second", activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, name="logits"),
        ]
    )


@pytest.fixture
def pictures():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (40, 12, 12, 1), np.uint8), generator.integers(0, 4, 40)


def of_layer(dependencies, found, layer):
    return next(found[axis.channels] for axis in dependencies.axes if axis.layer == layer and axis.role == "out")


def test_l1_counts_makers_and_takers(model):
    kernel = model.get_layer("first").get_weights()[0]
    kernel[..., 3] = 0
    model.get_layer("first").set_weights([kernel])
    taken, bias = model.get_layer("second").get_weights()
    taken[:, :, 3] = 0
    model.get_layer("second").set_weights([taken, bias])
    dependencies = Dependencies(model)
    found = of_layer(dependencies, scores(dependencies, "l1"), "first")
    assert found[3] == 0 and found.argmin() == 3 and np.isclose(found.mean(), 1)
    makes = np.abs(kernel).mean(axis=(0, 1, 2))
    takes = np.abs(taken).mean(axis=(0, 1, 3))
    expected = makes / makes.mean() + takes / takes.mean()
    np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-6)


def test_batch_norm_scale(model):
    gamma = np.linspace(-1, 1, FILTERS)
    norm = model.get_layer("norm")
    norm.set_weights([gamma, *norm.get_weights()[1:]])
    dependencies = Dependencies(model)
    found = scores(dependencies, "bn_scale")
    np.testing.assert_allclose(of_layer(dependencies, found, "first"), np.abs(gamma) / np.abs(gamma).mean(), rtol=1e-6)
    assert np.isnan(of_layer(dependencies, found, "second")).all()


def test_taylor_is_activation_times_gradient(model, pictures):
    images, labels = pictures
    dependencies = Dependencies(model)
    found = of_layer(dependencies, scores(dependencies, "taylor", images, labels), "first")
    head = keras.Model(model.input, model.get_layer("second").input)
    activation = tf.Variable(head(images.astype(np.float32), training=False))
    with tf.GradientTape() as tape:
        x = activation
        for layer in model.layers[3:]:
            x = layer(x)
        loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, x))
    product = activation.numpy() * tape.gradient(loss, activation).numpy()
    expected = np.abs(product.sum(axis=(1, 2))).mean(axis=0)
    np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-3)


def test_taylor_knows_a_dead_channel(model, pictures):
    norm = model.get_layer("norm")
    weights = norm.get_weights()
    weights[0][5] = weights[1][5] = 0
    norm.set_weights(weights)
    dependencies = Dependencies(model)
    found = of_layer(dependencies, scores(dependencies, "taylor", *pictures), "first")
    assert found[5] == 0 and found.max() > 0


def test_what_importance_needs_is_said(model):
    with pytest.raises(SuiteError, match="importance: taylor needs a recipe.s training pictures"):
        scores(Dependencies(model), "taylor")
    plain = keras.Sequential([keras.layers.Dense(9, input_shape=(4,)), keras.layers.Dense(3)])
    with pytest.raises(SuiteError, match="bn_scale needs batch normalization"):
        scores(Dependencies(plain), "bn_scale")
