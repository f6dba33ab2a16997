"""What EfficientNet-B0 and Lite0 share: the table of stages found by architecture search.

Source: Tan and Le, 2019, https://arxiv.org/abs/1905.11946, Table 1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

# Expansion, filters, repeats, kernel and stride of the first repeat.
_STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)


def assemble(
    name: str,
    lite: bool,
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions,
) -> keras.Model:
    """Builds the classifier.

    Args:
        name: Name of the model.
        lite: ReLU6 in place of swish, no squeeze-and-excite, stem and head of fixed width.
        image_shape: `(height, width, channels)`, in pixels.
        num_classes: Length of the logits vector.
        alpha: Width multiplier, greater than 0.
        dropout: Share of features dropped before the classifier, in [0, 1).
        conventions: Normalisation, padding and epsilon.

    Returns:
        A model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits `(batch, num_classes)`.
    """
    activation = "relu6" if lite else "swish"
    ends = 1.0 if lite else alpha
    inputs, x = blocks.pixels(image_shape, conventions)
    stem = blocks.make_divisible(32 * ends)
    x = blocks.convolution(x, stem, 3, name="stem", conventions=conventions, stride=2, activation=activation)
    index = 0
    for expansion, filters, repeats, kernel, first_stride in _STAGES:
        for repeat in range(repeats):
            channels = x.shape[-1]
            x = blocks.inverted_residual(
                x,
                blocks.make_divisible(filters * alpha),
                expanded=expansion * channels if expansion > 1 else 0,
                kernel=kernel,
                stride=first_stride if repeat == 0 else 1,
                name=f"block_{index}",
                conventions=conventions,
                activation=activation,
                excite=None if lite else (max(1, channels // 4), "swish", "sigmoid"),
            )
            index += 1
    head = blocks.make_divisible(1280 * ends)
    x = blocks.convolution(x, head, 1, name="head", conventions=conventions, activation=activation)
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name=name)
