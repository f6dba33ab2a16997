"""ResNet50, a teacher and a baseline.

Source: He et al., 2015, https://arxiv.org/abs/1512.03385, Table 1. Blocks that begin close to the identity: Goyal et
al., 2017, https://arxiv.org/abs/1706.02677, section 5.1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import CAFFE_MEAN, Conventions

CONVENTIONS = Conventions(mean=CAFFE_MEAN, std=(57.375, 57.375, 57.375), padding="symmetric", epsilon=1.001e-5)
# Filters of the bottleneck and number of blocks.
_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))


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
    stem = blocks.make_divisible(64 * alpha)
    x = blocks.convolution(x, stem, 7, name="stem", conventions=conventions, stride=2, activation="relu")
    x = keras.layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    x = keras.layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    for stage, (filters, repeats) in enumerate(_STAGES, start=1):
        filters = blocks.make_divisible(filters * alpha)
        for repeat in range(repeats):
            stride = 2 if stage > 1 and repeat == 0 else 1
            x = _bottleneck(x, filters, stride, repeat == 0, f"stage_{stage}_block_{repeat + 1}", conventions)
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="resnet50")


def _bottleneck(x: Tensor, filters: int, stride: int, projected: bool, name: str, conventions: Conventions) -> Tensor:
    shortcut = x
    if projected:
        shortcut = blocks.convolution(
            x, 4 * filters, 1, name=f"{name}_shortcut", conventions=conventions, stride=stride
        )
    x = blocks.convolution(
        x, filters, 1, name=f"{name}_reduce", conventions=conventions, stride=stride, activation="relu"
    )
    x = blocks.convolution(x, filters, 3, name=f"{name}_filter", conventions=conventions, activation="relu")
    # A block begins close to the identity; else the sum of sixteen is a thousand times its input.
    x = blocks.convolution(x, 4 * filters, 1, name=f"{name}_expand", conventions=conventions, gamma=0.1)
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return blocks.activate(x, "relu", name)
