"""Where a measurement is made, one module each, found by name: `local` is this machine.

A module here is the target of the same name; its `TARGET` is the class that carries it out.
"""

import abc
import importlib
import pkgutil
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.types import Document

if TYPE_CHECKING:
    from tfl_lite_suite.benchmark.job import Job
    from tfl_lite_suite.benchmark.result import Comparison, Measurement


class Target(abc.ABC):
    """A place that measures models; a context that frees what it holds when it is left.

    Attributes:
        kernels: The values of `--kernels` that it knows.
    """

    kernels: tuple[str, ...] = ("default", "builtin", "reference")

    def __init__(self, address: str, wheels: str | None = None) -> None:
        """Checks what can be checked without connecting to anything.

        Args:
            address: What follows the name and a colon in `--target`, such as `USER@HOST`.
            wheels: A folder of wheels to install from, where the target installs something.

        Raises:
            SuiteError: If the target has no such address, or does not install anything.
        """
        self.address = address
        self.wheels = wheels

    def __enter__(self) -> "Target":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @abc.abstractmethod
    def engines(self, names: list[str] | None) -> list[str]:
        """Returns the engines to measure with; an empty name is the engine that the target itself chooses.

        Args:
            names: The engines asked for, if any were.

        Raises:
            SuiteError: If the target cannot have one of them.
        """

    @abc.abstractmethod
    def benchmark(self, job: "Job", *, curve: bool = False) -> "Measurement":
        """Measures a model.

        Args:
            job: What to measure.
            curve: Whether to add latency, temperature and frequency over time.

        Returns:
            What was measured.

        Raises:
            SuiteError: If the model cannot be run.
        """

    @abc.abstractmethod
    def compare(self, first: "Job", second: "Job") -> "Comparison":
        """Measures how much slower the second model is than the first, running them by turns.

        Args:
            first: The model that counts as 1.
            second: The model compared with it; the same engine settings.

        Returns:
            What was measured.

        Raises:
            SuiteError: If a model cannot be run.
        """

    def evaluate(
        self,
        model: str,
        files: dict[str, bytes],
        data_set: str | None,
        settings: Mapping[str, object],
        wanted: list[str],
    ) -> tuple[Document, dict[str, bytes]]:
        """Measures a model's accuracy on pictures that are copied there.

        Args:
            model: The model's file.
            files: The pictures' files by their paths below a folder.
            data_set: The data set's name, if the suite knows it by name.
            settings: Other flags of `evaluate`.
            wanted: Names of the flags whose files are wanted: `predictions`, `logits`.

        Returns:
            The document of `evaluate`, and the files by the names of their flags.

        Raises:
            SuiteError: If it cannot be evaluated there.
        """
        raise ArgumentError("target", "only benchmark measures there; evaluate runs here or on ssh:USER@HOST")


def names() -> list[str]:
    """Returns the name of every target, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get(target: str, wheels: str | None = None) -> Target:
    """Finds a target.

    Args:
        target: `NAME` or `NAME:ADDRESS`.
        wheels: See `Target`.

    Raises:
        SuiteError: If this release has no such target, or the address does not fit it.
    """
    name, _, address = target.partition(":")
    if name not in names():
        raise ArgumentError("target", f"this release cannot measure on '{target}'. Known: {', '.join(names())}")
    found: Target = importlib.import_module(f"{__name__}.{name}").TARGET(address, wheels)
    return found
