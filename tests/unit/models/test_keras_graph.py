from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import keras_graph


def test_a_functional_model_can_be_read():
    image = keras.Input((4, 4, 3))
    first = keras.layers.Conv2D(2, 1, name="first")
    x = first(image)
    y = first(keras.layers.Conv2D(3, 1, name="second")(x))
    model = keras.Model(image, y)
    assert keras_graph.is_functional(model) and not keras_graph.is_functional(first)
    assert [node.layer.name for node in keras_graph.nodes(model)] == ["first", "second", "first"]
    assert keras_graph.is_model(model) and not keras_graph.is_model(first)
    assert keras_graph.layer_of(y) is first
    assert keras_graph.node_of(x) is first.inbound_nodes[0] and keras_graph.node_of(y) is first.inbound_nodes[1]
    assert keras_graph.is_symbolic(x) and not keras_graph.is_symbolic(1.0)


def test_only_the_shape_matters_where_a_graph_of_layers_is_built():
    seen = []

    class Watching(keras.layers.Layer):
        def call(self, inputs):
            seen.append(keras_graph.only_shapes_matter())
            return inputs

    layer, image = Watching(), keras.Input((4,))
    model = keras.Model(image, layer(image))
    model(tf.zeros((1, 4)))
    tf.function(model, autograph=False)(tf.zeros((1, 4)))
    assert seen == [True, False, False]


def test_a_layer_is_renamed():
    layer = keras.layers.ReLU(name="before")
    keras_graph.rename(layer, "after")
    assert layer.name == "after"
