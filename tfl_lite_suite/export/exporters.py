"""The formats that `export` writes, a folder with a module `exporter` each: there is no second list.

`core/own_modules.py` adds the user's.
"""

import importlib
import pathlib
from typing import TYPE_CHECKING, Protocol, cast

from tfl_lite_suite import export
from tfl_lite_suite.core.errors import unknown_argument
from tfl_lite_suite.core.types import Array

if TYPE_CHECKING:
    from tfl_lite_suite.core.contract import Contract
    from tfl_lite_suite.export.result import Export


class Exporter(Protocol):
    """What the module `exporter` of a format that an engine runs has; `Bundler` is for folders of another kind.

    Attributes:
        ENGINE: Name of the engine that runs the format.
        SUFFIXES: Endings of the files it writes; the first is what the engine opens.
        KEEPS_TYPES: Whether input and output stay int8 where the `.tflite` file's are; else they become float32.
    """

    ENGINE: str
    SUFFIXES: tuple[str, ...]
    KEEPS_TYPES: bool

    def require(self) -> None:
        """Checks that the converter is installed; raises `SuiteError` if not."""

    def convert(self, model: pathlib.Path, outputs: tuple[pathlib.Path, ...]) -> str:
        """Converts a `.tflite` file and tells what converted it; raises `SuiteError` if it cannot."""


class Bundler(Protocol):
    """What the module `exporter` of a format has that is a folder of its own, compared in its own way."""

    ENGINE: str

    def require(self) -> None:
        """Checks that what it needs is installed; raises `SuiteError` if not."""

    def bundle(
        self,
        model: str,
        output_dir: str,
        pictures: Array,
        contract: "Contract",
        frame: "tuple[int, int, int] | None" = None,
    ) -> "Export":
        """Writes the folder and compares; raises `SuiteError` if it cannot."""


def names() -> list[str]:
    """Returns the name of every format, sorted."""
    return sorted(path.parent.name for folder in export.__path__ for path in pathlib.Path(folder).glob("*/exporter.py"))


def of_engines() -> list[str]:
    """Returns the name of every format that an engine runs, sorted."""
    return [name for name in names() if not hasattr(get(name), "bundle")]


def get(name: str) -> "Exporter | Bundler":
    """Returns the exporter of a format.

    Raises:
        SuiteError: If there is no such format; it names the nearest.
    """
    if name not in names():
        raise unknown_argument("to", name, names(), "format")
    return cast(Exporter | Bundler, importlib.import_module(f"tfl_lite_suite.export.{name}.exporter"))
