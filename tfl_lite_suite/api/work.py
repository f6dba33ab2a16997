"""The work folder of a network's steps."""

import collections
import os
import pathlib
import tempfile

from tfl_lite_suite.core.files import make_folder


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

    def name(self, step: str) -> str:
        """Returns the name of the next step of a kind: `train`, then `train_2`."""
        self._taken[step] += 1
        return step if self._taken[step] == 1 else f"{step}_{self._taken[step]}"
