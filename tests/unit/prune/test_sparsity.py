import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.prune.sparsity import prunable, sparse_training, stripped, zero_share

STEPS = 6


def train(model, steps=STEPS):
    pictures = keras_samples.blocky(8, (32, 32, 1)).astype(np.float32)
    optimizer = keras.optimizers.SGD(0.01)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(pictures, training=True)))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    shares = []
    for _ in range(steps):
        step()
        shares.append(zero_share(stripped(model)))
    return shares


@pytest.fixture
def network():
    return keras_samples.randomize(keras_samples.tiny_network())


def test_sparsity_grows_to_what_was_asked_and_stays(network):
    aware = sparse_training(network, 0.75, "unstructured", STEPS)
    shares = train(aware, STEPS + 3)
    assert shares == sorted(shares) and shares[0] < 0.5
    assert shares[STEPS - 1] == shares[-1] == pytest.approx(0.75, abs=0.02)


def test_stripped_model_is_plain_and_computes_the_same(network):
    aware = sparse_training(network, 0.5, "unstructured", STEPS)
    train(aware)
    plain = stripped(aware)
    assert [(layer.name, type(layer)) for layer in plain.layers] == [(x.name, type(x)) for x in network.layers]
    pictures = keras_samples.blocky(4, (32, 32, 1)).astype(np.float32)
    kernel = plain.get_layer("project").kernel.numpy()
    assert np.count_nonzero(kernel == 0) == kernel.size // 2
    assert plain.get_layer("depthwise").depthwise_kernel.numpy().all(), "depthwise kernels stay dense"
    # Evaluating the wrapped model applies the mask too.
    np.testing.assert_allclose(aware(pictures, training=False), plain(pictures, training=False), rtol=1e-5, atol=1e-5)


def test_wrapping_changes_nothing_before_training(network):
    aware = sparse_training(network, 0.9, "unstructured", STEPS)
    pictures = keras_samples.blocky(4, (32, 32, 1)).astype(np.float32)
    expected = network(pictures, training=False)
    np.testing.assert_allclose(aware(pictures, training=False), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(stripped(aware)(pictures, training=False), expected, rtol=1e-5, atol=1e-5)


def test_two_of_four(network):
    aware = sparse_training(network, 0.5, "2x4", STEPS)
    train(aware)
    plain = stripped(aware)
    kernel = plain.get_layer("project").kernel.numpy()[0, 0]
    fours = kernel.T.reshape(-1, 4)
    assert (np.count_nonzero(fours == 0, axis=1) >= 2).all()
    # One input channel cannot be grouped by four.
    assert plain.get_layer("stem").kernel.numpy().all()
    assert not prunable(network.get_layer("stem"), "2x4") and prunable(network.get_layer("stem"), "unstructured")
