"""Walks through folders of pictures: what is a class, what is a picture, and what is left out and why."""

import dataclasses
import os
import pathlib
import stat
import unicodedata
from collections import defaultdict

from tfl_lite_suite.core.errors import SuiteError

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".gif", ".heic", ".heif", ".avif")
_CLUTTER = {"thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"}
_NAMED = 5


@dataclasses.dataclass
class LeftOut:
    """What was found in a folder and is no picture.

    Attributes:
        names: Relative paths, by the reason.
    """

    names: dict[str, list[str]] = dataclasses.field(default_factory=lambda: defaultdict(list))

    def add(self, reason: str, name: str) -> None:
        """Notes one entry."""
        self.names[reason].append(name)

    def notes(self) -> tuple[str, ...]:
        """Returns a sentence for each reason, with the number and the first names."""
        return tuple(
            f"{len(names)} files are {reason} and were left out: "
            + ", ".join(sorted(names)[:_NAMED])
            + (", …" if len(names) > _NAMED else "")
            for reason, names in sorted(self.names.items())
        )


def is_clutter(name: str) -> bool:
    """Whether systems make such entries by themselves."""
    return name.startswith(".") or name.lower() in _CLUTTER


def checked_name(name: str, where: object) -> str:
    """Returns a class name in Unicode's composed form, in which equal names are equal.

    Args:
        name: As it was found.
        where: The folder or file, for the message.

    Raises:
        SuiteError: If it cannot stand in a file of labels: not UTF-8, or with control characters.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise SuiteError(f"data.source: the class name {os.fsencode(name)!r} in '{where}' is not UTF-8. Rename it")
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        raise SuiteError(f"data.source: the class name {name!r} in '{where}' holds a control character. Rename it")
    return unicodedata.normalize("NFC", name)


def class_folders(top: pathlib.Path) -> dict[str, str]:
    """Returns the folders below one, by the names of their classes, sorted by name.

    Raises:
        SuiteError: If a name cannot be a label, or two folders mean the same class.
    """
    found: dict[str, str] = {}
    for folder in subfolders(top):
        name = checked_name(folder, top)
        if name in found:
            raise SuiteError(
                f"data.source: two folders in '{top}' have the name '{name}', written in two Unicode forms "
                f"({ascii(found[name])} and {ascii(folder)}). Put their pictures into one"
            )
        found[name] = folder
    return dict(sorted(found.items()))


def subfolders(folder: pathlib.Path) -> list[str]:
    """Returns the names of the folders in a folder, clutter left out."""
    return [name for name in sorted(os.listdir(folder)) if not is_clutter(name) and (folder / name).is_dir()]


def pictures(folder: pathlib.Path, root: pathlib.Path, left_out: LeftOut) -> list[tuple[str, str]]:
    """Returns path and stamp (size and time of change) of every picture in a folder or below it.

    Args:
        folder: Where to look.
        root: What the names in `left_out` are relative to.
        left_out: Told what is no picture.
    """
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    waiting = [os.fspath(folder)]
    while waiting:
        current = waiting.pop()
        # A link to a folder above would never end: every real folder is entered once.
        real = os.path.realpath(current)
        if real in seen:
            continue
        seen.add(real)
        for name in sorted(os.listdir(current)):
            path = os.path.join(current, name)
            reason, status = _kind(path, name)
            if reason:
                left_out.add(reason, os.path.relpath(path, root))
            elif status is None:
                waiting.append(path)
            else:
                found.append((path, f"{status.st_size} {status.st_mtime_ns}"))
    return found


def others(folder: pathlib.Path, root: pathlib.Path, left_out: LeftOut) -> None:
    """Notes what lies beside the folders of the classes."""
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if is_clutter(name) or not path.is_dir():
            reason, status = _kind(os.fspath(path), name)
            left_out.add(reason or "in no class folder", os.path.relpath(path, root))


def _kind(path: str, name: str) -> tuple[str, os.stat_result | None]:
    """Returns why an entry is left out, or an empty text: with its status for a picture, without for a folder."""
    if is_clutter(name):
        return "hidden or made by a system", None
    try:
        status = os.stat(path)
    except OSError:
        return "links that lead nowhere" if os.path.islink(path) else "not to be reached", None
    if stat.S_ISDIR(status.st_mode):
        return "", None
    if not stat.S_ISREG(status.st_mode):
        return "pipes, sockets or devices", None
    return ("", status) if name.lower().endswith(SUFFIXES) else ("no pictures by their names", None)
