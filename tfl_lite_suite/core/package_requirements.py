"""What the suite's own package metadata asks for, so that bounds are written in `setup.cfg` alone."""

import dataclasses
import functools
import importlib.metadata
import operator
import platform
import re
import sys
from collections.abc import Callable, Mapping

DISTRIBUTION = "tfl-lite-suite"
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclasses.dataclass(frozen=True)
class Requirement:
    """One line of the metadata.

    Attributes:
        package: Name of the package, normalised.
        bounds: `(operator, version)` pairs, all of which must hold.
        extra: The extra it belongs to; empty for what is always installed.
        python: `(operator, version)` pairs about the Python version, all of which must hold for it to count.
        machine: `(operator, name)` pairs about the processor, such as `("!=", "armv7l")`, all of which must hold, too.
    """

    package: str
    bounds: tuple[tuple[str, str], ...]
    extra: str
    python: tuple[tuple[str, str], ...]
    machine: tuple[tuple[str, str], ...] = ()

    def applies(self, python: tuple[int, int], machine: str = platform.machine()) -> bool:
        """Whether it counts on a Python version, such as `(3, 11)`, and on a processor, such as `aarch64`."""
        return _all_hold(self.python, python) and all(
            (machine == name) == (sign == "==") for sign, name in self.machine
        )

    def admits(self, version: str) -> bool:
        """Whether a version of the package is within the bounds."""
        return _all_hold(self.bounds, parse_version(version))

    def __str__(self) -> str:
        return self.package + ",".join(sign + version for sign, version in self.bounds)


def parse(line: str) -> Requirement:
    """Parses a requirement as the suite's metadata has it.

    Args:
        line: Such as `tflite-runtime<2.15,>=2.14; python_version < "3.12" and extra == "pi"`.
    """
    head, _, marker = line.partition(";")
    found = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^)]*)\)?", head)
    if not found:
        raise ValueError(f"not a requirement: {line!r}")
    extra = re.search(r"extra\s*==\s*['\"]([^'\"]*)['\"]", marker)
    return Requirement(
        normalise(found[1]),
        tuple(re.findall(r"([<>=!]=?)\s*([0-9][0-9a-z.]*)", found[2])),
        extra[1] if extra else "",
        tuple(re.findall(r"python_version\s*([<>=!]=?)\s*['\"]([0-9.]+)['\"]", marker)),
        tuple(re.findall(r"platform_machine\s*([=!]=)\s*['\"](\w+)['\"]", marker)),
    )


@functools.cache
def own() -> tuple[Requirement, ...]:
    """Returns every requirement of the installed suite; none where it runs from a folder without being installed."""
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        lines = []
    return tuple(parse(line) for line in lines)


def extras_with(package: str, python: tuple[int, int] = sys.version_info[:2]) -> list[str]:
    """Returns the extras that install a package on a Python version, the smallest extra first."""
    counted = [requirement for requirement in own() if requirement.applies(python)]
    found = {requirement.extra for requirement in counted if requirement.package == normalise(package)} - {""}
    return sorted(found, key=lambda extra: sum(requirement.extra == extra for requirement in counted))


def of_extra(extra: str, python: tuple[int, int] = sys.version_info[:2]) -> list[Requirement]:
    """Returns what an extra asks for on a Python version; what is always asked for, if the extra is empty."""
    return [requirement for requirement in own() if requirement.extra == extra and requirement.applies(python)]


def extras_in_use(versions: Mapping[str, str | None]) -> list[str]:
    """Returns the extras whose first package is installed, after the empty one, which always counts.

    Args:
        versions: Installed version of each package, `None` where it is not installed.
    """
    extras = dict.fromkeys(requirement.extra for requirement in own())
    led = [extra for extra in extras if extra and (asked := of_extra(extra)) and versions[asked[0].package] is not None]
    return ["", *led]


def python_bounds() -> str:
    """Returns the bounds on Python, such as `<3.14,>=3.10`; empty where the suite is not installed."""
    try:
        return importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"] or ""
    except importlib.metadata.PackageNotFoundError:
        return ""


def installed_version(package: str) -> str | None:
    """Returns the installed version of a package, or `None`."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def normalise(package: str) -> str:
    """Returns a package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def parse_version(version: str) -> tuple[int, ...]:
    """Returns the leading numbers of a version: `(2, 21, 0)` of `2.21.0rc1`, trailing zeros dropped."""
    numbers = [int(number) for number in re.match(r"[0-9.]*", version)[0].split(".") if number]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _all_hold(bounds: tuple[tuple[str, str], ...], version: tuple[int, ...]) -> bool:
    return all(_COMPARE[sign](version, parse_version(bound)) for sign, bound in bounds)
