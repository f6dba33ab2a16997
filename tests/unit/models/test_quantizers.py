import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.models.quantizers import FakeQuantized, FixedRange, LayerConfig, SymmetricWeights


def test_activations_take_256_values_of_the_range_and_stop_gradients_outside():
    quantizer = FixedRange(-1.0, 3.0)
    values = tf.Variable(np.linspace(-3, 5, 4001), dtype=tf.float32)
    with tf.GradientTape() as tape:
        rounded = quantizer(values, True, {})
    gradient = tape.gradient(rounded, values).numpy()
    assert len(np.unique(rounded)) == 256
    inside = (values.numpy() > -0.98) & (values.numpy() < 2.98)
    assert np.abs(rounded - values)[inside].max() <= 4 / 255 / 2 + 1e-6
    assert (gradient[inside] == 1).all() and gradient[0] == gradient[-1] == 0


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("depthwise", [False, True])
def test_each_output_channel_has_its_own_symmetric_scale(depthwise, training):
    shape = (3, 3, 6, 2) if depthwise else (3, 3, 2, 12)
    scales = np.logspace(-3, 1, 12).reshape((6, 2) if depthwise else (1, 12))
    kernel = tf.Variable(np.random.default_rng(0).normal(size=shape) * scales, dtype=tf.float32)
    with tf.GradientTape() as tape:
        rounded = SymmetricWeights(True, depthwise)(kernel, training, {})
    assert (tape.gradient(rounded, kernel).numpy() == 1).all()
    flat, original = (array.numpy().reshape(9 if depthwise else 18, 12) for array in (rounded, kernel))
    step = np.abs(original).max(axis=0) / 127
    assert (np.abs(flat - original) <= step / 2 * 1.001).all()
    np.testing.assert_allclose(flat / step, np.rint(flat / step), atol=1e-3)
    assert np.abs(np.rint(flat / step)).max() == 127


def test_a_dense_kernel_has_one_scale_and_zeros_stay_zeros():
    kernel = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    steps = SymmetricWeights(per_channel=False)(kernel, False, {}).numpy() / (np.abs(kernel).max() / 127)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    zeros = np.zeros((1, 1, 2, 3), np.float32)
    np.testing.assert_array_equal(SymmetricWeights()(zeros, False, {}), zeros)


def test_a_wrapped_layer_trains_its_kernel():
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, FakeQuantized(keras.layers.Conv2D(4, 3), LayerConfig("kernel", (-4.0, 4.0)))(image))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(tf.random.stateless_normal((2, 8, 8, 3), (0, 0)), training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    assert sorted(tuple(gradient.shape) for gradient in gradients) == [(3, 3, 3, 4), (4,)]
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


@pytest.mark.parametrize(
    "layer", [keras.layers.Conv2D(4, 3), keras.layers.DepthwiseConv2D(3)], ids=["full", "depthwise"]
)
def test_a_bias_takes_the_steps_of_the_sums(layer, tmp_path):
    kernel = "kernel" if type(layer) is keras.layers.Conv2D else "depthwise_kernel"
    image = keras.Input((3, 3, 4))
    wrapper = FakeQuantized(layer, LayerConfig(kernel, None, [(0.0, 127.5)]))
    model = keras.Model(image, keras.layers.Flatten()(wrapper(image)))
    bias = np.array([0.3, -0.7, 0.01, 5.0], np.float32)
    weight, trained_bias = wrapper.trainable_weights
    trained_bias.assign(bias)
    most = np.abs(weight.numpy()).max(axis=(0, 1) if kernel != "kernel" else (0, 1, 2)).reshape(-1)
    zeros = np.zeros((1, 3, 3, 4), np.float32)
    with tf.GradientTape() as tape:
        trained = model(zeros, training=True)
    np.testing.assert_array_equal(trained[0], bias)
    assert (tape.gradient(trained, trained_bias).numpy() == 1).all()
    received = model(zeros)
    counts = received.numpy()[0] / (most / 127 * 0.5)
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-2)
    assert np.abs(received[0] - bias).max() <= (most / 127 * 0.25).max() * 1.001
    keras_file.save(model, tmp_path / "model.keras")
    np.testing.assert_array_equal(keras_file.load(tmp_path / "model.keras")(zeros), received)
