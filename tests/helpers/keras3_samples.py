"""Models that Keras 3 saved, with what it answered; made in a process of their own, since here Keras is Keras 2."""

import os
import subprocess
import sys

_MAKE = """
import pathlib, sys
import keras, numpy as np
layers, folder = keras.layers, pathlib.Path(sys.argv[1])
pictures = np.load(folder / "pictures.npy").astype("float32")

def save(name, model):
    generator = np.random.default_rng(0)
    model.set_weights([
        generator.uniform(0.5, 1.5, array.shape) if array.ndim == 1 else generator.normal(0, 0.3, array.shape)
        for array in model.get_weights()
    ])
    model.save(folder / f"{name}.keras")
    model.save(folder / f"{name}.h5")
    (given,) = model.inputs
    given = keras.ops.cast(pictures, given.dtype)
    if isinstance(getattr(model, "_inputs_struct", None), dict):
        given = {next(iter(model._inputs_struct)): given}
    answers = keras.tree.flatten(model(given, training=False))[0]
    np.save(folder / f"{name}.npy", np.asarray(keras.ops.cast(answers, "float32")))

def inner():
    image = keras.Input((16, 16, 8))
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(image)
    return keras.Model(image, layers.BatchNormalization()(x), name="inner")

def residual():
    image = keras.Input((32, 32, 3), name="photo")
    x = layers.RandomFlip()(layers.Rescaling(1 / 127.5, offset=-1)(image))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(8, 3, 2, "same", use_bias=False)(x)))
    shared = layers.Conv2D(8, 1, activation="silu", name="shared")
    x = layers.Add()([x, shared(shared(x))])
    x = inner()(x, training=False)
    x = layers.LeakyReLU(0.1)(x) + x
    x = layers.SeparableConv2D(8, 3, activation="hard_silu", name="separable")(layers.Dropout(0.1)(x))
    x = layers.Activation("hard_sigmoid")(layers.BatchNormalization()(x))
    return keras.Model(image, layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(x)))

def sequence():
    stem = keras.Sequential([layers.Conv2D(4, 3, 2, activation="relu6"), layers.MaxPooling2D()], name="stem")
    return keras.Sequential([keras.Input((32, 32, 3)), stem, layers.Flatten(), layers.Dense(5)])

def one(layer):
    image = keras.Input((32, 32, 3))
    return keras.Model(image, layers.Dense(5)(layers.Flatten()(layer(image))))

def packed():
    image = keras.Input((32, 32, 3), dtype="uint8", name="卷积")
    x = layers.Conv2D(4, 3, name="_first")(keras.ops.cast(image, "float32")[..., ::-1] / 255)
    x = layers.Conv2D(4, 3, name="_first (b)")(x)
    x = layers.Conv2D(4, 3, name="_first [b]")(x)
    inside = keras.Input((26, 26, 4))
    both = keras.Model(inside, {"low": layers.Conv2D(3, 3)(inside), "up": [layers.ReLU()(inside)]})
    found = both(x)
    x = layers.Concatenate()([layers.Flatten()(found["up"][0]), layers.Flatten()(found["low"])])
    return keras.Model({"photo": image}, {"scores": layers.Dense(5)(x)}, name="模型")

def twice():
    image = keras.Input((32, 32, 3))
    def block(name, channels):
        inside = keras.Input((32, 32, channels), name="inside")
        x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, padding="same", name="conv")(inside))
        return keras.Model(inside, keras.ops.relu(x + 0.5), name=name)
    first, second = block("first", 3), block("second", 4)
    x = second(second(first(image)))
    return keras.Model(image, layers.Dense(5)(layers.Flatten()(x)))

def frozen():
    base = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()], name="base")
    base.trainable = False
    return keras.Sequential([keras.Input((32, 32, 3)), base, layers.Flatten(), layers.Dense(5)])

def wrapped():
    image, inside = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    block = keras.Model(inside, layers.Conv2D(3, 3, padding="same")(inside), name="block")
    whole = keras.Model(inside, layers.Dense(5)(layers.Flatten()(block(block(inside)))), name="whole")
    return keras.Model(image, whole(layers.Rescaling(1 / 255)(image)))

save("residual", residual())
save("wrapped", wrapped())
save("packed", packed())
save("twice", twice())
save("frozen", frozen())
save("object", one(layers.Conv2D(8, 3, activation=layers.ReLU(6.0), name="conv")))
save("prelu", one(layers.Conv2D(8, 3, activation=layers.PReLU(shared_axes=[1, 2]), name="conv")))
save("brain", one(layers.Conv2D(8, 3, dtype="bfloat16", name="conv")))
save("sequence", sequence())
save("hard_swish", one(lambda x: layers.Multiply()([x, layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)])))
save("constant", one(lambda x: (x - 2.0) / 3.0))
save("normalized", one(layers.LayerNormalization(epsilon=1e-5)))
save("attention", one(lambda x: layers.MultiHeadAttention(1, 2, name="attention")(x, x)))
save("resized", one(layers.Resizing(8, 8)))
save("blanks", one(layers.Conv2D(4, 3, name="first conv (a)")))
save("lambda", one(layers.Lambda(lambda x: x / 255, name="halve")))
save("rms", one(layers.RMSNormalization(name="norm")))
save("first", one(layers.Conv2D(4, 3, data_format="channels_last", name="conv")))
save("ops", one(lambda x: keras.ops.sin(x)))
"""


def make(folder):
    """Writes `NAME.keras` and the answers `NAME.npy` to `pictures.npy` in a folder."""
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    environment |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", _MAKE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
