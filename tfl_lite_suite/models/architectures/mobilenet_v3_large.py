"""MobileNetV3 Large.

Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, Table 1.
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import mobilenet_v3
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = mobilenet_v3.CONVENTIONS
_ROWS: tuple[mobilenet_v3.Row, ...] = (
    (1, 16, 3, 1, False, "relu"), (4, 24, 3, 2, False, "relu"), (3, 24, 3, 1, False, "relu"),
    (3, 40, 5, 2, True, "relu"), (3, 40, 5, 1, True, "relu"), (3, 40, 5, 1, True, "relu"),
    (6, 80, 3, 2, False, "hard_swish"), (2.5, 80, 3, 1, False, "hard_swish"), (2.3, 80, 3, 1, False, "hard_swish"),
    (2.3, 80, 3, 1, False, "hard_swish"), (6, 112, 3, 1, True, "hard_swish"), (6, 112, 3, 1, True, "hard_swish"),
    (6, 160, 5, 2, True, "hard_swish"), (6, 160, 5, 1, True, "hard_swish"), (6, 160, 5, 1, True, "hard_swish"),
)  # fmt: skip


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; arguments and result as for `mobilenet_v3.assemble`."""
    return mobilenet_v3.assemble(
        "mobilenet_v3_large", _ROWS, 1280, image_shape, num_classes, alpha, dropout, conventions
    )
