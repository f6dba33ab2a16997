"""Raw pixels into a model's input tensor, and a model's output tensor into a ranking."""

import dataclasses

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import LIMITS, Normalization


@dataclasses.dataclass(frozen=True)
class PixelEncoder:
    """How the 256 pixel values stand in an input tensor.

    Attributes:
        table: The tensor's value for each pixel value of each channel, or of all channels alike, shape
            `(1 or channels, 256)`, in the tensor's dtype.
        plain: Whether an 8-bit tensor holds the pixels as they are, uint8, or less 128, int8.
        note: What a user must know where a quantized input does not hold raw pixels as they are; else empty.
    """

    table: Array
    plain: bool = False
    note: str = ""

    def encode(self, pixels: Array) -> Array:
        """Returns the tensor of some pixels.

        Args:
            pixels: uint8, 0 to 255, `(..., channels)`.

        Returns:
            An array of the same shape in the tensor's dtype.
        """
        if self.plain:
            return pixels if self.table.dtype == np.uint8 else np.asarray((pixels ^ 0x80).view(np.int8))
        if len(self.table) == 1:
            return np.asarray(self.table[0][pixels])
        return np.asarray(self.table[np.arange(len(self.table)), pixels])


def encoder(spec: TensorSpec, normalization: Normalization) -> PixelEncoder:
    """Builds the encoder of an input tensor.

    The real value is `(pixel - mean) / std`; a quantized input gets it by its scale and zero point, rounded half away
    from zero and clipped, as the runtimes' own QUANTIZE does. So int8 is pixel − 128, uint8 the pixel, float32 the
    pixel as a float, exactly, for files that take raw pixels, as the suite's own do.

    Args:
        spec: The input tensor.
        normalization: What the file says of its values.

    Raises:
        SuiteError: If the tensor is not int8, uint8 or float32, or what the file says cannot be followed.
    """
    if spec.dtype not in ("float32", *LIMITS):
        raise SuiteError(f"input '{spec.name}': expected int8, uint8 or float32. Received: {spec.dtype}")
    try:
        normalization.check(spec.shape[-1] if spec.shape else 1)
    except SuiteError as error:
        raise SuiteError(f"input '{spec.name}': {error}") from None
    mean, std = (np.array(values, np.float64).reshape(-1, 1) for values in (normalization.mean, normalization.std))
    values = (np.arange(256) - mean) / std
    if spec.dtype == "float32":
        return PixelEncoder(values.astype(np.float32))
    if not spec.scale > 0:
        raise SuiteError(f"input '{spec.name}': {spec.dtype} without a scale; the file does not say what a pixel is")
    low, high = LIMITS[spec.dtype]
    steps = values / spec.scale
    steps = np.trunc(steps + np.copysign(0.5, steps)) + spec.zero_point
    table = np.clip(steps, low, high).astype(spec.dtype)
    if np.array_equal(table, [np.arange(low, high + 1)]):
        return PixelEncoder(table, plain=True)
    if not normalization.is_raw:
        return PixelEncoder(table)
    ends = [(limit - spec.zero_point) * spec.scale for limit in (low, high)]
    return PixelEncoder(
        table,
        note=f"the input's scale {spec.scale:.6g} and zero point {spec.zero_point} are not those of raw pixels "
        f"(1, {low}): pixels were quantized by them; the tensor holds {ends[0]:.4g} to {ends[1]:.4g}",
    )


def dequantize(tensor: Array, spec: TensorSpec) -> Array:
    """Returns a tensor's real values as float32."""
    if spec.scale == 0.0:
        return tensor.astype(np.float32)
    return ((tensor.astype(np.float32) - spec.zero_point) * np.float32(spec.scale)).astype(np.float32)


def rank(scores: Array, k: int) -> Array:
    """Returns the classes of the `k` highest scores, best first; among equal scores the lowest index comes first.

    Args:
        scores: `(n, classes)`, any real dtype, without NaN.
        k: How many, from 1 to the number of classes.

    Returns:
        `(n, k)`, int64.
    """
    # Negating an int8 -128 would overflow.
    wide = scores.astype(np.int64) if scores.dtype.kind in "iu" else scores
    return np.argsort(-wide, axis=1, kind="stable")[:, :k]


def first_place_ties(scores: Array) -> Array:
    """Returns, as `(n,)` booleans, where more than one class has the highest score."""
    return np.asarray((scores == scores.max(axis=1, keepdims=True)).sum(axis=1) > 1)
