"""EfficientNet-Lite0: B0 without swish and squeeze-and-excite, made for int8.

Source: Liu, 2020, https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import efficientnet
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; arguments and result as for `efficientnet.assemble`."""
    return efficientnet.assemble("efficientnet_lite0", True, image_shape, num_classes, alpha, dropout, conventions)
