"""A work folder: one subfolder a stage, reused when its inputs are unchanged, never taken as done when half written."""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tfl_lite_suite import __version__
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import UNFINISHED, make_folder, read_json, sha256, to_json, write_json
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Document, JsonObject

R = TypeVar("R", bound=Result)
RESULTS, _LOCK = "results.json", ".lock"
_AGAIN = "Remove the file to have the stage done again"
# Raised when stages keep other files than before, so that earlier ones count as not done.
_FORMAT = 2


@contextlib.contextmanager
def at_work(workdir: str | os.PathLike[str], model: str | None = None) -> Iterator[None]:
    """Keeps a work folder for this process until the block ends; however the process ends, the folder is free again.

    Args:
        workdir: The work folder; made if missing.
        model: A file that must be there before anything is made.

    Raises:
        SuiteError: If another process has it, or a work folder that it lies in, or the model is missing.
    """
    if model is not None and not os.path.exists(model):
        raise ArgumentError("model", f"no such file '{model}'")
    make_folder(workdir)
    with contextlib.ExitStack() as locks:
        _lock(locks, pathlib.Path(workdir), "a", fcntl.LOCK_EX)
        for above in pathlib.Path(os.path.realpath(workdir)).parents:
            if os.access(above / _LOCK, os.R_OK):
                _lock(locks, above, "r", fcntl.LOCK_SH)
        yield


def _lock(locks: contextlib.ExitStack, folder: pathlib.Path, mode: str, kind: int) -> None:
    lock = locks.enter_context(open(folder / _LOCK, mode))
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ArgumentError(
            "workdir", f"another run is using '{folder}'. Wait for it, stop it, or name another folder"
        ) from None


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeptStage(Result):
    """What the file of a stage's results holds.

    Attributes:
        key: Hash of everything that the results depend on.
        files: SHA-256 of the files that belong to them, by name.
        results: The results.
    """

    key: str
    files: Mapping[str, str]
    results: JsonObject


class Stage:
    """One stage's folder.

    Attributes:
        key: Hash of everything that the stage's results depend on.
    """

    def __init__(self, workdir: str | os.PathLike[str], name: str, inputs: Document) -> None:
        """Names the stage.

        Args:
            workdir: The work folder.
            name: The stage's name, and its subfolder's.
            inputs: What the results depend on: JSON-serialisable values, dataclasses and paths.
        """
        self._folder = pathlib.Path(workdir) / name
        text = json.dumps([__version__, _FORMAT, inputs], sort_keys=True, default=_plain)
        self.key = hashlib.sha256(text.encode()).hexdigest()

    @property
    def folder(self) -> pathlib.Path:
        """Where the stage writes its files; made if missing."""
        make_folder(self._folder)
        return self._folder

    def finished(self) -> JsonObject | None:
        """Returns the results, if this stage ended with the same inputs and its files are as it left them.

        Raises:
            SuiteError: If the file of the results is damaged.
        """
        path = self.results_file
        document = read_json(path)
        if document is None and not path.is_file():
            return None
        try:
            done = KeptStage.from_document(document, f"{path}: damaged")
        except SuiteError as error:
            raise SuiteError(f"{error}. {_AGAIN}") from None
        if done.key != self.key:
            return None
        for name, digest in done.files.items():
            file = self._folder / name
            if not file.is_file() or sha256(file) != digest:
                return None
        return dict(done.results)

    @property
    def results_file(self) -> pathlib.Path:
        """Where the results are kept."""
        return self._folder / RESULTS

    def kept(self, kind: type[R]) -> R | None:
        """Returns what `finished` returns, as a result.

        Raises:
            SuiteError: If the file of the results is damaged, or they are none of that kind.
        """
        done = self.finished()
        try:
            return None if done is None else kind.from_document(done, f"{self.results_file}: damaged: results")
        except SuiteError as error:
            raise SuiteError(f"{error}. {_AGAIN}") from None

    def finish(self, results: Document, files: Sequence[str] = ()) -> JsonObject:
        """Records the results and clears away what killed runs left; from now on the stage counts as done.

        Args:
            results: JSON-serialisable values.
            files: Names of files in the folder that belong to them.

        Returns:
            The results as they are kept, so that a later run tells the same.
        """
        digests = {name: sha256(self.folder / name) for name in files}
        kept = json.loads(to_json(results))
        write_json(self.results_file, {"key": self.key, "files": digests, "results": kept})
        for left in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        return dict(kept)


def _plain(value: object) -> Any:
    """Gives JSON what it lacks; anything else is refused, for its text might differ from process to process."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no fixed text to make a key of")


def kind_of(name: str) -> str:
    """Returns the kind of the step whose results are called `name`."""
    kind, _, number = name.rpartition("_")
    return kind if number.isdecimal() else name
