"""SqueezeNet 1.0, the network of the paper.

Source: Iandola et al., 2016, https://arxiv.org/abs/1602.07360, Table 1.
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
        "squeezenet_1_0", (96, 7), (2, 5, 9), image_shape, num_classes, alpha, dropout, conventions
    )
