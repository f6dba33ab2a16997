"""What MobileNetV3 Large and Small share: stem, inverted residuals with squeeze-and-excite, and the late head.

Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, Tables 1 and 2.
"""

from collections.abc import Sequence

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()

# Expansion, filters, kernel, stride, squeeze-and-excite, activation.
Row = tuple[float, int, int, int, bool, str]


def assemble(
    name: str,
    rows: Sequence[Row],
    head: int,
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
        rows: One inverted residual each; expansion counts from the block's input.
        head: Features after pooling.
        image_shape: `(height, width, channels)`, in pixels.
        num_classes: Length of the logits vector.
        alpha: Width multiplier, greater than 0; the head never gets narrower.
        dropout: Share of features dropped before the classifier, in [0, 1).
        conventions: Normalisation, padding and epsilon.

    Returns:
        A model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits `(batch, num_classes)`.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(x, 16, 3, name="stem", conventions=conventions, stride=2, activation="hard_swish")
    for index, (expansion, filters, kernel, stride, excited, activation) in enumerate(rows):
        expanded = blocks.make_divisible(x.shape[-1] * expansion)
        x = blocks.inverted_residual(
            x,
            blocks.make_divisible(filters * alpha),
            expanded=expanded if index else 0,
            kernel=kernel,
            stride=stride,
            name=f"block_{index}",
            conventions=conventions,
            activation=activation,
            excite=(blocks.make_divisible(expanded / 4), "relu", "hard_sigmoid") if excited else None,
        )
    last = blocks.make_divisible(x.shape[-1] * 6)
    x = blocks.convolution(x, last, 1, name="last", conventions=conventions, activation="hard_swish")
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    width = blocks.make_divisible(head * alpha) if alpha > 1 else head
    x = blocks.biased_convolution(x, width, 1, name="head", activation="hard_swish")
    x = keras.layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, blocks.logits(x, num_classes, dropout), name=name)
