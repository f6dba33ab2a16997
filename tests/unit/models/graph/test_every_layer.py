"""Every kind of layer of Keras, with settings other than the usual, through every rewriting of graphs."""

import keras_layer_cases
import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.prune.dependencies import Dependencies
from tfl_lite_suite.quantize.ptq.equalization import equalize

layers = keras.layers
CASES = keras_layer_cases.cases(keras)
LEFT_OUT = {
    "Conv2D first",  # A CPU does not compute it.
    "Conv2D frozen",  # Files' names are made fit for TensorFlow when they are loaded.
    "RandomCrop smaller",  # It is random at inference as well.
    *(name for name in CASES if name.endswith(" activation")),  # Keras 2 does not load what it saved of these.
}
# Equalization rests on what these do; others it leaves alone.
EQUALIZED = (
    "Conv2D DepthwiseConv2D SeparableConv2D Conv2DTranspose BatchNormalization ReLU PReLU LeakyReLU Rescaling Add "
    "Multiply Average Maximum Concatenate MaxPooling2D AveragePooling2D ZeroPadding2D Cropping2D Reshape object"
).split()


def surrounded(name, shape, apply):
    """Puts a layer where rewriting meets it: behind a convolution, and before a batch normalization."""
    image = keras.Input(shape)
    x = layers.Conv2D(shape[-1], 1)(image) if len(shape) == 3 else image
    x = apply(x)
    if len(x.shape) == 4:
        x = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(4, 1)(x)))
    return keras_samples.randomize(keras.Model(image, layers.Dense(3)(layers.Flatten()(x))))


@pytest.mark.parametrize("name", [name for name in CASES if name not in LEFT_OUT])
def test_outputs_stay(name):
    shape, apply = CASES[name]
    model = surrounded(name, shape, apply)
    values = keras_layer_cases.values(shape)
    expected = model(values, training=False).numpy()

    def check(way, result):
        received = result(values, training=False).numpy()
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max(), err_msg=way)
        return result

    folded = check("folded", fold_batch_norm(check("canonical", canonical(model))))
    if len(shape) == 3 and name.split()[0] in EQUALIZED:
        check("equalized", equalize(folded, values).model)
    Dependencies(model)


def normalized(shape, convolution, **options):
    """Two convolutions, the second as told, with a batch normalization as told behind it."""
    image = keras.Input(shape)
    x = convolution(layers.Conv2D(8, 3, padding="same")(image))
    x = layers.ReLU()(layers.BatchNormalization(**options)(x))
    return keras_samples.randomize(keras.Model(image, layers.Dense(3)(layers.Flatten()(layers.Conv2D(8, 1)(x)))))


CONVOLUTIONS = {
    "dilated": lambda x: layers.Conv2D(8, 3, padding="same", dilation_rate=2)(x),
    "groups": lambda x: layers.Conv2D(8, 3, padding="same", groups=4, use_bias=False)(x),
    "depthwise": lambda x: layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x),
    "transposed": lambda x: layers.Conv2DTranspose(8, 3, 2, "same")(x),
    "separable": lambda x: layers.SeparableConv2D(8, 3, padding="same", depth_multiplier=2, dilation_rate=2)(x),
    "with activation": lambda x: layers.Conv2D(8, 3, padding="same", activation="relu")(x),
    "dense": lambda x: layers.Dense(8)(x),
}


# The height is that of the channels, so that a wrong axis has the right length.
@pytest.mark.parametrize("axis", [1, 2, 3])
@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_batch_normalization_is_folded_on_the_channels_alone(kind, axis):
    model = normalized((8, 8, 3), CONVOLUTIONS[kind], axis=axis)
    pictures = keras_samples.blocky(4, (8, 8, 3)).astype(np.float32)
    expected = model(pictures, training=False).numpy()
    folded = fold_batch_norm(canonical(model))
    for result in (folded, equalize(folded, pictures).model):
        received = result(pictures, training=False).numpy()
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    left = any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)
    assert left == (axis != 3 or kind in ("transposed", "with activation"))
