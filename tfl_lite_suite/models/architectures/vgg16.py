"""VGG16, a teacher and a baseline.

Source: Simonyan and Zisserman, 2014, https://arxiv.org/abs/1409.1556, Table 1, column D.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import CAFFE_MEAN, Conventions

CONVENTIONS = Conventions(mean=CAFFE_MEAN, std=(57.375, 57.375, 57.375))
# Filters and number of convolutions.
_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_HIDDEN = 4096


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; see `models.architectures` for arguments and result.

    `alpha`: width multiplier on every filter count and hidden layer, greater than 0.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    for stage, (filters, repeats) in enumerate(_STAGES, start=1):
        for repeat in range(1, repeats + 1):
            width = blocks.make_divisible(filters * alpha)
            x = blocks.biased_convolution(x, width, 3, name=f"stage_{stage}_conv_{repeat}", activation="relu")
        x = keras.layers.MaxPooling2D(2, 2, name=f"stage_{stage}_pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for name in ("hidden_1", "hidden_2"):
        hidden = blocks.make_divisible(_HIDDEN * alpha)
        x = keras.layers.Dense(hidden, kernel_initializer="he_uniform", name=name)(x)
        x = blocks.activate(x, "relu", name)
    return keras.Model(inputs, blocks.logits(x, num_classes, dropout), name="vgg16")
