"""MobileNetV1, a stack of depthwise-separable blocks.

Source: Howard et al., 2017, https://arxiv.org/abs/1704.04861, Table 1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()
# Filters and stride of each block.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; see `models.architectures` for arguments and result."""
    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(x, int(32 * alpha), 3, name="stem", conventions=conventions, stride=2, activation="relu6")
    for index, (filters, stride) in enumerate(_BLOCKS, start=1):
        x = _separable(x, int(filters * alpha), stride, f"block_{index}", conventions)
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="mobilenet_v1")


def _separable(x: Tensor, filters: int, stride: int, name: str, conventions: Conventions) -> Tensor:
    # The original pads one row and column at the end whatever the size, which is `same` for even sizes only.
    odd = bool(x.shape[1] % 2 or x.shape[2] % 2)
    x = blocks.depthwise(
        x,
        3,
        name=f"{name}_depthwise",
        conventions=conventions,
        stride=stride,
        activation="relu6",
        zeros=((0, 1), (0, 1)) if stride == 2 and odd and conventions.padding == "same" else None,
    )
    return blocks.convolution(x, filters, 1, name=f"{name}_pointwise", conventions=conventions, activation="relu6")
