"""MobileNetV3 Large.

Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, Table 1.
"""

import functools

from tfl_lite_suite.models.architectures import mobilenet_v3

CONVENTIONS = mobilenet_v3.CONVENTIONS
_ROWS: tuple[mobilenet_v3.Row, ...] = (
    (1, 16, 3, 1, False, "relu"), (4, 24, 3, 2, False, "relu"), (3, 24, 3, 1, False, "relu"),
    (3, 40, 5, 2, True, "relu"), (3, 40, 5, 1, True, "relu"), (3, 40, 5, 1, True, "relu"),
    (6, 80, 3, 2, False, "hard_swish"), (2.5, 80, 3, 1, False, "hard_swish"), (2.3, 80, 3, 1, False, "hard_swish"),
    (2.3, 80, 3, 1, False, "hard_swish"), (6, 112, 3, 1, True, "hard_swish"), (6, 112, 3, 1, True, "hard_swish"),
    (6, 160, 5, 2, True, "hard_swish"), (6, 160, 5, 1, True, "hard_swish"), (6, 160, 5, 1, True, "hard_swish"),
)  # fmt: skip

build = functools.partial(mobilenet_v3.assemble, "mobilenet_v3_large", _ROWS, 1280, conventions=CONVENTIONS)
