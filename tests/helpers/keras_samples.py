"""Small pictures, data sets and models that tests of several layers share."""

import json
import subprocess
import sys

import numpy as np

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.data import Dataset, Split


def blocky(count, shape, seed=0):
    """Pictures with large patches, uint8, so that convolutions see edges and areas."""
    height, width, channels = shape
    patches = np.random.default_rng(seed).integers(0, 256, (count, height // 8, width // 8, channels))
    return patches.repeat(8, 1).repeat(8, 2).astype(np.uint8)


def split(images, labels, num_classes):
    """A split of pictures in memory."""
    keys = [f"{index}" for index in range(len(images))]
    return Split(images.__getitem__, np.arange(len(images)), np.asarray(labels), keys, num_classes)


def bright_or_dark(count=96, side=32, channels=1):
    """A data set that any network learns at once: class 1 is bright, class 0 dark."""
    labels = np.arange(count) % 2
    noise = np.random.default_rng(0).integers(0, 100, (count, side, side, channels))
    images = (noise + 150 * labels[:, None, None, None]).astype(np.uint8)
    parts = [split(images[start::3], labels[start::3], 2) for start in range(3)]
    contract = Contract(side, side, channels, side, side, labels=("dark", "bright"))
    return Dataset(("dark", "bright"), contract, *parts, [])


def picture_folder(root, per_class=12, side=32):
    """A folder with one subfolder a class, the classes as in `bright_or_dark`."""
    from PIL import Image

    for label, name in enumerate(("dark", "bright")):
        (root / name).mkdir(parents=True)
        for index in range(per_class):
            noise = np.random.default_rng([label, index]).integers(0, 100, (side, side, 3)) + 150 * label
            Image.fromarray(noise.astype(np.uint8)).save(root / name / f"{index}.png")
    return root


def tiny_network(side=32, channels=1, classes=2):
    """A functional model with what folding meets: convolutions, batch normalization, a residual add, dropout."""
    layers = keras.layers
    image = keras.Input((side, side, channels), name="image")
    x = layers.Conv2D(8, 3, 2, "same", use_bias=False, name="stem")(image)
    x = layers.BatchNormalization(momentum=0.5, name="stem_bn")(x)
    x = shortcut = layers.ReLU(6.0, name="stem_relu6")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    x = layers.BatchNormalization(momentum=0.5, name="depthwise_bn")(x)
    x = layers.ReLU(name="depthwise_relu")(x)
    x = layers.Conv2D(8, 1, name="project")(x)
    x = layers.BatchNormalization(momentum=0.5, scale=False, name="project_bn")(x)
    x = layers.Add(name="add")([shortcut, x])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.1, name="dropout")(x)
    return keras.Model(image, layers.Dense(classes, name="classifier")(x), name="tiny")


def randomize(model, seed=0):
    """Gives every layer weights and statistics that let the picture through to the logits, as after training."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        arrays = layer.get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            spread = [generator.uniform(0.6, 1.4, arrays[0].shape) for _ in range(4)]
            names = [weight.name.split("/")[-1] for weight in layer.weights]
            arrays = [
                value if name.startswith(("gamma", "moving_variance")) else (value - 1) / 2
                for name, value in zip(names, spread, strict=False)
            ] + arrays[4:]
        elif arrays and arrays[0].ndim > 1:
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            fan_in = np.prod(arrays[0].shape[: 2 if depthwise else -1])
            arrays[0] = generator.normal(0, np.sqrt(2 / fan_in), arrays[0].shape)
            arrays[1:] = [generator.normal(0, 0.2, bias.shape) for bias in arrays[1:]]
        layer.set_weights(arrays)
    return model


_RUN = """
import json, sys
import numpy as np
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.tflite.normalization import RAW
answers = {}
for path, pictures in json.load(sys.stdin):
    for name in engines.installed_for(path):
        session = engines.get(name).open(path)
        tensors = pixels.encoder(session.input, RAW).encode(np.load(pictures))
        found = [pixels.dequantize(session.invoke(tensor[None])[0], session.output).tolist() for tensor in tensors]
        answers[f"{path} {name}"] = found
print()
print(json.dumps(answers))
"""


def run_on_engines(jobs):
    """Runs `.tflite` and exported files on every installed engine for them, in a process without TensorFlow.

    Args:
        jobs: Pairs of a model's path and the path of an `.npy` file of raw pictures, uint8.

    Returns:
        Real-valued outputs, by path and engine.
    """
    child = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps([[str(path), str(pictures)] for path, pictures in jobs]),
        capture_output=True,
        text=True,
        check=True,
    )
    # MNN has its say on stdout, too.
    answers = json.loads(next(line for line in child.stdout.splitlines() if line.startswith("{")))
    return {tuple(key.rsplit(" ", 1)): np.array(values) for key, values in answers.items()}
