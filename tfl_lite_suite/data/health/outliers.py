"""Pictures that differ from the rest of their set: blurred, blank, tiny, masks, of another shape or colour."""

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.health.looked import Looked

BLANK_CONTRAST = 4.0
# Twelve bits in sixteen leave 15 of 255. A few such pictures are lens caps; many are a format.
DIM, DIM_SHARE = 64, 0.1
TINY_SHARE, TINY_SIDE = 0.3, 16
MASK_SHARE = 0.97
# More than half of a set is no outlier: drawings and silhouettes are sets of their own kind.
USUAL = 0.5
_BLUR_SPREADS, _BLUR_FACTOR = 4.0, 1.7
_SIDEWAYS_SHARE, _SIDEWAYS_ASPECT = 0.9, 0.15
_CHUNK = 256


def blank(looked: Looked) -> Array:
    """Returns the places of pictures of one colour, or nearly so."""
    return np.setdiff1d(_readable(looked, looked.spread < BLANK_CONTRAST), dim(looked))


def dim(looked: Looked) -> Array:
    """Returns the places of pictures that use a small part of the range 0 to 255, where these are many."""
    found = _readable(looked, (looked.brightest < DIM) & (looked.spread >= BLANK_CONTRAST * DIM_SHARE))
    return found if len(found) > DIM_SHARE * len(looked.readable) else np.empty(0, np.int64)


def tiny(looked: Looked) -> Array:
    """Returns the places of pictures that are far smaller than the others."""
    side = looked.sizes.min(axis=1)
    usual = np.median(side[looked.readable]) if len(looked.readable) else 0
    return _readable(looked, (side < TINY_SHARE * usual) | (side < min(TINY_SIDE, usual)))


def masks(looked: Looked) -> Array:
    """Returns the places of pictures of a few flat colours, such as the masks of a segmentation."""
    flat = (looked.few_values >= MASK_SHARE) & ~np.isin(np.arange(len(looked.small)), [*blank(looked), *dim(looked)])
    return _unusual(looked, flat)


def sideways(looked: Looked) -> Array:
    """Returns the places of pictures that lie across where nearly all others stand, or the other way round."""
    height, width = np.maximum(looked.sizes, 1).T
    aspect = np.log(width / height)
    usual = float(np.median(aspect[looked.readable])) if len(looked.readable) else 0.0
    alike = np.abs(aspect - usual)[looked.readable] < abs(usual)
    if abs(usual) < _SIDEWAYS_ASPECT or alike.mean() < _SIDEWAYS_SHARE:
        return np.empty(0, np.int64)
    return _readable(looked, np.abs(aspect + usual) < _SIDEWAYS_ASPECT)


def blurred(looked: Looked) -> Array:
    """Returns the places of pictures with far less fine detail, for the contrast that they have, than the others."""
    detail = _by_chunks(looked.small, _detail)
    known = np.setdiff1d(looked.readable, np.union1d(blank(looked), masks(looked)))
    if len(known) < 10:
        return np.empty(0, np.int64)
    middle = float(np.median(detail[known]))
    spread = 1.4826 * float(np.median(np.abs(detail[known] - middle)))
    limit = middle - max(_BLUR_SPREADS * spread, np.log(_BLUR_FACTOR))
    found = known[detail[known] < limit]
    return found[np.argsort(detail[found], kind="stable")]


def colours(looked: Looked) -> Array:
    """Returns the places of grey pictures among coloured ones, or of coloured ones among grey; the fewer of the two."""
    grey = _by_chunks(looked.small, lambda small: _saturation(small).reshape(len(small), -1).max(axis=1) <= 8)
    return _unusual(looked, grey if grey[looked.readable].mean() <= USUAL else ~grey)


def _detail(small: Array) -> Array:
    """Returns the logarithm of how strong second differences are beside first ones."""
    grey = np.add(small[..., 0], small[..., 1], dtype=np.float32)
    grey = (grey + small[..., 2]) / 3
    energy = [sum((np.diff(grey, n=order, axis=axis) ** 2).mean(axis=(1, 2)) for axis in (1, 2)) for order in (1, 2)]
    return 0.5 * np.log((energy[1] + 1e-2) / (energy[0] + 1e-1))


def _saturation(small: Array) -> Array:
    """Returns how far apart the channels of each pixel are."""
    red, green, blue = np.moveaxis(small, 3, 0)
    return np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)


def _by_chunks(small: Array, function) -> Array:  # type: ignore[no-untyped-def]
    return np.concatenate([function(small[begin : begin + _CHUNK]) for begin in range(0, len(small), _CHUNK)])


def _readable(looked: Looked, chosen: Array) -> Array:
    return np.flatnonzero(chosen & (looked.sizes[:, 0] > 0))


def _unusual(looked: Looked, chosen: Array) -> Array:
    """Returns the places chosen, unless they are most of the set."""
    found = _readable(looked, chosen)
    return found if len(found) <= USUAL * max(len(looked.readable), 1) else np.empty(0, np.int64)
