"""MobileNetV4 Conv-Medium.

Source: Qin et al., 2024, https://arxiv.org/abs/2404.10518, appendix, MNv4-Conv-M.
"""

import functools

from tfl_lite_suite.models.architectures import mobilenet_v4
from tfl_lite_suite.models.architectures.mobilenet_v4 import Convolution, Fused, Universal

CONVENTIONS = mobilenet_v4.CONVENTIONS
_ROWS: tuple[mobilenet_v4.Row, ...] = (
    Fused(48, 4, 3, 2),
    Universal(80, 4, start=3, middle=5, stride=2),
    Universal(80, 2, start=3, middle=3),
    Universal(160, 6, start=3, middle=5, stride=2),
    *[Universal(160, 4, start=3, middle=3)] * 2,
    Universal(160, 4, start=3, middle=5),
    Universal(160, 4, start=3, middle=3),
    Universal(160, 4, start=3),
    Universal(160, 2),
    Universal(160, 4, start=3),
    Universal(256, 6, start=5, middle=5, stride=2),
    Universal(256, 4, start=5, middle=5),
    *[Universal(256, 4, start=3, middle=5)] * 2,
    Universal(256, 4),
    Universal(256, 4, start=3),
    Universal(256, 2, start=3, middle=5),
    Universal(256, 4, start=5, middle=5),
    *[Universal(256, 4)] * 2,
    Universal(256, 2, start=5),
    Convolution(960),
)

build = functools.partial(mobilenet_v4.assemble, "mobilenet_v4_conv_medium", _ROWS, conventions=CONVENTIONS)
