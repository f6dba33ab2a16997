"""The networks, one module an architecture; names are discovered from this folder, and from the user's.

The function `build` of each has the same arguments: `image_shape`, `(height, width, channels)` in pixels;
`num_classes`, the length of the logits vector; `alpha`, a multiplier on every filter count, greater than 0;
`dropout`, the share of features dropped before the classifier, in [0, 1); `conventions`, how the network normalises and
pads, and its epsilon. It returns a model from raw pixels `(batch, *image_shape)`, float32 in [0, 255], to logits
`(batch, num_classes)`.
"""

from tfl_lite_suite.core import own_modules

__path__ = own_modules.extended(__path__, "models/architectures")
