"""Where a measurement is made, one module each, found by name: `local` is this machine.

A module here is the target of the same name. It has `benchmark(address, job)` and `compare(address, first, second)`,
where `address` is what follows the name and a colon in `--target`, such as `USER@HOST`.
"""

import importlib
import pkgutil
from types import ModuleType

from tfl_lite_suite.errors import SuiteError


def names() -> list[str]:
    """Returns the name of every target, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get(target: str) -> tuple[ModuleType, str]:
    """Finds a target.

    Args:
        target: `NAME` or `NAME:ADDRESS`.

    Returns:
        Its module, and the address.

    Raises:
        SuiteError: If this release has no such target.
    """
    name, _, address = target.partition(":")
    if name not in names():
        raise SuiteError(f"--target: this release cannot measure on '{target}' yet. Known: {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}"), address
