"""Cameras and streams: a thread reads them, the newest frame counts, and they are opened again when they fail."""

import abc
import sys
import threading
import time
from collections.abc import Callable

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.watch.sources import Frame, Source

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
# Drivers and streams have timeouts of their own, which are shorter.
_STUCK_SECONDS = 120.0


class Reader(abc.ABC):
    """An opened camera or stream."""

    @abc.abstractmethod
    def read(self) -> Array | None:
        """Waits for the next frame, RGB `(height, width, 3)`, uint8; `None` where the camera is gone."""

    @abc.abstractmethod
    def close(self) -> None:
        """Lets go of it."""


class LiveSource(Source):
    """Gives the newest frame of a camera; those that were not fetched in time are skipped and counted."""

    def __init__(self, name: str, open_reader: Callable[[], Reader], pause: float = _FIRST_PAUSE) -> None:
        """Opens the camera; only later failures are waited out.

        Args:
            name: What it is called.
            open_reader: Opens it.
            pause: Seconds before the first attempt to open it again; each further pause is twice as long.

        Raises:
            SuiteError: If it cannot be opened.
        """
        self.name, self._open, self._pause = name, open_reader, pause
        self._newest: Frame | None = None
        self._skipped = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._at_work_since = time.monotonic()
        self._thread = threading.Thread(target=self._read_on, args=(open_reader(),), name="camera", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> Frame | None:
        """Returns the newest frame; see `Source.next`."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, seconds)
            frame, self._newest = self._newest, None
            if frame is not None:
                self._skipped = 0
                return frame
        stuck = time.monotonic() - self._at_work_since
        if stuck > _STUCK_SECONDS:
            raise SuiteError(
                f"{self.name}: its driver has not answered for {stuck:.0f} s. Start again; the systemd unit does"
            )
        return None

    def close(self) -> None:
        """Ends the thread; one that hangs in a driver ends with the process."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _read_on(self, reader: Reader | None) -> None:
        while reader is not None:
            try:
                self._read_while_there(reader)
            finally:
                reader.close()
            if self._closing.is_set():
                return
            self.outages += 1
            print(f"{self.name}: no more pictures; trying to open it again", file=sys.stderr)
            reader = self._opened_again()

    def _read_while_there(self, reader: Reader) -> None:
        while not self._closing.is_set():
            self._at_work_since = time.monotonic()
            pixels = reader.read()
            if pixels is None:
                return
            with self._changed:
                self._skipped += self._newest is not None
                self._newest = Frame(pixels, time.time(), self._skipped)
                self._changed.notify()

    def _opened_again(self) -> Reader | None:
        """Returns the camera once it is back; `None` where watching ends before."""
        pause = self._pause
        while not self._closing.wait(pause):
            self._at_work_since = time.monotonic()
            try:
                reader = self._open()
            except SuiteError:
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            print(f"{self.name}: back", file=sys.stderr)
            return reader
        return None
