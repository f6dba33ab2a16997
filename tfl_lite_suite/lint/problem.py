"""One finding of `lint`."""

import dataclasses

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


def listed(names: list[str], most: int = 4) -> str:
    """Returns a few names and how many more there are."""
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more
