"""MobileNetV2, inverted residuals with linear bottlenecks.

Source: Sandler et al., 2018, https://arxiv.org/abs/1801.04381, Table 2.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()
# Expansion, filters, repeats and stride of the first repeat.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; see `models.architectures` for arguments and result.

    `alpha`: width multiplier, greater than 0; the last convolution keeps at least 1280 filters.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(
        x, blocks.make_divisible(32 * alpha), 3, name="stem", conventions=conventions, stride=2, activation="relu6"
    )
    index = 0
    for expansion, filters, repeats, first_stride in _STAGES:
        for repeat in range(repeats):
            x = blocks.inverted_residual(
                x,
                blocks.make_divisible(int(filters * alpha)),
                expanded=expansion * x.shape[-1] if expansion > 1 else 0,
                kernel=3,
                stride=first_stride if repeat == 0 else 1,
                name=f"block_{index}",
                conventions=conventions,
                activation="relu6",
            )
            index += 1
    last = blocks.make_divisible(1280 * max(alpha, 1.0))
    x = blocks.convolution(x, last, 1, name="head", conventions=conventions, activation="relu6")
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="mobilenet_v2")
