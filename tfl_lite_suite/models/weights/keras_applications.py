"""Weights of `keras.applications`: its `.h5` files, and their download by Keras itself."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import h5py
import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.models.keras_io import archive, hdf5_text
from tfl_lite_suite.models.weights.published import STOCK

# Trained on pictures with blue first.
BGR = ("resnet50", "vgg16")


@dataclasses.dataclass(frozen=True)
class SourceLayer:
    """One layer's weights in Keras' layouts.

    Attributes:
        name: Its name in the file.
        arrays: Kernel and perhaps bias; or gamma, beta, mean and variance.
    """

    name: str
    arrays: Sequence[Array]

    @property
    def is_normalization(self) -> bool:
        """Whether these are mean, variance and count of a Keras `Normalization`."""
        return len(self.arrays) == 3


def of_model(model: keras.Model) -> list[SourceLayer]:
    """Returns the weights of every layer of a model that has some."""
    return [SourceLayer(layer.name, layer.get_weights()) for layer in model.layers if layer.weights]


def download(name: str, image_shape: tuple[int, int, int], alpha: float) -> keras.Model:
    """Lets Keras download its official ImageNet weights, and check them where Keras knows their hash.

    Args:
        name: A network.
        image_shape: `(height, width, channels)` of the network to be built; the file of 224×224 where none was trained
            at that size.
        alpha: Its width multiplier.

    Returns:
        The network of `keras.applications`; without its dense layers where they do not fit the resolution.

    Raises:
        SuiteError: If there are no official weights, or the network is not reachable.
    """
    if name not in STOCK:
        raise SuiteError(f"model.weights: there are no ImageNet weights for {name}; give a file, or none")
    function, alphas, resolutions = STOCK[name]
    if alpha not in alphas:
        raise SuiteError(
            f"model.alpha: {name} has ImageNet weights for {', '.join(map(str, alphas))} only. Received: {alpha}"
        )
    height, width, _ = image_shape
    side = height if height == width and height in resolutions else 224
    fits = name != "vgg16" or height == width == 224
    arguments = {"input_shape": (side, side, 3), "include_top": fits, "weights": "imagenet"}
    if len(alphas) > 1:
        arguments["alpha"] = alpha
    try:
        return getattr(keras.applications, function)(**arguments)
    except Exception as error:
        # Keras tells of a failed download by a plain Exception.
        if type(error) is not Exception and not isinstance(error, OSError):
            raise
        raise SuiteError(
            f"model.weights: the official file of {name} cannot be downloaded: {error}. "
            "Get it elsewhere and give its path as model.weights"
        ) from error


def read_h5(path: pathlib.Path) -> list[SourceLayer]:
    """Reads a `.h5` file of weights, or of a whole model, as Keras 2 writes it.

    Args:
        path: The file.

    Returns:
        Layers that have weights, in the file's order.

    Raises:
        SuiteError: If it is no such file.
    """
    try:
        archive.check_hdf5(path)
        with h5py.File(path, "r") as file:
            group = file["model_weights"] if "model_weights" in file else file
            names = hdf5_text.of_parts(group, "layer_names")
            if not names:
                raise KeyError("it names no layers")
            layers = [SourceLayer(layer, _arrays(group[layer])) for layer in names]
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise SuiteError(f"model.weights: '{os.fspath(path)}' is not a Keras .h5 weights file: {error}") from None
    return [layer for layer in layers if layer.arrays]


def _arrays(group: h5py.Group) -> list[Array]:
    return [np.asarray(group[name]) for name in hdf5_text.of_parts(group, "weight_names")]
