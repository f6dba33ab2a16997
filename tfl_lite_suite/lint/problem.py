"""How the rules of `lint` are applied, and their findings worded."""

from collections.abc import Callable, Iterable, Iterator

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.tflite.file import TfliteFile

_LONGEST = 120
SEVERITIES = ("error", "warning", "info")


Check = Callable[[TfliteFile, str], Iterator[Problem]]


def applied(checks: Iterable[Check], file: TfliteFile, target: str) -> list[Problem]:
    """Applies rules to a file; one that fails is a problem of its own, and leaves the others standing.

    Args:
        checks: The rules.
        file: The model.
        target: The runtime it must run on, such as `tflite_runtime-2.14`.

    Returns:
        What was found, in no particular order.

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
