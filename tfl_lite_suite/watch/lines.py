"""Lines on stdout, each written at once; a full disk loses lines and does not end the process."""

import os


class Lines:
    """Writes lines to a file descriptor.

    Attributes:
        unwritten: Lines that could not be written whole.
        closed: Whether the reader has gone away.
    """

    def __init__(self, descriptor: int) -> None:
        """Takes an open descriptor."""
        self._descriptor, self._broken = descriptor, False
        self.unwritten, self.closed = 0, False

    def write(self, line: str) -> None:
        """Writes a line, or counts it as unwritten."""
        if self.closed:
            self.unwritten += 1
            return
        # A line of which only a part was written ends here, so that the next one begins by itself.
        content = ("\n" * self._broken + line + "\n").encode("utf-8", "backslashreplace")
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self._broken = False
        except BrokenPipeError:
            self.closed = True
            self.unwritten += 1
        except OSError:
            self._broken = self._broken or len(rest) < len(content)
            self.unwritten += 1
