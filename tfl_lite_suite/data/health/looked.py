"""A quick look at every picture of a source: a small copy of it, and what its file says."""

import dataclasses
import functools
import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.image import decode
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.samples import Listing

SIDE = 96
_CHUNK = 64
_ORIENTATION_TAG = 0x0112
# Values of a mask are a few; those of a photograph are spread, even of a plain one.
_LEVELS = 32
_MASK_VALUES = 4


@dataclasses.dataclass(frozen=True)
class Looked:
    """What was seen of n pictures.

    Attributes:
        small: The pictures squeezed to a square, uint8 `(n, SIDE, SIDE, 3)`; black for an unreadable one.
        sizes: Height and width as shown, int64 `(n, 2)`; 0 for an unreadable picture.
        digests: SHA-256 of the file, or of the pixels where there is none.
        turned: Whether EXIF turns the picture, `(n,)`.
        few_values: Share of the pixels that have one of the four commonest colours, float32 `(n,)`.
        problems: Message for each unreadable picture, by its place.
    """

    small: Array
    sizes: Array
    digests: tuple[str, ...]
    turned: Array
    few_values: Array
    problems: dict[int, str]

    @property
    def readable(self) -> Array:
        """Places of the readable pictures, int64, ascending."""
        return np.flatnonzero(self.sizes[:, 0] > 0)

    @functools.cached_property
    def spread(self) -> Array:
        """Standard deviation of the colour that varies most, of every other row and column, float32 `(n,)`."""
        found = np.empty(len(self.small), np.float32)
        for begin in range(0, len(found), _CHUNK):
            part = self.small[begin : begin + _CHUNK, ::2, ::2].astype(np.float32)
            found[begin : begin + _CHUNK] = part.std(axis=(1, 2)).max(axis=1)
        return found

    @functools.cached_property
    def brightest(self) -> Array:
        """The greatest value of each picture, uint8 `(n,)`."""
        return self.small.reshape(len(self.small), -1).max(axis=1)


def look(listing: Listing, progress: bool = True) -> Looked:
    """Looks at every picture of a listing, on all cores."""
    count = len(listing)
    small = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    sizes, turned, few = np.zeros((count, 2), np.int64), np.zeros(count, bool), np.zeros(count, np.float32)
    digests, problems = [""] * count, {}

    def work(begin: int) -> int:
        rows = range(begin, min(begin + _CHUNK, count))
        for row in rows:
            try:
                found = listing.read(row)
                data = found if isinstance(found, bytes) else found.tobytes()
                digests[row] = hashlib.sha256(data).hexdigest()
                pixels, sizes[row], turned[row] = _pixels(found, f"{listing.source}/{listing.keys[row]}")
            except SuiteError as error:
                problems[row] = str(error)
                continue
            small[row] = _squeezed(pixels)
            few[row] = _few_values(pixels)
        return len(rows)

    _on_all_cores(work, count, progress)
    return Looked(small, sizes, tuple(digests), turned, few, problems)


def _on_all_cores(work: Callable[[int], int], count: int, progress: bool) -> None:
    shown, done = Progress("looking at pictures", count), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for finished in pool.map(work, range(0, count, _CHUNK)):
                done += finished
                if progress:
                    shown.update(done, f"of {count}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            shown.close()


def _pixels(found: bytes | Array, name: str) -> tuple[Array, tuple[int, int], bool]:
    """Returns RGB pixels, at least about twice `SIDE` where there are so many, the size in full, and whether turned."""
    if not isinstance(found, bytes):
        return np.repeat(found, 3, axis=2) if found.shape[2] == 1 else found, (found.shape[0], found.shape[1]), False
    pixels = decode(found, 3, name, least_side=2 * SIDE)
    try:
        with Image.open(io.BytesIO(found)) as image:
            width, height = image.size
            orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:
        # What decodes, but has a header that Pillow cannot read alone: the size is that of the pixels.
        return pixels, (pixels.shape[0], pixels.shape[1]), False
    sideways = (height > width) != (pixels.shape[0] > pixels.shape[1])
    return pixels, (width, height) if sideways else (height, width), orientation not in (0, 1)


def _squeezed(pixels: Array) -> Array:
    shrinks = min(pixels.shape[:2]) >= SIDE
    way = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), way))


def _few_values(pixels: Array) -> float:
    """Returns the share of pixels with the commonest colours; the pixels are taken as they are, not blended."""
    steps = [max(1, side // SIDE) for side in pixels.shape[:2]]
    coarse = pixels[:: steps[0], :: steps[1]] // (256 // _LEVELS)
    codes = coarse @ np.array([_LEVELS * _LEVELS, _LEVELS, 1])
    counts = np.bincount(codes.ravel())
    return float(np.sort(counts[counts > 0])[-_MASK_VALUES:].sum() / codes.size)
