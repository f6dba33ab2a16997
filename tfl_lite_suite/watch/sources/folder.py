"""A folder in which pictures arrive, such as that of a camera with FTP, or a shared one."""

import collections
import os
import sys
import time

from tfl_lite_suite.data.folder_walk import SUFFIXES, is_clutter
from tfl_lite_suite.watch.sources import Frame, Source

_POLL_SECONDS = 0.2
# A large tree is not looked through all the time.
_SCAN_SHARE = 5
# A file that did not change for so long is whole.
_WHOLE_SECONDS = 1.0

_Stamp = tuple[int, int]


class FolderSource(Source):
    """Gives every picture in a folder and below it once, the oldest first, and again when it changes."""

    def __init__(self, folder: str, *, existing: bool = True, once: bool = False) -> None:
        """Begins to look.

        Args:
            folder: The folder.
            existing: Whether pictures that are there already count.
            once: Whether to end when every picture was given.
        """
        self.name, self._once = folder, once
        self._ready: collections.deque[str] = collections.deque()
        self._given: dict[str, _Stamp] = {} if existing else self._stamps()
        self._growing: dict[str, _Stamp] = {}
        self._gone = False
        self._next_scan = 0.0

    def next(self, seconds: float) -> Frame | None:
        """Returns the next picture; see `Source.next`."""
        end = time.monotonic() + seconds
        while not self._ready:
            now = time.monotonic()
            if now >= self._next_scan:
                self._scan()
            elif now < end:
                time.sleep(min(self._next_scan, end) - now)
            if self.finished or not self._ready and now >= end:
                return None
        return Frame(self._ready.popleft(), time.time())

    def close(self) -> None:
        """Does nothing: no file is held open."""

    def _scan(self) -> None:
        begin = time.monotonic()
        found, now = self._stamps(), time.time()
        growing = {}
        for path in sorted(found, key=lambda path: (found[path][0], path)):
            stamp = found[path]
            if self._given.get(path) == stamp:
                continue
            # Of a file that is being written, size or time differ when it is looked at again.
            if self._growing.get(path) == stamp or 0 <= now - _WHOLE_SECONDS - stamp[0] / 1e9:
                self._given[path] = stamp
                self._ready.append(path)
            else:
                growing[path] = stamp
        if not self._gone:
            self._given = {path: stamp for path, stamp in self._given.items() if path in found}
        self._growing = growing
        self.finished = self._once and not growing and not self._ready
        took = time.monotonic() - begin
        self._next_scan = time.monotonic() + max(_POLL_SECONDS, _SCAN_SHARE * took)

    def _stamps(self) -> dict[str, _Stamp]:
        """Returns time of change and size of every picture."""
        found = {}
        self._note(not os.path.isdir(self.name))
        for folder, folders, names in os.walk(self.name):
            folders[:] = [name for name in folders if not is_clutter(name)]
            for name in names:
                if is_clutter(name) or not name.lower().endswith(SUFFIXES):
                    continue
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                found[path] = (status.st_mtime_ns, status.st_size)
        return found

    def _note(self, gone: bool) -> None:
        before, self._gone = getattr(self, "_gone", False), gone
        if gone and not before:
            self.outages += 1
            print(f"the folder '{self.name}' is gone; waiting for it", file=sys.stderr)
        elif before and not gone:
            print(f"the folder '{self.name}' is back", file=sys.stderr)
