"""The whole state of a training, in one file that is either complete or absent."""

import json
import os
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.npz import write_arrays
from tfl_lite_suite.core.types import Array, Document, JsonObject

# Arrays by the name of what they are of, and the state of the training; `None` without a readable checkpoint.
Saved = tuple[dict[str, list[Array]], JsonObject] | None

_UNREADABLE = (FileNotFoundError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def save(path: str | os.PathLike[str], arrays: Mapping[str, Sequence[Array]], state: Document) -> None:
    """Writes a checkpoint.

    Args:
        path: A file ending in `.npz`.
        arrays: Lists of arrays, by name.
        state: JSON-serialisable values.
    """
    flat = {f"{name}/{index}": array for name, group in arrays.items() for index, array in enumerate(group)}
    with atomic_path(path) as temporary:
        write_arrays(temporary, {"state": np.array(json.dumps(state)), **flat})


def load(path: str | os.PathLike[str]) -> Saved:
    """Reads a checkpoint.

    Args:
        path: What `save` wrote.

    Returns:
        The arrays and the state, or `None` where there is no readable checkpoint.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            state = json.loads(str(file["state"]))
            arrays: dict[str, list[Array]] = {}
            for key in file.files:
                name, _, index = key.rpartition("/")
                if name:
                    arrays.setdefault(name, []).append(file[f"{name}/{len(arrays.get(name, []))}"])
            return arrays, state
    except _UNREADABLE:
        return None


def load_state(path: str | os.PathLike[str]) -> JsonObject | None:
    """Reads the state of a checkpoint without its arrays; `None` where there is no readable checkpoint."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(json.loads(str(file["state"])))
    except _UNREADABLE:
        return None
