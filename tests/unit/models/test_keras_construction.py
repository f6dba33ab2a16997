import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import keras_construction, layers
from tfl_lite_suite.models.keras_io import keras_file

L = keras.layers
IMAGE = [(9, 12, 4)]
USUAL = [
    (lambda: L.Activation("softmax"), IMAGE),
    (lambda: L.Add(), IMAGE * 2),
    (lambda: L.Add(), [(9, 12, 4), (1, 1, 4)]),
    (lambda: L.AveragePooling2D(3, 2, "same"), IMAGE),
    (lambda: L.BatchNormalization(scale=False), IMAGE),
    (lambda: L.Concatenate(), [(9, 12, 4), (9, 12, 3)]),
    (lambda: L.Concatenate(axis=1), [(9, 12, 4), (2, 12, 4)]),
    (lambda: L.Conv2D(6, (3, 5), (2, 1), activation="relu"), IMAGE),
    (lambda: L.Conv2D(6, 3, dilation_rate=2, groups=2, use_bias=False), IMAGE),
    (lambda: L.Dense(5), [(7,)]),
    (lambda: L.Dense(5), IMAGE),
    (lambda: L.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), IMAGE),
    (lambda: L.Dropout(0.5), IMAGE),
    (lambda: L.Flatten(), IMAGE),
    (lambda: L.GlobalAveragePooling2D(keepdims=True), IMAGE),
    (lambda: L.MaxPooling2D(2), IMAGE),
    (lambda: L.Multiply(), [(9, 12, 4), (9, 12, 1)]),
    (lambda: L.ReLU(6.0), IMAGE),
    (lambda: L.Reshape((-1, 8)), IMAGE),
    (lambda: L.ZeroPadding2D(((0, 1), (2, 3))), IMAGE),
    (lambda: layers.ChannelShuffle(2), IMAGE),
    (lambda: layers.ChannelSlice(3, 9), IMAGE),
    (lambda: layers.ChannelSlice(-3, 2), IMAGE),
    (lambda: layers.HardSigmoid(), IMAGE),
    (lambda: layers.HardSwish(), IMAGE),
    (lambda: layers.LayerScale(0.1, 4), IMAGE),
    (lambda: layers.PixelNormalization([1.0] * 4, [2.0] * 4), IMAGE),
    (lambda: layers.SplitHardSwish(), IMAGE),
    (lambda: layers.Swish(), IMAGE),
]


def widened(x):
    return tf.concat([x, x], -1)


class Odd(L.Conv2D):
    def call(self, inputs):
        return widened(super().call(inputs))


UNUSUAL = [
    lambda x: Odd(3, 1)(x),
    lambda x: L.Conv2D(3, 1, activation=widened)(x),
    lambda x: L.Activation(widened)(x),
    lambda x: L.Conv2D(3, 1, dtype="mixed_bfloat16")(x),
    lambda x: L.ReLU(dtype="float64")(x),
    lambda x: L.Dropout(0.5)(x, training=True),
    lambda x: L.Conv2D(3, 1)(keras.Input((None, None, 2))),
    lambda x: L.Add()([x, keras.Input((4,))]),
    lambda x: L.Flatten()(L.Masking()(x)),
    lambda x: L.ReLU(activity_regularizer="l2")(x),
    lambda x: (shared := L.Conv2D(4, 1))(shared(x)),
]


def described(make, seed=0):
    """What a graph of layers is: its configuration, the shapes between its layers, and its first weights."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = make()
    shapes = [
        (tensor.shape.as_list(), tensor.dtype) for layer in model.layers for tensor in tf.nest.flatten(layer.output)
    ]
    weights = [(weight.name, weight.numpy()) for weight in model.weights]
    return model.to_json(), shapes, weights


def check_equal(make, monkeypatch):
    """Returns how often Keras's own way was asked for, after comparing the model with what it gives."""
    asked = []
    own = keras_construction.by_tracing
    with monkeypatch.context() as patch:
        patch.setattr(keras_construction, "by_tracing", lambda *given: asked.append(given[0]) or own(*given))
        received = described(make)
    with monkeypatch.context() as patch:
        patch.setattr(L.Layer, "_keras_tensor_symbolic_call", own)
        expected = described(make)
    assert received[:2] == expected[:2]
    assert [name for name, _ in received[2]] == [name for name, _ in expected[2]]
    for (_, left), (_, right) in zip(received[2], expected[2], strict=True):
        np.testing.assert_array_equal(left, right)
    return len(asked)


@pytest.mark.parametrize(("layer", "shapes"), USUAL)
def test_a_usual_layer_is_the_same_without_a_graph(layer, shapes, monkeypatch):
    def make():
        inputs = [keras.Input(shape) for shape in shapes]
        return keras.Model(inputs, layer()(inputs if len(inputs) > 1 else inputs[0]))

    assert check_equal(make, monkeypatch) == 0


@pytest.mark.parametrize("outcome", UNUSUAL)
def test_anything_unusual_is_left_to_keras(outcome, monkeypatch):
    def make():
        image = keras.Input((9, 12, 4))
        output = outcome(image)
        return keras.Model(
            image if output.node.layer.name == "image" else keras.utils.get_source_inputs(output), output
        )

    assert check_equal(make, monkeypatch) >= 1


def test_a_network_needs_no_graph_of_a_layer(monkeypatch):
    assert check_equal(lambda: models.build("mobilenet_v3_small", (32, 32, 1), 5), monkeypatch) == 0


def test_a_picture_that_is_too_small_is_keras_s_error():
    with pytest.raises(ValueError, match="small"):
        L.Conv2D(3, 5, name="small")(keras.Input((4, 4, 1)))
    with pytest.raises(ValueError, match="small"):
        L.MaxPooling2D(5, name="small")(keras.Input((4, 4, 1)))


def test_a_saved_network_has_all_of_its_weights(tmp_path):
    model = models.build("micro", (32, 32, 1), 3)
    for weight in model.weights:
        weight.assign(tf.random.uniform(weight.shape))
    keras_file.save(model, tmp_path / "a.keras")
    for left, right in zip(model.weights, keras_file.load(tmp_path / "a.keras").weights, strict=True):
        np.testing.assert_array_equal(left, right)


class Hiding(L.Layer):
    """Keeps a layer where every other one has a method, and one in a list."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.add_loss = L.Dense(2)
        self.parts = [L.Dense(2)]

    def call(self, inputs):
        return self.parts[0](self.add_loss(inputs))


def test_weights_in_any_attribute_are_saved(tmp_path):
    image = keras.Input((3,))
    saved, loaded = (keras.Model(image, Hiding()(image)) for _ in range(2))
    saved.save_weights(tmp_path / "x.weights.h5")
    loaded.load_weights(tmp_path / "x.weights.h5")
    for part in (lambda model: model.layers[1].add_loss, lambda model: model.layers[1].parts[0]):
        np.testing.assert_array_equal(part(loaded).kernel, part(saved).kernel)


def test_a_layer_that_leads_to_no_output_stays_in_a_copy():
    image = keras.Input((3,))
    model = keras.Model(image, L.Dense(2)(image))
    model.add_loss(tf.reduce_mean(L.Dense(4, name="aside")(image)))
    copy = keras.Model.from_config(model.get_config())
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert "aside" in {layer.name for layer in copy.layers} and len(copy.losses) == 1


def test_variables_have_their_names_and_are_told_apart():
    layer = L.Dense(2, name="answers")
    layer.build((None, 3))
    assert [weight.name for weight in layer.weights] == ["kernel:0", "bias:0"]
    first, second = tf.Variable(1.0, name="x"), tf.Variable(2.0, name="x")
    first.assign(3.0)
    assert (float(first), float(second)) == (3.0, 2.0)
