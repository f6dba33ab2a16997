"""Writes a float model as a `.keras` file that Keras 3 and tf-keras open where the suite is not installed.

Each of the suite's own layers is written as standard layers that compute the same. Both versions of Keras read such a
file: its configuration stays within what they have in common, and they name the weights alike. What was written is
opened again by both, as far as they are installed, and must answer as the model does.
"""

import json
import os
import zipfile
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.contract import FILE_NAME, Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.framework import keras, newest_keras
from tfl_lite_suite.core.types import JsonObject, KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.keras_io import archive

# Greatest difference between the answers of two versions of Keras, relative to the largest answer.
TOLERANCE = 1e-4
_CONFIG = "config.json"
# Layers of tf-keras that Keras 3 lacks: operators between layers, such as `x + 3`.
_NOT_SHARED = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")

# Settings that tf-keras writes and reads with their defaults, and Keras 3 refuses.
_KERAS_2_ONLY = {
    "Conv2DTranspose": ("groups",),
    "DepthwiseConv2D": ("groups",),
    "SpatialDropout2D": ("trainable", "noise_shape"),
    "SeparableConv2D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
}


def save(model: KerasModel, path: str | os.PathLike[str], contract: Contract | None = None) -> None:
    """Writes a model with standard layers alone.

    Args:
        model: A functional Keras model in float32.
        path: The `.keras` file to write.
        contract: Written into the file for the suite; Keras ignores it.

    Raises:
        SuiteError: If a layer has no form in standard layers, or a version of Keras answers otherwise.
    """
    plain = standard(model)
    with atomic_path(path) as temporary:
        first = temporary.with_name("written.keras")
        plain.save(first, save_format="keras")
        with zipfile.ZipFile(first) as made:
            texts = {_CONFIG: json.dumps(_common(json.loads(made.read(_CONFIG))))}
        archive.copy(first, temporary, texts if contract is None else {**texts, FILE_NAME: contract.to_json()})
        _check_answers(model, temporary)


def standard(model: KerasModel) -> KerasModel:
    """Returns an equal tf-keras model of standard layers.

    Raises:
        SuiteError: If a layer has no form in standard layers.
    """
    made = rewrite.rebuild(rewrite.flat(model), _replace)
    for layer in made.layers:
        if not type(layer).__module__.startswith("tf_keras.") or type(layer).__name__ in _NOT_SHARED:
            raise SuiteError(
                f"format: layer '{layer.name}' ({type(layer).__name__}) has no form in standard layers. Use "
                "format='keras', which the suite opens"
            )
    return made


def _replace(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    """Returns the output of standard layers in a layer's place; the last has its name."""
    make = REPLACED.get(type(layer))
    return rewrite.copy_layer(layer, inputs) if make is None else make(layer, inputs)


def _pixel_normalization(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    scale = [1 / std for std in layer.std]
    offset = [-mean / std for mean, std in zip(layer.mean, layer.std, strict=True)]
    return keras.layers.Rescaling(scale, offset, name=layer.name)(inputs)


def _hard_sigmoid(layer: KerasLayer, inputs: Tensor, name: str = "") -> KerasLayer:
    shifted = keras.layers.Rescaling(1.0, 3.0, name=f"{layer.name}_shift")(inputs)
    clipped = keras.layers.ReLU(6.0, name=f"{layer.name}_relu6")(shifted)
    return keras.layers.Rescaling(1 / 6, name=layer.name + name)(clipped)


def _hard_swish(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    return keras.layers.Multiply(name=layer.name)([inputs, _hard_sigmoid(layer, inputs, "_gate")])


def _swish(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    gate = keras.layers.Activation("sigmoid", name=f"{layer.name}_gate")(inputs)
    return keras.layers.Multiply(name=layer.name)([inputs, gate])


def _channel_slice(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    after = inputs.shape[-1] - layer.begin - layer.size
    # Read as channels first, the last axis is the width; Keras has no layer that crops channels.
    crop = ((0, 0), (layer.begin, after))
    return keras.layers.Cropping2D(crop, data_format="channels_first", name=layer.name)(inputs)


def _channel_shuffle(layer: KerasLayer, inputs: Tensor) -> KerasLayer:
    _, height, width, channels = inputs.shape
    groups = (height, width, layer.groups, channels // layer.groups)
    grouped = keras.layers.Reshape(groups, name=f"{layer.name}_groups")(inputs)
    interleaved = keras.layers.Permute((1, 2, 4, 3), name=f"{layer.name}_interleaved")(grouped)
    return keras.layers.Reshape((height, width, channels), name=layer.name)(interleaved)


# What stands for each of the suite's layers; a layer of yours can be entered as well.
REPLACED: dict[type, Callable[[KerasLayer, KerasLayer], KerasLayer]] = {
    layers.PixelNormalization: _pixel_normalization,
    layers.HardSigmoid: _hard_sigmoid,
    layers.HardSwish: _hard_swish,
    layers.Swish: _swish,
    layers.ChannelSlice: _channel_slice,
    layers.ChannelShuffle: _channel_shuffle,
}


def _common(config: JsonObject) -> JsonObject:
    """Returns a saved model's configuration in the words that both versions of Keras know."""
    graph = config["config"]
    for entry in graph["layers"]:
        if entry["class_name"] == "BatchNormalization" and isinstance(entry["config"]["axis"], list):
            (entry["config"]["axis"],) = entry["config"]["axis"]
        for key in ("rng_type", *_KERAS_2_ONLY.get(entry["class_name"], ())):
            entry["config"].pop(key, None)
    # A list of one tensor would have Keras 3 expect lists of pictures.
    ends = {name: graph[name][0] for name in ("input_layers", "output_layers")}
    return {**config, "module": "keras", "class_name": "Model", "registered_name": None, "config": {**graph, **ends}}


def _check_answers(model: KerasModel, path: os.PathLike[str]) -> None:
    """Raises `SuiteError` unless both versions of Keras, as far as installed, open the file and answer as the model."""
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 256, (2, *model.input_shape[1:])).astype(np.float32)
    expected = model(pictures, training=False).numpy()
    for package in (keras, newest_keras()):
        if package is None:
            continue
        reader = f"{package.__name__} {package.__version__}"
        try:
            answers = np.asarray(package.models.load_model(path, compile=False)(pictures, training=False))
        except Exception as error:
            cause: BaseException = error
            while cause.__cause__ or cause.__context__:
                cause = cause.__cause__ or cause.__context__ or cause
            reason = " ".join(str(cause).split())[:300]
            raise SuiteError(f"format: {reader} cannot open the plain file: {reason}. Use format='keras'") from error
        difference = float(np.abs(answers - expected).max())
        if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise SuiteError(
                f"format: read by {reader}, the plain file answers otherwise, by {difference:.3g}. Use format='keras'"
            )
