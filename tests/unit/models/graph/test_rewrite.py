import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph import rewrite

PICTURES = keras_samples.blocky(4, (32, 32, 1)).astype(np.float32)


def outputs(model):
    return model(PICTURES, training=False).numpy()


def nested():
    image = keras.Input((32, 32, 1))
    inner = keras_samples.tiny_network()
    shared = keras.layers.Dense(2, name="shared")
    return keras.Model(image, shared(shared(inner(image))), name="outer")


def test_a_copy_has_equal_outputs_and_shares_no_weight():
    model = keras_samples.randomize(keras_samples.tiny_network())
    copy = rewrite.rebuild(model, rewrite.copy_layer)
    assert copy.name == model.name
    np.testing.assert_array_equal(outputs(copy), outputs(model))
    assert not {id(weight) for weight in copy.weights} & {id(weight) for weight in model.weights}


def test_nested_models_and_shared_layers_are_flattened():
    model = nested()
    keras_samples.randomize(model.get_layer("tiny"))
    copy = rewrite.flat(model)
    np.testing.assert_array_equal(outputs(copy), outputs(model))
    assert {"stem", "classifier", "shared", "shared_call_2"} <= {layer.name for layer in copy.layers}
    assert rewrite.flat(copy) is copy


def test_nested_models_of_several_tensors_and_attention_are_copied():
    left, right = keras.Input((8, 4), name="left"), keras.Input((8, 4), name="right")
    both = keras.Model([left, right], [keras.layers.Add()([left, right]), keras.layers.Dense(4)(right)], name="both")
    image = keras.Input((32, 32, 1))
    x = keras.layers.Reshape((8, 4))(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(32, 3)(image)))
    total, dense = both([keras.layers.ReLU()(x), x])
    attention = keras.layers.MultiHeadAttention(2, 2, name="attention")
    x = keras.layers.Add()([dense, attention(total, dense, key=total), keras.layers.Add()([total, total])])
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    asked = []
    copy = rewrite.rebuild(model, lambda layer, x: asked.append(layer.name) or rewrite.copy_layer(layer, x))
    np.testing.assert_array_equal(outputs(copy), outputs(model))
    assert "attention" not in asked and len(asked) == 10


def test_operators_between_layers_keep_their_constants_and_can_be_replaced():
    image = keras.Input((32, 32, 1))
    x = keras.layers.Flatten()(image)
    model = keras.Model(image, (x - 3.0) * 2.0 + x)
    np.testing.assert_array_equal(outputs(rewrite.rebuild(model, rewrite.copy_layer)), outputs(model))
    halves = rewrite.rebuild(model, rewrite.copy_layer, lambda _, output: keras.layers.Rescaling(0.5)(output))
    pixels = PICTURES.reshape(len(PICTURES), -1)
    np.testing.assert_allclose(outputs(halves), ((pixels - 3) / 2 * 2 / 2 + pixels) / 2)


def test_a_layer_can_be_left_out():
    model = keras_samples.randomize(keras_samples.tiny_network())
    without = rewrite.rebuild(model, lambda layer, x: x if layer.name == "dropout" else rewrite.copy_layer(layer, x))
    assert "dropout" not in [layer.name for layer in without.layers]
    np.testing.assert_array_equal(outputs(without), outputs(model))


def test_frozen_layers_stay_frozen():
    model = keras_samples.tiny_network()
    model.get_layer("stem").trainable = False
    copy = rewrite.rebuild(model, rewrite.copy_layer)
    assert not copy.get_layer("stem").trainable and copy.get_layer("project").trainable


def test_nodes_come_before_their_consumers():
    model = keras_samples.tiny_network()
    seen = {id(model.inputs[0])}
    for node in rewrite.nodes(model):
        assert all(id(tensor) in seen for tensor in node.keras_inputs)
        seen.add(id(node.outputs))


def test_consumers_of_a_tensor():
    model = keras_samples.tiny_network()
    found = rewrite.consumers(model)[id(model.get_layer("stem_relu6").output)]
    assert {layer.name for layer in found} == {"depthwise", "add"}


def test_models_without_a_readable_graph_are_refused():
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(SuiteError, match="expected a functional or sequential"):
        rewrite.rebuild(Subclassed(), rewrite.copy_layer)
    image = keras.Input((4,))
    two = keras.Model(image, [keras.layers.Dense(1)(image), keras.layers.Dense(1)(image)])
    with pytest.raises(SuiteError, match="2 outputs"):
        rewrite.rebuild(two, rewrite.copy_layer)
