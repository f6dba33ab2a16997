"""Folders of pictures: one subfolder a class, optionally inside ready-made train, validation and test folders."""

import hashlib
import os
import pathlib

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data.samples import Listing

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".gif", ".heic", ".heif", ".avif")
_CLUTTER = {"thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"}


def listing(folder: str | os.PathLike[str]) -> Listing:
    """Lists the pictures of a folder.

    A class is a subfolder; its pictures may lie in folders below it. A file counts as a picture by the suffix of its
    name; whether it is one is told when it is decoded. Hidden files and other clutter are left out and counted.

    Args:
        folder: Holds one subfolder a class, or `train` (and `val`, `validation`, `test`) folders which do.

    Returns:
        The pictures, sorted by relative path; classes sorted by name.

    Raises:
        SuiteError: If the folder is missing, has no subfolders, or a class holds no picture.
    """
    root = pathlib.Path(folder)
    try:
        below = _subfolders(root)
    except OSError as error:
        raise SuiteError(f"data.source: cannot read the folder '{root}': {error.strerror}") from None
    if not below:
        raise SuiteError(f"data.source: '{root}' has no subfolders; expected one a class, named as the class")
    made = _ready_made(below)
    tops = {made[name]: root / name for name in below} if made else {"": root}
    found: list[tuple[str, str, str, str]] = []
    clutter = 0
    class_names = _class_names(tops)
    for part, top in tops.items():
        for name in _subfolders(top):
            pictures, others = pictures_below(top / name)
            clutter += others
            if not pictures and part in ("", "train"):
                raise SuiteError(
                    f"data.source: class '{name}' has no picture in '{top / name}' (looked for {', '.join(SUFFIXES)})"
                )
            for path, stamp in pictures:
                found.append((os.path.relpath(path, root).replace(os.sep, "/"), part, name, stamp))
        clutter += len(_entries(top)) - len(_subfolders(top))
    found.sort()
    index = {name: place for place, name in enumerate(class_names)}
    digest = hashlib.sha256(repr([(key, stamp) for key, _, _, stamp in found]).encode("utf-8", "surrogateescape"))
    keys = tuple(key for key, _, _, _ in found)
    return Listing(
        source=os.fspath(folder),
        class_names=class_names,
        keys=keys,
        labels=np.array([index[name] for _, _, name, _ in found], np.int64),
        parts=tuple(part for _, part, _, _ in found),
        fingerprint=f"{root.resolve()} {digest.hexdigest()}",
        read=lambda place: read_picture(root / keys[place]),
        notes=(f"{clutter} files are no pictures by their names and were left out",) if clutter else (),
    )


def has_classes(folder: pathlib.Path) -> bool:
    """Whether a folder has two subfolders that could be classes."""
    return len(_subfolders(folder)) > 1


def _ready_made(names: list[str]) -> dict[str, str]:
    """Maps folder names to splits, if the folders are named as splits."""
    made = {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}
    if len(set(made.values())) < len(made):
        raise SuiteError(f"data.source: two folders mean the same split: {', '.join(made)}; keep one")
    if len(made) < len(names):
        strange = next(name for name in names if name not in made)
        if len(made) > 1 and "train" in made.values():
            raise SuiteError(
                f"data.source: '{strange}' stands beside {', '.join(made)}: a split or a class? Move it away"
            )
        return {}
    return made


def _class_names(tops: dict[str, pathlib.Path]) -> tuple[str, ...]:
    """The classes, which are those of the training split; another split may lack some, and must not add any."""
    first = tops.get("train") or next(iter(tops.values()))
    names = tuple(_subfolders(first))
    if not names:
        raise SuiteError(f"data.source: '{first}' has no subfolders; expected one a class, named as the class")
    for top in tops.values():
        strange = sorted(set(_subfolders(top)) - set(names))
        if strange:
            raise SuiteError(f"data.source: class '{strange[0]}' is in '{top}' and not in '{first}'")
    return names


def unlabelled(folder: str | os.PathLike[str]) -> Listing:
    """Lists all pictures below a folder as pictures of none of the classes: labels −1.

    Raises:
        SuiteError: If the folder is missing or holds no picture.
    """
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise SuiteError(f"data.unknown: no such folder '{root}'")
    found = sorted((os.path.relpath(path, root).replace(os.sep, "/"), stamp) for path, stamp in pictures_below(root)[0])
    if not found:
        raise SuiteError(f"data.unknown: no picture in '{root}' or below (looked for {', '.join(SUFFIXES)})")
    keys = tuple(key for key, _ in found)
    digest = hashlib.sha256(repr(found).encode("utf-8", "surrogateescape"))
    return Listing(
        source=os.fspath(folder),
        class_names=(),
        keys=keys,
        labels=np.full(len(keys), -1, np.int64),
        parts=("",) * len(keys),
        fingerprint=f"{root.resolve()} {digest.hexdigest()}",
        read=lambda place: read_picture(root / keys[place]),
    )


def _entries(folder: pathlib.Path) -> list[str]:
    return sorted(os.listdir(folder))


def _subfolders(folder: pathlib.Path) -> list[str]:
    return [name for name in _entries(folder) if not _is_clutter(name) and (folder / name).is_dir()]


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _CLUTTER


def pictures_below(folder: str | os.PathLike[str]) -> tuple[list[tuple[str, str]], int]:
    """Returns path and stamp (size and time of change) of every picture below a folder, and the number of others."""
    pictures: list[tuple[str, str]] = []
    others = 0
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
            if _is_clutter(name):
                others += 1
            elif os.path.isdir(path):
                waiting.append(path)
            elif name.lower().endswith(SUFFIXES) and os.path.isfile(path):
                status = os.stat(path)
                pictures.append((path, f"{status.st_size} {status.st_mtime_ns}"))
            else:
                others += 1
    return pictures, others


def read_picture(path: pathlib.Path) -> bytes:
    """Returns a picture's encoded bytes.

    Raises:
        SuiteError: If the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: cannot read the picture: {error.strerror}") from None
