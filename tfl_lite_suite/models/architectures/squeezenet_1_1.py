"""SqueezeNet 1.1, which pools earlier and costs 2.4 times less.

Source: Iandola, 2016, https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1.
"""

import functools

from tfl_lite_suite.models.architectures import squeezenet

CONVENTIONS = squeezenet.CONVENTIONS

build = functools.partial(squeezenet.assemble, "squeezenet_1_1", (64, 3), (2, 4, 6), conventions=CONVENTIONS)
