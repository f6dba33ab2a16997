"""One finding about a set of pictures."""

import dataclasses

from tfl_lite_suite.core.result import Result

SEVERITIES = ("error", "warning", "info")


@dataclasses.dataclass(frozen=True)
class Problem(Result):
    """Something about a set that will cost its user accuracy, or makes its figures wrong.

    Attributes:
        code: A name that does not change, for scripts.
        severity: `error`: training will stop, or its figures will be wrong; `warning`: worth mending first; `info`:
            worth knowing.
        files: The pictures that it is about, by their keys, the clearest first.
        message: What was found and what it means.
        fix: What to do about it.
        groups: The same pictures, those that belong together, such as copies of each other.
    """

    code: str
    severity: str
    files: tuple[str, ...]
    message: str
    fix: str
    groups: tuple[tuple[str, ...], ...] = ()


def pictures(count: int) -> str:
    """Returns a number of pictures in words."""
    return "1 picture" if count == 1 else f"{count:,} pictures"
