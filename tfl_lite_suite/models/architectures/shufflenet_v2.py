"""ShuffleNetV2, half of the channels passed on untouched and shuffled in between.

Source: Ma et al., 2018, https://arxiv.org/abs/1807.11164, Table 5 and figure 3 (c, d).
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Tensor
from tfl_lite_suite.models import blocks, layers
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()
_STEM = 24
_REPEATS = (4, 8, 4)
# Channels of the first stage by width multiplier; each later stage doubles them.
_WIDTHS = {0.0: 0, 0.5: 48, 1.0: 116, 1.5: 176, 2.0: 244}


def build(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: float = 1.0,
    dropout: float = 0.0,
    conventions: Conventions = CONVENTIONS,
) -> keras.Model:
    """Builds the classifier; see `models.architectures` for arguments and result.

    `alpha`: 0.5, 1.0, 1.5 or 2.0 for the paper's widths; others are interpolated, or scaled beyond 2.
    """
    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(x, _STEM, 3, name="stem", conventions=conventions, stride=2, activation="relu")
    if conventions.padding == "symmetric":
        x = keras.layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    padding = "valid" if conventions.padding == "symmetric" else "same"
    x = keras.layers.MaxPooling2D(3, 2, padding, name="stem_pool")(x)
    index = 1
    for stage, repeats in enumerate(_REPEATS):
        width = first_width(alpha) * 2**stage
        for repeat in range(repeats):
            name = f"block_{index}"
            x = _unit(x, name, conventions) if repeat else _downsampling_unit(x, width, name, conventions)
            index += 1
    head = 2048 if alpha >= 2 else 1024
    x = blocks.convolution(x, head, 1, name="head", conventions=conventions, activation="relu")
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="shufflenet_v2")


def first_width(alpha: float) -> int:
    """Returns the channels of the first stage, a multiple of 4."""
    below = max(anchor for anchor in _WIDTHS if anchor <= alpha)
    above = min((anchor for anchor in _WIDTHS if anchor >= alpha), default=None)
    if above is None:
        width = _WIDTHS[2.0] * alpha / 2
    elif above == below:
        width = _WIDTHS[above]
    else:
        width = _WIDTHS[below] + (_WIDTHS[above] - _WIDTHS[below]) * (alpha - below) / (above - below)
    return max(4, round(width / 4) * 4)


def _unit(x: Tensor, name: str, conventions: Conventions) -> Tensor:
    half = x.shape[-1] // 2
    kept = layers.ChannelSlice(0, half, name=f"{name}_keep")(x)
    y = layers.ChannelSlice(half, half, name=f"{name}_take")(x)
    y = blocks.convolution(y, half, 1, name=f"{name}_reduce", conventions=conventions, activation="relu")
    y = blocks.depthwise(y, 3, name=f"{name}_depthwise", conventions=conventions)
    y = blocks.convolution(y, half, 1, name=f"{name}_expand", conventions=conventions, activation="relu")
    return _join(kept, y, name)


def _downsampling_unit(x: Tensor, width: int, name: str, conventions: Conventions) -> Tensor:
    half = width // 2
    y = blocks.depthwise(x, 3, name=f"{name}_shortcut_depthwise", conventions=conventions, stride=2)
    y = blocks.convolution(y, half, 1, name=f"{name}_shortcut", conventions=conventions, activation="relu")
    z = blocks.convolution(x, half, 1, name=f"{name}_reduce", conventions=conventions, activation="relu")
    z = blocks.depthwise(z, 3, name=f"{name}_depthwise", conventions=conventions, stride=2)
    z = blocks.convolution(z, half, 1, name=f"{name}_expand", conventions=conventions, activation="relu")
    return _join(y, z, name)


def _join(left: Tensor, right: Tensor, name: str) -> Tensor:
    x = keras.layers.Concatenate(name=f"{name}_concat")([left, right])
    return layers.ChannelShuffle(2, name=f"{name}_shuffle")(x)
