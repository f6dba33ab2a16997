"""Saves the frames that are worth labelling, in folders that `data`, `run` and `evaluate --unknown` read."""

import collections
import io
import os
import pathlib
import shutil
import sys
import time
import urllib.parse
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tfl_lite_suite.core import files
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import folder_walk
from tfl_lite_suite.predict.result import Prediction
from tfl_lite_suite.watch import REASONS, UNCERTAIN, UNKNOWN
from tfl_lite_suite.watch.sources import Frame

# Why a frame was not saved.
LIMIT, ALIKE, NO_SPACE, FAILED = "limit", "alike", "no space", "not written"
# A card that is full to the last byte is of no use to anybody.
_LEAST_FREE_BYTES = 100 << 20
_THUMBNAIL = 8
_LEAST_DIFFERENCE = 3.0


class Keeper:
    """Saves frames below `FOLDER/uncertain/CLASS/` and `FOLDER/unknown/`.

    Attributes:
        kept: Frames saved by this process.
        not_kept: Frames worth labelling that were not saved, by reason.
    """

    def __init__(self, folder: str, reasons: Sequence[str], limit: int, certain: float) -> None:
        """Counts what earlier runs left in the folder.

        Args:
            folder: Where to save; made when the first frame is.
            reasons: Of `REASONS`.
            limit: Greatest number of pictures in the folder.
            certain: A frame is uncertain whose answer has less than this probability.

        Raises:
            SuiteError: If the folder cannot be written.
        """
        self._folder, self._reasons, self._limit, self._certain = pathlib.Path(folder), reasons, limit, certain
        files.make_folder(folder)
        self.kept, self.not_kept = 0, collections.Counter[str]()
        self._pictures = sum(
            len(folder_walk.pictures(place, place, folder_walk.LeftOut()))
            for place in (self._folder / reason for reason in REASONS)
            if place.is_dir()
        )
        self._thumbnails: list[Array] = []
        self._complained = False

    def offer(self, frame: Frame, tensor: Array, found: Prediction, multi: bool) -> str | None:
        """Saves a frame if it is worth labelling.

        Args:
            frame: The frame.
            tensor: What the model got of it, `(height, width, channels)`.
            found: What this frame alone is answered, with all classes ranked.
            multi: Whether each class is answered by itself.

        Returns:
            Where it was saved; `None` if it was not.
        """
        reason = self._reason(found, multi)
        if reason is None:
            return None
        thumbnail = _thumbnail(tensor)
        refused = self._refused(thumbnail)
        if not refused:
            place = self._folder / reason
            if reason == UNCERTAIN:
                place /= folder_name(found.ranked[0].label)
            try:
                path = _save(frame, place, f"{_stamp(frame.time)}_{self.kept:06d}")
            except (OSError, SuiteError) as error:
                self._complain(error)
                refused = FAILED
        if refused:
            self.not_kept[refused] += 1
            return None
        self._thumbnails.append(thumbnail)
        self._pictures += 1
        self.kept += 1
        return path

    def _reason(self, found: Prediction, multi: bool) -> str | None:
        if found.rejected and UNKNOWN in self._reasons:
            return UNKNOWN
        doubtful = is_uncertain([item.probability for item in found.ranked], multi, self._certain)
        return UNCERTAIN if doubtful and not found.rejected and UNCERTAIN in self._reasons else None

    def _refused(self, thumbnail: Array) -> str:
        if self._pictures >= self._limit:
            return LIMIT
        if self._thumbnails:
            differences = np.abs(np.stack(self._thumbnails).astype(np.int16) - thumbnail).mean(axis=(1, 2, 3))
            if differences.min() < _LEAST_DIFFERENCE:
                return ALIKE
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            self._complain(error)
            return FAILED
        return NO_SPACE if free < _LEAST_FREE_BYTES else ""

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            print(f"a frame could not be saved for labelling: {error}. Watching goes on", file=sys.stderr)
        self._complained = True


def is_uncertain(probabilities: Sequence[float], multi: bool, certain: float) -> bool:
    """Whether an answer has less than a probability.

    Args:
        probabilities: Of every class, the greatest first.
        multi: Whether each class is answered by itself; then each must be surely there or surely not.
        certain: The least probability of a certain answer.
    """
    if multi:
        return any(max(probability, 1 - probability) < certain for probability in probabilities)
    return probabilities[0] < certain


def folder_name(label: str) -> str:
    """Returns a class's name as a folder's: itself, unless it could lead elsewhere or be overlooked."""
    plain = label not in ("", ".", "..") and "/" not in label and "\0" not in label
    if plain and not folder_walk.is_clutter(label):
        return label
    quoted = urllib.parse.quote(label, safe="")
    return quoted.replace(".", "%2E", 1) if quoted.startswith(".") else quoted or "%"


def _stamp(seconds: float) -> str:
    """Returns a time as part of a file's name, to the millisecond, UTC."""
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds)) + f"{int(1000 * seconds) % 1000:03d}Z"


def _thumbnail(tensor: Array) -> Array:
    """Returns a picture at 8x8 pixels, in which noise averages out."""
    channels = [
        np.asarray(Image.fromarray(channel).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX))
        for channel in np.moveaxis(tensor, 2, 0)
    ]
    return np.stack(channels, axis=2).astype(np.int16)


def _save(frame: Frame, folder: pathlib.Path, name: str) -> str:
    """Saves a frame: a picture's own file, else a PNG, so that nothing is lost."""
    if isinstance(frame.picture, str):
        path = folder / f"{name}{os.path.splitext(frame.picture)[1].lower()}"
        with open(frame.picture, "rb") as file:
            content = file.read()
    else:
        path, buffer = folder / f"{name}.png", io.BytesIO()
        Image.fromarray(np.asarray(frame.picture)).save(buffer, "PNG", compress_level=1)
        content = buffer.getvalue()
    files.write_bytes(path, content)
    return str(path)
