"""Raw pixels into a model's input tensor, and a model's output tensor into a ranking."""

import dataclasses

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.session import TensorSpec


@dataclasses.dataclass(frozen=True)
class PixelEncoder:
    """How the 256 pixel values stand in an input tensor.

    Attributes:
        table: The tensor's value for each pixel value, shape `(256,)`, in the tensor's dtype.
        note: What a user must know where the file does not take pixels as they are; else empty.
    """

    table: np.ndarray
    note: str = ""

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """Returns the tensor of some pixels.

        Args:
            pixels: uint8, any shape, 0 to 255.

        Returns:
            An array of the same shape in the tensor's dtype.
        """
        if self.note or self.table.dtype == np.float32:
            return self.table[pixels]
        return pixels if self.table.dtype == np.uint8 else (pixels ^ 0x80).view(np.int8)


def encoder(spec: TensorSpec) -> PixelEncoder:
    """Builds the encoder of an input tensor.

    int8 is pixel − 128, uint8 the pixel, float32 the pixel as a float: exactly, for files that take raw pixels, as the
    suite's own do. A file whose input has another scale or zero point gets each pixel's value quantized by them
    (rounded half away from zero, clipped), and `note` says so.

    Args:
        spec: The input tensor.

    Raises:
        SuiteError: If the tensor is not int8, uint8 or float32.
    """
    values = np.arange(256)
    if spec.dtype == "float32":
        return PixelEncoder(values.astype(np.float32))
    if spec.dtype not in ("int8", "uint8"):
        raise SuiteError(f"input '{spec.name}': expected int8, uint8 or float32. Received: {spec.dtype}")
    limits = np.iinfo(spec.dtype)
    if spec.scale == 1.0 and spec.zero_point == limits.min:
        return PixelEncoder((values + limits.min).astype(spec.dtype))
    if not spec.scale > 0:
        raise SuiteError(f"input '{spec.name}': {spec.dtype} without a scale; the file does not say what a pixel is")
    table = np.floor(values / spec.scale + 0.5) + spec.zero_point
    low, high = ((limit - spec.zero_point) * spec.scale for limit in (limits.min, limits.max))
    return PixelEncoder(
        np.clip(table, limits.min, limits.max).astype(spec.dtype),
        f"the input's scale {spec.scale:.6g} and zero point {spec.zero_point} are not those of raw pixels "
        f"(1, {limits.min}): pixels were quantized by them; the tensor holds {low:.4g} to {high:.4g}",
    )


def dequantize(tensor: np.ndarray, spec: TensorSpec) -> np.ndarray:
    """Returns a tensor's real values as float32."""
    if spec.scale == 0.0:
        return tensor.astype(np.float32)
    return ((tensor.astype(np.float32) - spec.zero_point) * np.float32(spec.scale)).astype(np.float32)


def rank(scores: np.ndarray, k: int) -> np.ndarray:
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


def first_place_ties(scores: np.ndarray) -> np.ndarray:
    """Returns, as `(n,)` booleans, where more than one class has the highest score."""
    return (scores == scores.max(axis=1, keepdims=True)).sum(axis=1) > 1
