"""EfficientNet-B0.

Source: Tan and Le, 2019, https://arxiv.org/abs/1905.11946, Table 1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import efficientnet
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions

CONVENTIONS = Conventions(mean=IMAGENET_MEAN, std=IMAGENET_STD)


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; arguments and result as for `efficientnet.assemble`."""
    return efficientnet.assemble("efficientnet_b0", False, image_shape, num_classes, alpha, dropout, conventions)
