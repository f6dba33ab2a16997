"""One line on stderr that says how far a long job is and how long it will take."""

import sys
import time
from typing import TextIO

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 10.0


class Progress:
    """Counts finished items and prints rate and time left, in place on a terminal, now and then in a log."""

    def __init__(self, what: str, total: int, stream: TextIO | None = None, quiet: bool = False) -> None:
        """Begins to count.

        Args:
            what: Names the job, such as `preparing pictures`.
            total: Number of items.
            stream: Where to print; stderr if absent.
            quiet: Print nothing.
        """
        self._what, self._total, self._quiet = what, total, quiet
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._begin = self._printed = time.monotonic()
        self._done = 0
        self._shown = False

    def add(self, count: int) -> None:
        """Counts items as finished."""
        self._done += count
        now = time.monotonic()
        if now - self._printed >= (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS):
            self._printed = now
            self._print(now)

    def close(self) -> None:
        """Prints the last state, if the job took long enough to have been shown at all."""
        if self._shown:
            self._print(time.monotonic())
            if self._terminal:
                print(file=self._stream, flush=True)

    def _print(self, now: float) -> None:
        if self._quiet:
            return
        self._shown = True
        rate = self._done / max(now - self._begin, 1e-9)
        left = (self._total - self._done) / rate if rate else float("inf")
        text = f"{self._what}: {self._done}/{self._total}, {rate:.0f}/s, {duration(left)} left"
        print(f"\r\x1b[K{text}" if self._terminal else text, end="" if self._terminal else "\n", file=self._stream)
        self._stream.flush()


def duration(seconds: float) -> str:
    """Returns a time for people, such as `1 h 05 min`."""
    if seconds == float("inf"):
        return "unknown time"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
