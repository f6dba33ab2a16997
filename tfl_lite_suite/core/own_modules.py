"""Stages, engines, networks and formats of the user's own, in folders that an environment variable names.

`TFL_LITE_SUITE_MODULES` is a folder, or several with the separator of `PATH`. Its subfolders are searched after those
of the suite that have the same names: `run/stages`, `runtime/engines`, `models/architectures` and `export`. Processes
inherit the variable, so those that a verb starts know these modules, too.
"""

import os
import pathlib
from collections.abc import Sequence

from tfl_lite_suite.core.errors import SuiteError

VARIABLE = "TFL_LITE_SUITE_MODULES"
# Folders of the package whose modules are found by name; what marks one there.
SEARCHED = {
    "export": "*/exporter.py",
    "models/architectures": "[!_]*.py",
    "run/stages": "[!_]*.py",
    "runtime/engines": "[!_]*.py",
}
_PACKAGE = pathlib.Path(__file__).parents[1]


def extended(path: Sequence[str], searched: str) -> list[str]:
    """Returns a package's `__path__` with the user's folders behind it.

    Args:
        path: The folders of the suite.
        searched: The package's place, such as `run/stages`.
    """
    return [*path, *(str(folder / searched) for folder in _folders() if (folder / searched).is_dir())]


def check() -> None:
    """Finds what would be ignored in the folders of `TFL_LITE_SUITE_MODULES`.

    Raises:
        SuiteError: If a folder is not there, has nothing of the kind, or has a module of a name that the suite uses.
    """
    for folder in _folders():
        if not folder.is_dir():
            raise SuiteError(f"{VARIABLE}: no such folder '{folder}'")
        found = {searched: sorted((folder / searched).glob(kind)) for searched, kind in SEARCHED.items()}
        if not any(found.values()):
            raise SuiteError(f"{VARIABLE}: no module in '{folder}'. Expected some in its folders {', '.join(SEARCHED)}")
        for paths in found.values():
            for path in paths:
                if (_PACKAGE / path.relative_to(folder)).exists():
                    raise SuiteError(f"{VARIABLE}: '{path}' has the name of a module of the suite. Give it another")


def _folders() -> list[pathlib.Path]:
    return [pathlib.Path(folder) for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
