"""Arrays that hold a picture: from what NumPy users have to uint8 pixels."""

from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array

_BLOCK_ROWS = 256


def array_pixels(array: Any, name: str = "picture") -> Array:
    """Returns an array's pixels as uint8; see `pixels_of`.

    Args:
        array: Anything that NumPy takes as an array.
        name: What errors call it.

    Returns:
        `(height, width, 1 or 3)`, uint8; an RGBA array is put on white.

    Raises:
        SuiteError: If its shape or its values are not those of a picture.
    """
    pixels = np.asarray(array)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise SuiteError(
            f"{name}: expected an array of shape (height, width), or (height, width, 1, 3 or 4). "
            f"Received: {tuple(np.shape(array))}"
        )
    pixels = _whole_pixels(pixels, name)
    return on_white(pixels) if pixels.shape[2] == 4 else pixels


def _whole_pixels(pixels: Array, name: str) -> Array:
    """Returns pixel values as uint8, floats rounded to the nearest."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "iuf":
        raise SuiteError(f"{name}: expected pixel values from 0 to 255. Received: an array of {pixels.dtype}")
    low, high = pixels.min(), pixels.max()
    # A NaN fails every comparison.
    if not (low >= 0 and high <= 255):
        raise SuiteError(f"{name}: expected pixel values from 0 to 255. Received: {low:g} to {high:g}")
    if pixels.dtype.kind == "f" and 0 < high <= 1:
        raise SuiteError(
            f"{name}: expected pixel values from 0 to 255. Received: floats from {low:g} to {high:g}, which look like "
            "pixels divided by 255. Multiply them by 255"
        )
    return np.rint(pixels).astype(np.uint8)


def on_white(pixels: Array) -> Array:
    """Composites `(height, width, colours + alpha)` on white, rounding to the nearest."""
    result = np.empty((*pixels.shape[:2], pixels.shape[2] - 1), np.uint8)
    for begin in range(0, len(pixels), _BLOCK_ROWS):
        block = pixels[begin : begin + _BLOCK_ROWS].astype(np.int32)
        colour, alpha = block[:, :, :-1], block[:, :, -1:]
        result[begin : begin + _BLOCK_ROWS] = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return result
