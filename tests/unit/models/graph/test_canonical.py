import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import layers as suite_layers
from tfl_lite_suite.models.graph.canonical import canonical

layers = keras.layers
PICTURES = keras_samples.blocky(4, (16, 16, 3)).astype(np.float32)


def functional(apply):
    image = keras.Input((16, 16, 3), name="image")
    return keras_samples.randomize(keras.Model(image, apply(image)))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


CASES = {
    "fused activation": (
        lambda x: layers.Conv2D(4, 3, activation="relu")(x),
        ["Conv2D", "ReLU"],
    ),
    "relu6": (lambda x: layers.Conv2D(4, 3, activation=tf.nn.relu6)(x), ["Conv2D", "ReLU"]),
    "swish": (lambda x: layers.Activation("swish")(layers.Conv2D(4, 3)(x)), ["Conv2D", "Swish"]),
    "softmax": (
        lambda x: layers.Dense(4, activation="softmax")(layers.Flatten()(x)),
        ["Flatten", "Dense", "Activation"],
    ),
    "unknown function": (lambda x: layers.Conv2D(4, 3, activation="tanh")(x), ["Conv2D", "Activation"]),
    "leaky": (lambda x: layers.ReLU(negative_slope=0.1)(layers.Conv2D(4, 3)(x)), ["Conv2D", "LeakyReLU"]),
    "separable": (
        lambda x: layers.SeparableConv2D(4, 3, 2, "same", depth_multiplier=2, activation="relu")(x),
        ["DepthwiseConv2D", "Conv2D", "ReLU"],
    ),
    "scaled pixels": (
        lambda x: layers.Normalization(mean=[0.1, 0.2, 0.3], variance=4.0)(layers.Rescaling(1 / 255, -0.5)(x)),
        ["PixelNormalization"],
    ),
    "idle": (
        lambda x: layers.Activation("linear")(layers.SpatialDropout2D(0.5)(layers.GaussianNoise(1)(layers.ReLU()(x)))),
        ["ReLU"],
    ),
    "changes for training": (
        lambda x: layers.AlphaDropout(0.5)(
            layers.RandomBrightness(0.1)(
                layers.RandomContrast(0.1)(
                    layers.RandomTranslation(0.1, 0.1)(
                        layers.RandomZoom(0.1)(layers.RandomRotation(0.1)(layers.RandomFlip()(x)))
                    )
                )
            )
        ),
        [],
    ),
    "sum of four": (
        lambda x: layers.Add()([x, layers.ReLU()(x), layers.Conv2D(3, 1)(x), layers.MaxPooling2D(3, 1, "same")(x)]),
        ["ReLU", "Conv2D", "MaxPooling2D", "Add", "Add", "Add"],
    ),
    "product of three": (
        lambda x: layers.Multiply()([x, layers.ReLU()(x), layers.GlobalAveragePooling2D(keepdims=True)(x)]),
        ["ReLU", "GlobalAveragePooling2D", "Multiply", "Multiply"],
    ),
    "hard swish": (lambda x: layers.Multiply()([x, layers.ReLU(6.0)(x + 3.0) * (1 / 6)]), ["HardSwish"]),
    "hard sigmoid": (lambda x: layers.ReLU(6.0)(x + 3.0) * (1 / 6), ["HardSigmoid"]),
    "nearly a hard sigmoid": (
        lambda x: layers.ReLU(6.0)(x + 2.0) * (1 / 6),
        ["PixelNormalization", "ReLU", "DepthwiseConv2D"],
    ),
    "scaled pixels, by operators": (lambda x: x / 127.5 - [1.0, 1.1, 1.2], ["PixelNormalization"]),
    "residual sum, by operators": (lambda x: tf.nn.relu(layers.Conv2D(3, 1)(x) + x), ["Conv2D", "Add", "ReLU"]),
    "hard swish, by operators": (lambda x: x * (tf.nn.relu6(x + 3.0) / 6.0), ["HardSwish"]),
    "gate, by operators": (lambda x: x * tf.sigmoid(x - 100.0), ["PixelNormalization", "Activation", "Multiply"]),
    "operator without a layer": (lambda x: tf.nn.softmax(x, axis=1), ["TFOpLambda"]),
    "gate of another value": (
        lambda x: layers.Multiply()([layers.ReLU()(x), layers.ReLU(6.0)(x + 3.0) * (1 / 6)]),
        ["ReLU", "HardSigmoid", "Multiply"],
    ),
    "inverted scaling": (lambda x: layers.Rescaling(-1.0, 255.0)(x), ["PixelNormalization"]),
    "inverted scaling, by operators": (lambda x: 1 - x / 255.0, ["PixelNormalization"]),
    "scaling with the constant first": (lambda x: 0.5 + 2.0 * x, ["PixelNormalization"]),
    "preprocessing of ResNet": (
        lambda x: layers.Conv2D(4, 3)(layers.ZeroPadding2D(1)(keras.applications.resnet.preprocess_input(x))),
        ["PixelNormalization", "ZeroPadding2D", "Conv2D"],
    ),
    "preprocessing of DenseNet": (
        lambda x: layers.Conv2D(4, 3)(keras.applications.densenet.preprocess_input(x)),
        ["PixelNormalization", "Conv2D"],
    ),
    "preprocessing of MobileNet": (
        lambda x: layers.Conv2D(4, 3)(keras.applications.mobilenet.preprocess_input(x)),
        ["PixelNormalization", "Conv2D"],
    ),
    "blue first, for a layer that cannot take it over": (
        lambda x: layers.Flatten()(x[..., ::-1]),
        ["Conv2D", "Flatten"],
    ),
    "cast": (lambda x: layers.ReLU()(tf.cast(x, tf.float32)), ["ReLU"]),
    "resizing to the same size": (lambda x: layers.ReLU()(layers.Resizing(16, 16)(x)), ["ReLU"]),
    "scaling by rows": (lambda x: x * np.arange(1.0, 17.0, dtype="float32")[:, None, None], ["TFOpLambda"]),
    "normalization of rows": (
        lambda x: layers.Normalization(1, mean=np.arange(16.0), variance=np.arange(1.0, 17.0))(x),
        ["Normalization"],
    ),
    "a constant over a tensor": (
        lambda x: 6.0 / layers.ReLU(6.0)(x + 3.0),
        ["PixelNormalization", "ReLU", "TFOpLambda"],
    ),
    "a sum of ranks": (
        lambda x: layers.Flatten()(x) + layers.GlobalAveragePooling2D()(x)[:, :1],
        ["Flatten", "GlobalAveragePooling2D", "SlicingOpLambda", "Add"],
    ),
    "an activation that is a layer": (
        lambda x: layers.Conv2D(4, 3, activation=layers.ReLU(2.0))(x),
        ["Conv2D", "ReLU"],
    ),
    "a recurrent layer": (
        lambda x: layers.LSTM(4, activation="relu", recurrent_activation="sigmoid")(layers.Reshape((16, 48))(x)),
        ["Reshape", "LSTM"],
    ),
    "a factor for each channel": (
        lambda x: suite_layers.LayerScale(0.5, 4)(layers.Conv2D(4, 3)(x)),
        ["Conv2D", "DepthwiseConv2D"],
    ),
}


@pytest.mark.parametrize(("apply", "expected"), CASES.values(), ids=CASES.keys())
def test_outputs_stay_and_layers_are_the_suites(apply, expected):
    model = functional(apply)
    result = canonical(model)
    assert sorted(kinds(result)) == sorted(expected)
    before, after = (m(PICTURES, training=False).numpy() for m in (model, result))
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4 * np.abs(before).max())


def test_frozen_layers_stay_frozen():
    model = functional(lambda x: layers.Conv2D(4, 3, activation="relu", trainable=False, name="conv")(x))
    assert not canonical(model).get_layer("conv").trainable


def test_the_suites_networks_need_no_change():
    model = keras_samples.tiny_network()
    without_dropout = [layer.name for layer in model.layers if layer.name != "dropout"]
    assert [layer.name for layer in canonical(model).layers] == without_dropout
