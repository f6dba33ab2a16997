"""Streams and video files, read by OpenCV."""

import functools
import os
import sys
import time

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.types import ForeignObject
from tfl_lite_suite.watch.sources import Frame, Source, without_password
from tfl_lite_suite.watch.sources.live import Reader

_TIMEOUT_MS = 10_000
# The number of frames that a file claims is an estimate.
_LEAST_SHARE = 0.9


@functools.cache
def opencv() -> ForeignObject:
    """Returns the module `cv2`, told to keep its own messages to itself.

    Raises:
        SuiteError: If it is not installed.
    """
    # The first is read when OpenCV is imported, which somebody else may have done.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        import cv2
    except ImportError as error:
        raise ArgumentError(
            "source", f"videos and cameras need OpenCV ({error}). Install it with: pip install 'tfl-lite-suite[watch]'"
        ) from error
    if hasattr(cv2, "setLogLevel"):  # OpenCV 4.
        cv2.setLogLevel(0)
    return cv2


class OpencvReader(Reader):
    """A camera or stream in OpenCV."""

    def __init__(self, capture: ForeignObject) -> None:
        """Takes an opened `cv2.VideoCapture`."""
        self._capture = capture

    def read(self) -> np.ndarray | None:
        """Returns the next frame; see `Reader.read`."""
        found, pixels = self._capture.read()
        return np.ascontiguousarray(_three_channels(pixels)[:, :, ::-1]) if found else None

    def close(self) -> None:
        """Lets go of it."""
        self._capture.release()


def open_stream(url: str) -> OpencvReader:
    """Opens a stream; raises `SuiteError` if it does not answer within ten seconds."""
    return OpencvReader(_captured(url, f"'{without_password(url)}' does not answer as a video stream"))


def has_an_end(url: str) -> bool:
    """Whether a URL is a file, which tells how many frames it has."""
    if not url.lower().startswith(("http://", "https://")):
        return False
    capture = _captured(url, f"'{without_password(url)}' does not answer as a video stream")
    try:
        return bool(capture.get(opencv().CAP_PROP_FRAME_COUNT) > 0)
    finally:
        capture.release()


class VideoSource(Source):
    """Gives every frame of a video, as fast as they are decided."""

    def __init__(self, path: str, name: str) -> None:
        """Opens a video.

        Args:
            path: Its file or URL.
            name: What it is called.

        Raises:
            SuiteError: If it is no video.
        """
        self.name = name
        capture = _captured(path, f"'{name}' is not a video that OpenCV reads")
        self._claimed = capture.get(opencv().CAP_PROP_FRAME_COUNT)
        self._given = 0
        self._reader = OpencvReader(capture)

    def next(self, seconds: float) -> Frame | None:
        """Returns the next frame at once; see `Source.next`."""
        pixels = self._reader.read()
        if pixels is not None:
            self._given += 1
            return Frame(pixels, time.time())
        self.finished = True
        if not self._given:
            raise ArgumentError("source", f"'{self.name}' has no frame that can be decoded")
        if self._given < _LEAST_SHARE * self._claimed:
            print(f"{self.name}: ended after {self._given} of about {self._claimed:.0f} frames", file=sys.stderr)
        return None

    def close(self) -> None:
        """Closes the file."""
        self._reader.close()


def _captured(path: str, complaint: str) -> ForeignObject:
    cv2 = opencv()
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise ArgumentError("source", complaint)
    return capture


def _three_channels(pixels: np.ndarray) -> np.ndarray:
    """Returns BGR; grey videos may come with one channel."""
    return (
        pixels if pixels.ndim == 3 and pixels.shape[2] == 3 else np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, 2)
    )
