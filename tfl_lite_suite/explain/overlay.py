"""A class map drawn over the picture that it explains."""

import numpy as np
from PIL import Image

from tfl_lite_suite.core.types import Array

_SHORTEST_SIDE = 320
_STRENGTH = 0.65


def draw(picture: Array, found: Array) -> Image.Image:
    """Returns the picture with the map over it: the evidence glows red to yellow, what speaks against stays grey.

    Args:
        picture: uint8 `(height, width, 1 or 3)`, as the model sees it.
        found: The map, float `(rows, columns)`; positive for evidence.
    """
    height, width, channels = picture.shape
    factor = max(1, -(-_SHORTEST_SIDE // min(height, width)))
    size = (width * factor, height * factor)
    base = (
        Image.fromarray(picture[..., 0] if channels == 1 else picture)
        .convert("L")
        .resize(size, Image.Resampling.BICUBIC)
    )
    grey = np.asarray(base, np.float32)[..., None].repeat(3, axis=2)
    heat = strength(found)
    spread = Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)
    alpha = np.clip(np.asarray(spread, np.float32), 0, 1)[..., None]
    glow = np.concatenate([np.full_like(alpha, 255), 255 * alpha**2, np.zeros_like(alpha)], axis=2)
    mixed = grey * (1 - _STRENGTH * alpha) + glow * (_STRENGTH * alpha)
    return Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8))


def strength(found: Array) -> Array:
    """Returns a map from 0, for the median of the places or less, to 1 for the strongest evidence, float32."""
    above = np.maximum(np.asarray(found, np.float32) - np.float32(np.median(found)), 0)
    most = float(above.max())
    return above / np.float32(most) if most > 0 else above
