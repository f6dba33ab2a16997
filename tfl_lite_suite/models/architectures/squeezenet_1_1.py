"""SqueezeNet 1.1, which pools earlier and costs 2.4 times less.

Source: Iandola, 2016, https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import squeezenet
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = squeezenet.CONVENTIONS


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; arguments and result as for `squeezenet.assemble`."""
    return squeezenet.assemble(
        "squeezenet_1_1", (64, 3), (2, 4, 6), image_shape, num_classes, alpha, dropout, conventions
    )
