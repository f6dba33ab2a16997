import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.prune.clustering import clustered_training, equal_weights, most_values, stripped
from tfl_lite_suite.prune.sparsity import zero_share

PICTURES = keras_samples.blocky(8, (32, 32, 1)).astype(np.float32)


def train(model, steps=4):
    variables = model.trainable_variables
    optimizer = keras.optimizers.SGD(0.01)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(PICTURES, training=True) - 1))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return [float(step()) for _ in range(steps)]


@pytest.fixture
def network():
    return keras_samples.randomize(keras_samples.tiny_network())


def test_kernels_have_few_values_and_the_model_is_plain(network):
    aware = clustered_training(network, 4)
    losses = train(aware)
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
    plain = stripped(aware)
    assert most_values(network) > 4 and most_values(plain) == 4
    assert [(layer.name, type(layer)) for layer in plain.layers] == [(x.name, type(x)) for x in network.layers]
    np.testing.assert_allclose(aware(PICTURES, training=False), plain(PICTURES, training=False), rtol=1e-5, atol=1e-5)


def test_weights_survive_saving_as_training_does(network):
    aware = clustered_training(network, 4)
    train(aware)
    kept = [np.array(weight) for weight in aware.get_weights()]
    before = stripped(aware)(PICTURES, training=False)
    train(aware, 2)
    aware.set_weights(kept)
    np.testing.assert_allclose(stripped(aware)(PICTURES, training=False), before, rtol=1e-5, atol=1e-5)


def test_zeros_of_a_sparse_kernel_stay(network):
    layer = network.get_layer("project")
    kernel, bias = layer.get_weights()
    kernel[:, :, :4] = 0
    layer.set_weights([kernel, bias])
    aware = clustered_training(network, 5)
    train(aware)
    plain = stripped(aware)
    assert (plain.get_layer("project").kernel.numpy()[:, :, :4] == 0).all()
    assert zero_share(plain) > 0 and most_values(plain) <= 6


def test_equal_weights_are_numbered_for_each_channel_or_in_all():
    generator = np.random.default_rng(0)
    kernel = generator.choice([-0.5, 0.0, 0.25, 1.0], (3, 3, 8, 6)) * np.arange(1, 7)
    numbers = equal_weights(kernel, per_channel=True)
    assert numbers.shape == kernel.shape and len(np.unique(numbers)) == 6 * 4
    for number in np.unique(numbers):
        assert len(np.unique(kernel[numbers == number])) == 1
    assert len(np.unique(equal_weights(generator.choice([1.0, 2.0], (8, 6)), per_channel=False))) == 2
    assert equal_weights(generator.normal(size=(3, 3, 8, 6)), per_channel=True) is None
    assert equal_weights(generator.normal(size=(64, 6)) * (generator.random((64, 6)) < 0.2), per_channel=True) is None
