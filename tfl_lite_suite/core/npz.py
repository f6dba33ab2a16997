"""Named arrays in one `.npz` file. It is apart from `results`, so that verbs start without NumPy."""

import os
import zipfile

import numpy as np

from tfl_lite_suite.core.types import Document


def write_arrays(path: str | os.PathLike[str], arrays: Document) -> None:
    """Writes arrays as `np.load` reads them; unlike `np.savez` it leaves no open file to complain on a full disk."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]
