"""A micro network: about 50 KB as an int8 file, for grey pictures of about 30 pixels.

At this size what a file spends beside its weights counts: each operator takes about 350 bytes and each channel 12. So
there are few operators, and most are full 3×3 convolutions, which have many weights a channel. The picture is small
already, so the first convolution keeps its resolution.

Source: fused inverted residuals, Tan and Le, 2021, https://arxiv.org/abs/2104.00298, Figure 2; widths and depth chosen
for this suite.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()
SMALLEST_SIDE = 16
# Channels of the expansion, filters and stride of each fused block.
_BLOCKS = ((32, 16, 2), (32, 16, 1), (32, 24, 2), (32, 24, 1))


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; see `models.architectures` for arguments and result."""

    def wide(filters: int) -> int:
        return blocks.make_divisible(filters * alpha)

    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(x, wide(8), 3, name="stem", conventions=conventions, activation="relu6")
    for index, (expanded, filters, stride) in enumerate(_BLOCKS):
        x = _fused_residual(x, wide(filters), wide(expanded), stride, f"block_{index}", conventions)
    x = blocks.inverted_residual(
        x,
        wide(32),
        expanded=3 * x.shape[-1],
        kernel=3,
        stride=2,
        name=f"block_{len(_BLOCKS)}",
        conventions=conventions,
        activation="relu6",
    )
    x = blocks.convolution(x, wide(96), 1, name="head", conventions=conventions, activation="relu6")
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="micro")


def _fused_residual(x: Tensor, filters: int, expanded: int, stride: int, name: str, conventions: Conventions) -> Tensor:
    """Expands by a 3×3 convolution and projects linearly; adds the input where shapes agree."""
    y = blocks.convolution(
        x, expanded, 3, name=f"{name}_expand", conventions=conventions, stride=stride, activation="relu6"
    )
    y = blocks.convolution(y, filters, 1, name=f"{name}_project", conventions=conventions)
    return keras.layers.Add(name=f"{name}_add")([x, y]) if x.shape == y.shape else y
