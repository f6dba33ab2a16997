"""The one place that says what was found about the data, whatever verb opened it."""

import sys
from collections.abc import Iterable

import numpy as np

from tfl_lite_suite.data.samples import Split

_JUDGED = 256
_DIM = 64


def tell(notes: Iterable[str]) -> None:
    """Prints notes about the data, one a line, on stderr."""
    for note in notes:
        print(note, file=sys.stderr)


def brightness_note(split: Split) -> list[str]:
    """Returns a warning where the pictures use a small part of the range 0 to 255.

    Twelve-bit cameras save their values in 16-bit files as they are: the brightest possible pixel is then 15 of 255.

    Args:
        split: Prepared pictures; some of them are looked at.
    """
    if not len(split):
        return []
    brightest = int(split.images(np.unique(np.linspace(0, len(split) - 1, _JUDGED, dtype=np.int64))).max())
    if brightest >= _DIM:
        return []
    return [
        f"warning: the brightest pixel is {brightest} of 255: pictures of 12 bits in files of 16, or normalised once "
        "already? Save them with the full range, or set data.contrast: stretch"
    ]
