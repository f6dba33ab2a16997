"""Files that are either whole or absent, and the JSON results of a stage."""

import contextlib
import errno
import hashlib
import json
import math
import os
import pathlib
import stat
import tempfile
from collections.abc import Iterator
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.terminal import printable_json

# How the folders begin in which files are written; one is left only by a process that was killed.
UNFINISHED = ".writing-"


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside `path`, and renames it to `path` when the block ends without an error.

    Args:
        path: The file to appear. Missing folders are made.

    Yields:
        A path with the same suffix, to be written; removed if the block fails.

    Raises:
        SuiteError: If `path` cannot be a file.
    """
    # Through symbolic links, as an ordinary write goes.
    target = pathlib.Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        raise SuiteError(f"cannot write '{path}': it is a {'folder' if os.path.isdir(target) else 'device'}")
    make_folder(target.parent)
    try:
        scratch = tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED)
    except OSError as error:
        raise _unwritable(path, error) from error
    with scratch as folder:
        temporary = pathlib.Path(folder) / target.name
        try:
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = error.filename or os.fspath(path)
            raise
        os.replace(temporary, target)


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")


def is_keras_file(path: str) -> bool:
    """Tells by its name whether a path is meant as a Keras model; a folder is, since a SavedModel is one."""
    return path.endswith(KERAS_SUFFIXES) or os.path.isdir(path)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text in UTF-8 whole or not at all; what UTF-8 lacks, such as half of a surrogate pair, is spelt out."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def make_folder(path: str | os.PathLike[str]) -> None:
    """Makes a folder and those above it, where they are missing.

    Raises:
        SuiteError: If a file is in the way, or the place may not be written.
    """
    try:
        pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise SuiteError(f"cannot make the folder '{path}': a file is in the way") from None
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str | os.PathLike[str], error: OSError) -> Exception:
    """Words why nothing can be made at `path`; a full disk is left to the command line, which has advice."""
    if error.errno is None or error.errno in (errno.ENOSPC, errno.EDQUOT):
        return error
    return SuiteError(f"cannot write '{path}': {os.strerror(error.errno)}")


def to_json(document: object, indent: int | None = None) -> str:
    """Returns a document as JSON; NaN and the infinities, which JSON lacks, become null. It steers no terminal.

    Args:
        document: Plain values and results: whatever has a method `document` is written as what that returns.
        indent: Spaces of indentation; one line if absent.
    """
    try:
        text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False, default=_document)
    except ValueError:
        text = json.dumps(_finite(document), indent=indent, ensure_ascii=False, allow_nan=False)
    return printable_json(text)


def _document(value: object) -> Any:
    if hasattr(value, "document"):
        return value.document()
    raise TypeError(f"{type(value).__name__} is no part of a JSON document")


def _finite(value: object) -> Any:
    if hasattr(value, "document"):
        value = value.document()
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path: str | os.PathLike[str], document: object) -> None:
    """Writes a JSON document whole or not at all."""
    # A name that is no UTF-8 holds lone surrogates; their backslash form is JSON's, too.
    write_text(path, to_json(document, indent=1) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Reads a JSON document; `None` where there is no such file.

    Raises:
        SuiteError: If the file is there and is not JSON.
    """
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except (RecursionError, ValueError) as error:
        cause = "nested too deeply" if isinstance(error, RecursionError) else error
        raise SuiteError(f"{path}: damaged, not JSON ({cause}). Remove the file to have it written again") from None


def read_bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """Reads a file whole; a pipe or a device is never waited for.

    Args:
        path: The file.
        most: Greatest number of bytes; a sparse file may claim any.

    Raises:
        SuiteError: If it is no regular file, or larger.
        OSError: If it cannot be read.
    """
    with open(path, "rb", opener=open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SuiteError(f"{path}: expected a file. Received: a folder, pipe or device")
        if status.st_size > most:
            raise SuiteError(f"{path}: {status.st_size:,} bytes; at most {most:,} are read")
        return file.read(most)


def open_without_waiting(path: str, flags: int) -> int:
    """Opens a named pipe too without waiting for its writer; an `opener` for `open`."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def sha256(path: str | os.PathLike[str]) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
