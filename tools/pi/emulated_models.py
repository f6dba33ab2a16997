"""An int8 file of every network that answers to Fashion-MNIST, made in seconds, to compare machines with each other.

The networks are not trained: the kernels are random (ImageNet's, where the suite can have them), batch normalization
has the statistics of training pictures, and the classifier is fitted to them by least squares. So the scores have the
margins of a classifier, if of a bad one; networks with constant scores would say nothing about agreement.
"""

import argparse
import pathlib
import sys

import numpy as np

from tfl_lite_suite import data, models
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.data import fashion_mnist
from tfl_lite_suite.models import blocks, tflite_converter
from tfl_lite_suite.models.weights import published
from tfl_lite_suite.tflite import metadata_writer, shared_buffers

_PICTURES, _BATCH, _CALIBRATION, _PASSES = 4000, 250, 200, 40
_RIDGE = 0.1


def make(name: str, side: int) -> bytes:
    """Returns the network's `.tflite` file, with its contract.

    Args:
        name: A network.
        side: Height and width of its input, in pixels.
    """
    keras.utils.set_random_seed(0)
    labels = fashion_mnist.CLASS_NAMES
    contract = Contract(side, side, 1, side, side, labels=labels)
    split = data.open_all(fashion_mnist.NAME, contract, "train", limit=_PICTURES, progress=False)
    pictures = split.images(np.arange(len(split)))
    pretrained = "imagenet" if name in published.PACKAGED else "none"
    model = models.build(name, contract.image_shape, len(labels), weights=pretrained)
    if pretrained == "none":
        for step in range(_PASSES):
            model(pictures[step % 8 * _BATCH :][:_BATCH].astype(np.float32), training=True)
    fit_classifier(model, pictures, np.eye(len(labels))[split.labels])
    content = tflite_converter.convert(model, "int8", calibration=pictures[:: len(pictures) // _CALIBRATION])
    return metadata_writer.write(shared_buffers.compact(content), contract, name=name)


def fit_classifier(model: keras.Model, pictures: np.ndarray, targets: np.ndarray) -> None:
    """Fits the last layer that has weights by ridge regression.

    Args:
        model: Any network of the suite; a convolution as classifier is followed by a mean over positions.
        pictures: uint8 `(n, height, width, channels)`.
        targets: Wanted scores, `(n, classes)`.
    """
    classifier = model.get_layer(blocks.CLASSIFIER)
    body = keras.Model(model.input, classifier.input)
    parts = [body(pictures[first:][:_BATCH].astype(np.float32)).numpy() for first in range(0, len(pictures), _BATCH)]
    features = np.concatenate([part.mean((1, 2)) if part.ndim == 4 else part for part in parts]).astype(np.float64)
    mean = features.mean(0)
    centred = features - mean
    square = centred.T @ centred
    # Relative to the features' mean variance: a feature that hardly moves must not count, int8 would not show it.
    square += _RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    kernel = np.linalg.solve(square, centred.T @ (targets - targets.mean(0)))
    bias = targets.mean(0) - mean @ kernel
    # Scores as wide as logits are, not as probabilities.
    classifier.set_weights([10 * kernel.reshape(classifier.kernel.shape), 10 * bias])


def main() -> None:
    """Writes `FOLDER/NAME.tflite` for every network named that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--networks", default=",".join(models.names()))
    given = parser.parse_args()
    for name in given.networks.split(","):
        if name.endswith(".tflite"):
            continue  # A file that somebody else made.
        try:
            models.check_name(name, "--networks")
        except SuiteError as error:
            sys.exit(f"error: {error}")
        path = given.folder / f"{name}.tflite"
        if not path.is_file():
            print(f"making {path.name} …", file=sys.stderr)
            with atomic_path(path) as temporary:
                temporary.write_bytes(make(name, given.side))


if __name__ == "__main__":
    main()
