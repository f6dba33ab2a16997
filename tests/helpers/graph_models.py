"""Small `.tflite` files with the operators that networks are made of, and their exports."""

import keras_samples
import numpy as np

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.tflite import metadata_writer

SIDE = 13
LABELS = ("a", "b", "c")
CONTRACT = Contract(SIDE, SIDE, 3, SIDE, SIDE, labels=LABELS)


def pictures(count=12):
    """Noise, uint8; the odd side shows what is wrong with padding and with rows that are not multiples of four."""
    return np.random.default_rng(3).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def everything():
    """A Keras model with every idiom that the converters know."""
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = layers.Rescaling(1 / 64, -1.0)(image)
    x = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    x = layers.Conv2D(12, 3, 2, activation="relu6", name="stem")(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, 2, "same")(x)
    left, right = x[..., :4], x[..., 4:]
    right = layers.Conv2D(8, 1, activation=keras.activations.sigmoid)(right)
    left = layers.Conv2D(4, 2, padding="same", dilation_rate=2)(left)
    x = layers.Concatenate()([left, right])
    x = layers.Permute((1, 3, 2))(layers.Reshape((9, 2, 6))(x))
    x = layers.Reshape((3, 3, 12))(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.ReLU(6.0)(layers.Conv2D(12, 1)(gate) + 3.0) * (1 / 6)
    x = layers.Multiply()([x, gate])
    x = layers.Add()([x, layers.AveragePooling2D(3, 1, "same")(x)])
    x = layers.Flatten()(layers.Conv2D(5, 2)(x))
    x = layers.Dense(7, activation="relu")(x)
    return keras_samples.randomize(keras.Model(image, layers.Dense(len(LABELS))(x), name="everything"))


def write(path, scheme, io_type="int8", model=None):
    """Writes the model as a `.tflite` file."""
    content = tflite_converter.convert(model or everything(), scheme, io_type=io_type, calibration=pictures())
    path.write_bytes(metadata_writer.write(content, CONTRACT, name="everything"))
    return path
