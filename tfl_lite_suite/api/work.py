"""The work folder of a network's steps."""

import collections
import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterator

from tfl_lite_suite.core.files import make_folder
from tfl_lite_suite.core.work_folder import at_work


class Work:
    """A work folder, and the names of the steps taken in it.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, workdir: str | os.PathLike[str] | None) -> None:
        """Makes the folder if it is missing.

        Args:
            workdir: The folder; a temporary one, removed with this object, if absent.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="tfl_lite_suite-") if workdir is None else None
        self.folder = pathlib.Path(self._temporary.name if self._temporary else str(workdir))
        self._taken: collections.Counter[str] = collections.Counter()
        make_folder(self.folder)

    @contextlib.contextmanager
    def step(self, kind: str) -> Iterator[str]:
        """Gives the name of the next step of a kind: `train`, then `train_2`.

        A step that fails or is interrupted leaves its name to the next try, which goes on from where it was. While it
        lasts, the folder is this process's alone.

        Raises:
            SuiteError: If another process is at work in the folder.
        """
        count = self._taken[kind] + 1
        with at_work(self.folder):
            yield kind if count == 1 else f"{kind}_{count}"
        self._taken[kind] = count
