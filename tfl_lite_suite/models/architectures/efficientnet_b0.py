"""EfficientNet-B0.

Source: Tan and Le, 2019, https://arxiv.org/abs/1905.11946, Table 1.
"""

import functools

from tfl_lite_suite.models.architectures import efficientnet
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions

CONVENTIONS = Conventions(mean=IMAGENET_MEAN, std=IMAGENET_STD)

build = functools.partial(efficientnet.assemble, "efficientnet_b0", False, conventions=CONVENTIONS)
