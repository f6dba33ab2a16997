"""SqueezeNet 1.0, the network of the paper.

Source: Iandola et al., 2016, https://arxiv.org/abs/1602.07360, Table 1.
"""

import functools

from tfl_lite_suite.models.architectures import squeezenet

CONVENTIONS = squeezenet.CONVENTIONS

build = functools.partial(squeezenet.assemble, "squeezenet_1_0", (96, 7), (2, 5, 9), conventions=CONVENTIONS)
