"""MobileNetV3 Small.

Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, Table 2.
"""

import functools

from tfl_lite_suite.models.architectures import mobilenet_v3

CONVENTIONS = mobilenet_v3.CONVENTIONS
_ROWS: tuple[mobilenet_v3.Row, ...] = (
    (1, 16, 3, 2, True, "relu"), (72 / 16, 24, 3, 2, False, "relu"), (88 / 24, 24, 3, 1, False, "relu"),
    (4, 40, 5, 2, True, "hard_swish"), (6, 40, 5, 1, True, "hard_swish"), (6, 40, 5, 1, True, "hard_swish"),
    (3, 48, 5, 1, True, "hard_swish"), (3, 48, 5, 1, True, "hard_swish"), (6, 96, 5, 2, True, "hard_swish"),
    (6, 96, 5, 1, True, "hard_swish"), (6, 96, 5, 1, True, "hard_swish"),
)  # fmt: skip

build = functools.partial(mobilenet_v3.assemble, "mobilenet_v3_small", _ROWS, 1024, conventions=CONVENTIONS)
