"""MobileNetV4 Conv-Small.

Source: Qin et al., 2024, https://arxiv.org/abs/2404.10518, appendix, MNv4-Conv-S.
"""

import functools

from tfl_lite_suite.models.architectures import mobilenet_v4
from tfl_lite_suite.models.architectures.mobilenet_v4 import Convolution, Universal

CONVENTIONS = mobilenet_v4.CONVENTIONS
_ROWS: tuple[mobilenet_v4.Row, ...] = (
    Convolution(32, 3, 2),
    Convolution(32),
    Convolution(96, 3, 2),
    Convolution(64),
    Universal(96, 3, start=5, middle=5, stride=2),
    *[Universal(96, 2, middle=3)] * 4,
    Universal(96, 4, start=3),
    Universal(128, 6, start=3, middle=3, stride=2),
    Universal(128, 4, start=5, middle=5),
    Universal(128, 4, middle=5),
    Universal(128, 3, middle=5),
    *[Universal(128, 4, middle=3)] * 2,
    Convolution(960),
)

build = functools.partial(mobilenet_v4.assemble, "mobilenet_v4_conv_small", _ROWS, conventions=CONVENTIONS)
