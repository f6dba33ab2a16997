"""A line of progress with the time left, on stderr."""

import contextlib
import shutil
import sys
import time

_CLEAR = "\r\x1b[K"


def duration(seconds: float) -> str:
    """Returns a time span as people read it, such as `2:05` or `1:02:05`."""
    whole = max(0, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    return f"{hours}:{minutes % 60:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


class Progress:
    """Reports how far a long job is: twice a second on a terminal, every half minute in a log file."""

    def __init__(self, title: str, total: int) -> None:
        """Starts the clock.

        Args:
            title: What is being done, such as `training`.
            total: Number of steps in the whole job.
        """
        self._title, self._total = title, max(total, 1)
        self._terminal = sys.stderr.isatty()
        self._interval = 0.5 if self._terminal else 30.0
        self._start = self._printed = time.monotonic()
        self._first: int | None = None

    def update(self, done: int, detail: str = "") -> None:
        """Prints the line if it is time to.

        Args:
            done: Steps finished so far.
            detail: What else to say, such as the loss.
        """
        now = time.monotonic()
        if self._first is None:
            self._first, self._start = done, now
        if now - self._printed < self._interval or done <= self._first:
            return
        self._printed = now
        left = (now - self._start) / (done - self._first) * (self._total - done)
        # A total is an estimate where a job goes on until it has enough.
        state = f"{min(100 * done // self._total, 100)} % {detail}".rstrip()
        self._write(f"{self._title}: {state}, {duration(left)} left" if left > 0 else f"{self._title}: {state}")

    def line(self, text: str) -> None:
        """Prints a line that stays."""
        self._write(text, stays=True)

    def _write(self, text: str, stays: bool = False) -> None:
        if self._terminal:
            _clear()
        # A line that wraps cannot be cleared.
        _print(f"{text}\n" if stays or not self._terminal else text[: shutil.get_terminal_size().columns - 1])

    def close(self) -> None:
        """Clears the line."""
        if self._terminal:
            _clear()


def _clear() -> None:
    """Clears the terminal's line."""
    with contextlib.suppress(OSError):
        getattr(sys.stderr, "steer", sys.stderr.write)(_CLEAR)


def _print(text: str) -> None:
    """Prints on stderr; a log that is full, or nobody reads, does not end the job."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
