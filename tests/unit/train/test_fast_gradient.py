import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.train import fast_gradient


def _gradients(function, inputs, kernel, upstream):
    @tf.function
    def run(inputs, kernel):
        with tf.GradientTape() as tape:
            tape.watch((inputs, kernel))
            outputs = function(inputs, kernel)
        return outputs, *tape.gradient(outputs, (inputs, kernel), upstream)

    return run(inputs, kernel)


@pytest.mark.parametrize(
    ("size", "kernel", "channels", "filters", "stride", "padding"),
    [
        ((5, 7), 1, 6, 9, 1, "SAME"),
        ((5, 7), 1, 9, 6, 1, "SAME"),
        ((5, 7), 1, 6, 9, 2, "VALID"),
        ((6, 8), 1, 6, 9, 2, "SAME"),
        ((4, 3), 3, 128, 160, 1, "SAME"),
        ((6, 6), 3, 8, 8, 2, "SAME"),
        ((9, 9), 3, 8, 8, 1, "VALID"),
    ],
)
def test_gradients_equal_tensorflows(size, kernel, channels, filters, stride, padding):
    inputs = tf.random.stateless_normal((3, *size, channels), (1, 2))
    weights = tf.random.stateless_normal((kernel, kernel, channels, filters), (3, 4))
    shape = tf.nn.conv2d(inputs, weights, stride, padding).shape
    upstream = tf.random.stateless_normal(shape, (5, 6))
    expected = _gradients(lambda x, w: tf.nn.conv2d(x, w, stride, padding), inputs, weights, upstream)
    received = _gradients(lambda x, w: fast_gradient.conv2d(x, w, (stride, stride), padding), inputs, weights, upstream)
    np.testing.assert_array_equal(received[0], expected[0])
    for ours, theirs in zip(received[1:], expected[1:], strict=True):
        assert np.max(np.abs(ours - theirs)) <= 1e-4 * np.max(np.abs(theirs))


def _network():
    inputs = keras.layers.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, 2, "same", name="stem")(inputs)
    x = keras.layers.Conv2D(16, 1, use_bias=False, name="pointwise")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Dense(4)(x))


def _model_gradients(model, images):
    @tf.function
    def run(images):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(images, training=True) ** 2)
        return tape.gradient(loss, model.trainable_variables)

    return run(images), run.get_concrete_function(images).graph.as_graph_def()


def _slow_gradients(graph):
    nodes = [*graph.node, *[node for function in graph.library.function for node in function.node_def]]
    return sum(node.op == "Conv2DBackpropInput" for node in nodes)


def test_block_applies_to_functions_traced_inside_it_only():
    model, images = _network(), tf.random.stateless_normal((4, 8, 8, 3), (1, 2))
    config = model.to_json()
    plain, plain_graph = _model_gradients(model, images)
    with fast_gradient.fast_gradients():
        fast, fast_graph = _model_gradients(model, images)
    _, after_graph = _model_gradients(model, images)
    for ours, theirs in zip(fast, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    # The first convolution keeps its own, which TensorFlow prunes because nobody asks for it.
    assert (_slow_gradients(plain_graph), _slow_gradients(fast_graph), _slow_gradients(after_graph)) == (2, 1, 2)
    assert model.to_json() == config


def test_nested_blocks_and_errors_restore_the_layer():
    with pytest.raises(RuntimeError), fast_gradient.fast_gradients(), fast_gradient.fast_gradients():
        raise RuntimeError
    assert "convolution_op" not in vars(keras.layers.Conv2D)


def test_layers_inside_quantization_wrappers_are_included():
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    model = tfmot.quantization.keras.quantize_model(_network())
    images = tf.random.stateless_normal((4, 8, 8, 3), (1, 2))
    before = model.get_weights()
    plain, plain_graph = _model_gradients(model, images)
    model.set_weights(before)  # training moves the quantization ranges
    with fast_gradient.fast_gradients():
        fast, graph = _model_gradients(model, images)
    assert (_slow_gradients(plain_graph), _slow_gradients(graph)) == (2, 1)
    for ours, theirs in zip(fast, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
