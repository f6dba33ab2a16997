"""Where frames come from: a camera, a stream, a video file, or a folder in which pictures arrive."""

import abc
import dataclasses
import os
import re
import urllib.parse
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument

if TYPE_CHECKING:
    from tfl_lite_suite.core.image import Picture

STREAMS = ("http", "https", "rtmp", "rtsp", "rtsps", "tcp", "udp")


@dataclasses.dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        picture: Its pixels, RGB `(height, width, 3)`, or the path of its file.
        time: Seconds since 1970.
        skipped: Frames left out since the one before.
    """

    picture: "Picture"
    time: float
    skipped: int = 0

    @property
    def path(self) -> str | None:
        """The file that it is, if it is one."""
        return self.picture if isinstance(self.picture, str) else None


class Source(abc.ABC):
    """Gives frames.

    Attributes:
        name: What it is called, without a password.
        outages: How often it was gone.
        finished: Whether there will never be another frame.
    """

    name: str
    outages: int = 0
    finished: bool = False

    @abc.abstractmethod
    def next(self, seconds: float) -> Frame | None:
        """Returns the next frame, or `None` if there is none within a time.

        Args:
            seconds: How long to wait at most.

        Raises:
            SuiteError: If the source hangs so that only a new process helps.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Lets go of it."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which source, and how.

    Attributes:
        source: What `--source` names.
        size: `(width, height)` to ask a camera for.
        existing: Whether pictures that are in the folder already are decided, too.
        once: Whether a folder ends when every picture in it is decided.
    """

    source: str
    size: tuple[int, int] = (640, 480)
    existing: bool = True
    once: bool = False

    def __post_init__(self) -> None:
        """Refuses what cannot be a source, before anything slow happens."""
        name, scheme = self.source, self._scheme
        if scheme and scheme not in STREAMS:
            raise unknown_argument("source", scheme, STREAMS, "kind of URL")
        if scheme or self._camera is not None or os.path.isdir(name):
            return
        from tfl_lite_suite.data.folder_walk import SUFFIXES

        if not os.path.exists(name):
            raise ArgumentError(
                "source", f"no such folder or video. Expected camera, a folder, a video or a URL. Received: '{name}'"
            )
        if name.lower().endswith(SUFFIXES):
            raise ArgumentError("source", f"'{name}' is a single picture. Name its folder, or use the verb predict")

    @property
    def folder(self) -> str | None:
        """The folder that is watched, if it is one."""
        return self.source if not self._scheme and self._camera is None and os.path.isdir(self.source) else None

    def open(self) -> Source:
        """Opens the source.

        Raises:
            SuiteError: If it is not there, or what reads it is not installed.
        """
        if self.folder is not None:
            from tfl_lite_suite.watch.sources.folder import FolderSource

            return FolderSource(self.folder, existing=self.existing, once=self.once)
        from tfl_lite_suite.watch.sources import camera, live, video

        which = self._camera
        if which is not None:
            return live.LiveSource(self.source, lambda: camera.open_camera(which, self.size))
        if self._scheme and not video.has_an_end(self.source):
            return live.LiveSource(without_password(self.source), lambda: video.open_stream(self.source))
        return video.VideoSource(self.source, without_password(self.source))

    @property
    def _scheme(self) -> str:
        found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", self.source)
        return found[1].lower() if found else ""

    @property
    def _camera(self) -> int | str | None:
        """Number of the camera, or path of its device; `None` for other sources."""
        found = re.fullmatch(r"camera(?::(\d{1,3}))?", self.source)
        if found:
            return int(found[1] or 0)
        return self.source if re.fullmatch(r"/dev/video\d{1,3}", self.source) else None


def size(argument: str, text: str) -> tuple[int, int]:
    """Parses `1280x720`, width and height."""
    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    if not found:
        raise ArgumentError(argument, f"expected WIDTHxHEIGHT, such as 1280x720. Received: '{text}'")
    return int(found[1]), int(found[2])


def without_password(url: str) -> str:
    """Returns a URL as it may be shown: user and password left out."""
    parts = urllib.parse.urlsplit(url)
    return url if "@" not in parts.netloc else parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
