"""What SqueezeNet 1.0 and 1.1 share: Fire modules, poolings that round up, and a convolution as classifier.

Source: Iandola et al., 2016, https://arxiv.org/abs/1602.07360, Table 1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import CAFFE_MEAN, IMAGENET_CLASSES, Conventions

CONVENTIONS = Conventions(mean=CAFFE_MEAN, std=(57.375, 57.375, 57.375))
# Filters of the squeeze layer and of each of the two expand layers, fire 2 to fire 9.
_FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


def assemble(
    name: str,
    stem: tuple[int, int],
    pools_before: tuple[int, ...],
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions,
) -> keras.Model:
    """Builds the classifier.

    The ReLU that the paper puts on the class scores is left out, except where a pretrained classifier was trained with
    it: it kills classes for good in training from scratch.

    Args:
        name: Name of the model.
        stem: Filters and kernel of the first convolution.
        pools_before: Numbers of the Fire modules that a max pooling precedes.
        image_shape: `(height, width, channels)`, in pixels.
        num_classes: Length of the logits vector.
        alpha: Width multiplier on every filter count, greater than 0.
        dropout: Share of features dropped before the classifier, in [0, 1).
        conventions: Normalisation, and whether the scores have a ReLU.

    Returns:
        A model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits `(batch, num_classes)`.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    filters, kernel = stem
    filters = blocks.make_divisible(filters * alpha)
    x = blocks.biased_convolution(x, filters, kernel, name="stem", stride=2, padding="valid", activation="relu")
    for number, (squeezed, expanded) in enumerate(_FIRES, start=2):
        if number in pools_before:
            x = max_pool(x, f"fire_{number}_pool")
        widths = blocks.make_divisible(squeezed * alpha), blocks.make_divisible(expanded * alpha)
        x = _fire(x, *widths, f"fire_{number}")
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Conv2D(num_classes, 1, dtype="float32", name=blocks.CLASSIFIER)(x)
    if conventions.score_relu and num_classes == IMAGENET_CLASSES:
        x = blocks.activate(x, "relu", blocks.CLASSIFIER)
    x = keras.layers.GlobalAveragePooling2D(dtype="float32", name="logits")(x)
    return keras.Model(inputs, x, name=name)


def _fire(x: Tensor, squeezed: int, expanded: int, name: str) -> Tensor:
    x = blocks.biased_convolution(x, squeezed, 1, name=f"{name}_squeeze", activation="relu")
    left = blocks.biased_convolution(x, expanded, 1, name=f"{name}_expand_1x1", activation="relu")
    right = blocks.biased_convolution(x, expanded, 3, name=f"{name}_expand_3x3", activation="relu")
    return keras.layers.Concatenate(name=f"{name}_concat")([left, right])


def max_pool(x: Tensor, name: str) -> Tensor:
    """Applies max pooling 3×3 of stride 2, whose last window may hang over the edge, to what a ReLU left."""
    height, width = x.shape[1] % 2 == 0, x.shape[2] % 2 == 0
    if height != width:
        x = keras.layers.ZeroPadding2D(((0, int(height)), (0, int(width))), name=f"{name}_pad")(x)
    return keras.layers.MaxPooling2D(3, 2, "same" if height and width else "valid", name=name)(x)
