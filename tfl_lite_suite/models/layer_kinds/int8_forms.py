"""What int8 files have in place of layers, and the ranges that their operators compute with well."""

import math

import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasLayer, Tensor
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph import batch_norm, rewrite
from tfl_lite_suite.models.layer_kinds.kind import Range, Rounding

PIXELS = (0.0, 255.0)
_STEPS = 255
# The only output quantization that TensorFlow Lite's LOGISTIC accepts: scale 1/256, zero point -128.
_SIGMOID = (0.0, 255.0 / 256.0)


def normalized_pixels(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Applies a pixel normalization as a convolution that is not trained.

    A mean of 127.5 would put every pixel half-way between two steps, where float and integer kernels round apart, so
    pixels lose a whole number where all channels have the same mean.
    """
    mean, scale = np.array(layer.mean, np.float32), 1 / np.array(layer.std, np.float32)
    alike = len(set(layer.mean)) == 1 and len(set(layer.std)) == 1
    return rewrite.as_depthwise(layer.name, scale, -(np.rint(mean) if alike else mean) * scale, inputs, trainable=False)


def normalized_channels(norm: KerasLayer, inputs: Tensor) -> Tensor:
    """Applies a batch normalization that nothing took; one of vectors as one of pictures of one pixel."""
    rank = len(inputs.shape)
    if not batch_norm.normalizes_channels(norm, rank) or rank not in (2, 4):
        return None
    factors = batch_norm.scale_and_offset(norm)
    if rank == 4:
        return rewrite.as_depthwise(norm.name, *factors, inputs, trainable=norm.trainable)
    pixel = keras.layers.Reshape((1, 1, inputs.shape[-1]), name=f"{norm.name}_pixel")(inputs)
    scaled = rewrite.as_depthwise(norm.name, *factors, pixel, trainable=norm.trainable)
    return keras.layers.Reshape((inputs.shape[-1],), name=f"{norm.name}_vector")(scaled)


def gated(layer: layers.Swish, inputs: Tensor) -> Tensor:
    """Applies `x · sigmoid(x)` as a sigmoid and a product."""
    gate = keras.layers.Activation("sigmoid", name=f"{layer.name}_gate")(inputs)
    return keras.layers.Multiply(name=layer.name)([inputs, gate])


def rounding_of_relu(layer: KerasLayer) -> Rounding | None:
    """Returns that a ReLU is a clip, if it is one."""
    return None if layer.threshold or layer.negative_slope else Rounding.CLIP


def rounding_of_activation(layer: KerasLayer) -> Rounding | None:
    """Returns what an int8 file does to the output of a function that has an operator of its own."""
    if layer.activation is keras.activations.softmax:
        return Rounding.SOFTMAX
    return Rounding.OWN_RANGE if layer.activation is keras.activations.sigmoid else None


def range_of_activation(layer: KerasLayer) -> Range | None:
    """Returns the range of a sigmoid, which its operator demands."""
    return _SIGMOID if layer.activation is keras.activations.sigmoid else None


def range_of_mean(wanted: Range, source: Range) -> Range:
    """Returns a range, little wider than the wanted one, in which TensorFlow Lite's MEAN is exact.

    MEAN rounds the zero point of its input, counted in steps of its output, to a whole number. The step is chosen so
    that it is one; otherwise every output is wrong by up to half a step.

    Args:
        wanted: Least and greatest mean.
        source: The range of what is averaged.
    """
    step_in, step = ((high - low) / _STEPS for low, high in (source, wanted))
    zero_in = abs(round(-source[0] / step_in) - 128)
    count = int(zero_in * step_in / step)
    while count and math.gcd(count, 2 * zero_in) > 1:  # Else many means would lie half-way between two steps.
        count -= 1
    if count:
        step = zero_in * step_in / count
    low = round(wanted[0] / step) * step
    return low, low + _STEPS * step


def range_of_product(wanted: Range, *sources: Range) -> Range:
    """Returns a range, little wider than the wanted one where it has to be, in which few products lie half-way.

    Where the steps' ratio is a power of two, as when a gate lets through all that it gets, many products lie half-way
    between two steps, and kernels on ARM and x86 round them apart.

    Args:
        wanted: Least and greatest product.
        sources: The range of each factor.
    """
    steps = [(high - low) / _STEPS for low, high in (*sources, wanted)]
    fraction, _ = math.frexp(math.prod(steps[:-1]) / steps[-1])
    wider = 1 + 2**-10 if min(fraction - 0.5, 1 - fraction) < 2**-20 else 1.0
    return wanted[0] * wider, wanted[1] * wider
