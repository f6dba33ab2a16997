"""What MobileNetV4 Conv-Small and Conv-Medium share: the universal inverted bottleneck, and the late head.

Source: Qin et al., 2024, https://arxiv.org/abs/2404.10518, section 3 and the appendix's tables of architectures.
"""

import dataclasses
from collections.abc import Sequence

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution with batch normalization and ReLU."""

    filters: int
    kernel: int = 1
    stride: int = 1


@dataclasses.dataclass(frozen=True)
class Fused:
    """An inverted bottleneck whose expansion is the spatial convolution."""

    filters: int
    expansion: float
    kernel: int
    stride: int


@dataclasses.dataclass(frozen=True)
class Universal:
    """A universal inverted bottleneck.

    Attributes:
        filters: Output channels.
        expansion: Channels in between, over those of the input.
        start: Side of the depthwise kernel before the expansion; 0 for none.
        middle: Side of the depthwise kernel after the expansion; 0 for none.
        stride: Of the middle kernel, or of the first where there is no middle one.
    """

    filters: int
    expansion: float
    start: int = 0
    middle: int = 0
    stride: int = 1


Row = Convolution | Fused | Universal


def assemble(
    name: str,
    rows: Sequence[Row],
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions,
) -> keras.Model:
    """Builds the classifier from the table of its blocks.

    Args:
        name: Name of the model.
        rows: What follows the stem.
        image_shape: `(height, width, channels)`, in pixels.
        num_classes: Length of the logits vector.
        alpha: Width multiplier, greater than 0; the head never gets narrower.
        dropout: Share of features dropped before the classifier, in [0, 1).
        conventions: Normalisation, padding and epsilon.

    Returns:
        A model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits `(batch, num_classes)`.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    for index, row in enumerate((Convolution(32, 3, 2), *rows)):
        row = dataclasses.replace(row, filters=blocks.make_divisible(row.filters * alpha))
        x = _block(x, row, f"block_{index - 1}" if index else "stem", conventions)
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    width = blocks.make_divisible(1280 * max(alpha, 1.0))
    x = blocks.convolution(x, width, 1, name="head", conventions=conventions, activation="relu")
    x = keras.layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, blocks.logits(x, num_classes, dropout), name=name)


def _block(x: Tensor, row: Row, name: str, conventions: Conventions) -> Tensor:
    if isinstance(row, Convolution):
        return blocks.convolution(
            x, row.filters, row.kernel, name=name, conventions=conventions, stride=row.stride, activation="relu"
        )
    shortcut, expanded = x, blocks.make_divisible(x.shape[-1] * row.expansion)
    if isinstance(row, Fused):
        x = blocks.convolution(
            x,
            expanded,
            row.kernel,
            name=f"{name}_expand",
            conventions=conventions,
            stride=row.stride,
            activation="relu",
        )
    else:
        x = _separated(x, row, expanded, name, conventions)
    x = blocks.convolution(x, row.filters, 1, name=f"{name}_project", conventions=conventions)
    return keras.layers.Add(name=f"{name}_add")([shortcut, x]) if shortcut.shape == x.shape else x


def _separated(x: Tensor, row: Universal, expanded: int, name: str, conventions: Conventions) -> Tensor:
    """Expands by a 1×1 convolution, with depthwise convolutions before and after it where the row has them."""
    if row.start:
        stride = 1 if row.middle else row.stride
        x = blocks.depthwise(x, row.start, name=f"{name}_start", conventions=conventions, stride=stride)
    x = blocks.convolution(x, expanded, 1, name=f"{name}_expand", conventions=conventions, activation="relu")
    if row.middle:
        x = blocks.depthwise(
            x, row.middle, name=f"{name}_depthwise", conventions=conventions, stride=row.stride, activation="relu"
        )
    return x
