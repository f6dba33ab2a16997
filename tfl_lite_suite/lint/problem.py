"""One finding of `lint`."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.file import TfliteFile

_LONGEST = 120
SEVERITIES = ("error", "warning", "info")


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something about a model that will cost its user time, accuracy or speed.

    Attributes:
        code: A name that does not change, for scripts.
        severity: `error`: it will not run, or answers wrongly; `warning`: slower or less accurate than it should be, or
            apps cannot use it; `info`: worth knowing.
        message: What was found, and where.
        fix: What to do about it.
    """

    code: str
    severity: str
    message: str
    fix: str


Check = Callable[[TfliteFile, str], Iterator[Problem]]


def applied(checks: Iterable[Check], file: TfliteFile, target: str) -> list[Problem]:
    """Applies rules to a file; one that fails is a problem of its own, and leaves the others standing.

    Raises:
        SuiteError: If a rule finds that the file is damaged.
    """
    found: list[Problem] = []
    for check in checks:
        try:
            found += check(file, target)
        except SuiteError:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            rule = getattr(check, "__name__", str(check)).strip("_")
            fix = "the file is damaged, or the rule has a fault: please report it"
            found.append(Problem("rule_failed", "warning", f"the rule {rule} could not be applied: {why[:200]}", fix))
    return found


def listed(names: list[str], most: int = 4) -> str:
    """Returns a few names and how many more there are."""
    unique = list(dict.fromkeys(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in names))
    more = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more
