"""Folders of pictures: one subfolder for each class, optionally inside train, validation and test folders."""

import hashlib
import os
import pathlib

import numpy as np

from tfl_lite_suite.core import files
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.picture_bytes import MAX_FILE_BYTES
from tfl_lite_suite.data.folder_walk import SUFFIXES, LeftOut, class_folders, others, pictures, subfolders
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


def listing(folder: str | os.PathLike[str]) -> Listing:
    """Lists the pictures of a folder.

    A class is a subfolder; its pictures may lie in folders below it. A file counts as a picture by the suffix of its
    name; whether it is one is told when it is decoded. What else lies there is left out, counted and named.

    Args:
        folder: Holds one subfolder for each class, or `train` (and `val`, `validation`, `test`) folders which do.

    Returns:
        The pictures, sorted by relative path; classes sorted by name.

    Raises:
        SuiteError: If the folder is missing, has no subfolders, or a class holds no picture.
    """
    root = pathlib.Path(folder)
    try:
        below = subfolders(root)
    except OSError as error:
        raise SuiteError(f"data.source: cannot read the folder '{root}': {error.strerror}") from None
    if not below:
        raise SuiteError(f"data.source: '{root}' has no subfolders; expected one for each class, named as the class")
    made = _ready_made(below)
    tops = {made[name]: root / name for name in below} if made else {"": root}
    found: list[tuple[str, str, str, str]] = []
    left_out = LeftOut()
    class_names = _class_names(tops)
    for part, top in tops.items():
        for name, below_top in class_folders(top).items():
            own = pictures(top / below_top, root, left_out)
            if not own and part in ("", "train"):
                raise SuiteError(
                    f"data.source: class '{name}' has no picture in '{top / below_top}' "
                    f"(looked for {', '.join(SUFFIXES)})"
                )
            for path, stamp in own:
                found.append((os.path.relpath(path, root).replace(os.sep, "/"), part, name, stamp))
        others(top, root, left_out)
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
        notes=left_out.notes(),
    )


def has_classes(folder: pathlib.Path) -> bool:
    """Whether a folder has two subfolders that could be classes."""
    return len(subfolders(folder)) > 1


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
    names = tuple(class_folders(first))
    if not names:
        raise SuiteError(f"data.source: '{first}' has no subfolders; expected one for each class, named as the class")
    for top in tops.values():
        strange = sorted(set(class_folders(top)) - set(names))
        if strange:
            raise SuiteError(f"data.source: class '{strange[0]}' is in '{top}' and not in '{first}'")
    return names


def read_picture(path: pathlib.Path) -> bytes:
    """Returns the bytes of a picture's file.

    Raises:
        SuiteError: If it is not there, no file, or larger than any picture.
    """
    try:
        return files.read_bytes(path, MAX_FILE_BYTES)
    except OSError as error:
        raise SuiteError(f"{path}: cannot read the picture: {error.strerror}") from None


def unlabelled(folder: str | os.PathLike[str]) -> Listing:
    """Lists all pictures below a folder as pictures of none of the classes: labels −1.

    Raises:
        SuiteError: If the folder is missing or holds no picture.
    """
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise SuiteError(f"data.unknown: no such folder '{root}'")
    left_out = LeftOut()
    below = pictures(root, root, left_out)
    found = sorted((os.path.relpath(path, root).replace(os.sep, "/"), stamp) for path, stamp in below)
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
        notes=left_out.notes(),
    )
