"""What an examination of an environment found."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class EnvironmentProblem(Result):
    """Something that does not work, or may not."""

    code: str
    severity: Literal["error", "warning", "note"]
    message: str
    fix: str


@dataclasses.dataclass(frozen=True)
class Examination(Result):
    """What `doctor` prints.

    Attributes:
        suite: Version of the suite.
        python: Version of Python.
        device: This machine.
        versions: Version of each package; `None` where it is not installed.
        engines: Names of the engines that are installed.
        problems: What does not work.
        pins_python: The Python version of `pins`.
        pins: For each extra, exact versions that work together.
    """

    suite: str
    python: str
    device: Document
    versions: Mapping[str, str | None]
    engines: tuple[str, ...]
    problems: tuple[EnvironmentProblem, ...]
    pins_python: str
    pins: Mapping[str, tuple[str, ...]]
