"""EfficientNet-Lite0: B0 without swish and squeeze-and-excite, made for int8.

Source: Liu, 2020, https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

import functools

from tfl_lite_suite.models.architectures import efficientnet
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()

build = functools.partial(efficientnet.assemble, "efficientnet_lite0", True, conventions=CONVENTIONS)
