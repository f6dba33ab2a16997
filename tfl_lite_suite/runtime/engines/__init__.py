"""The engines, one module each, found by name: there is no second list.

A module here that defines `ENGINE` is an engine called like the module. Modules that begin with an underscore are
shared code.
"""

import importlib
import pkgutil

from tfl_lite_suite.errors import SuiteError, unknown_name
from tfl_lite_suite.runtime.session import Engine


def names() -> list[str]:
    """Returns the name of every engine the suite knows, installed or not, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def get(name: str) -> Engine:
    """Returns an engine by its name.

    Raises:
        SuiteError: If there is no such engine; it names the nearest.
    """
    if name not in names():
        raise unknown_name("--engine", name, names(), "engine")
    engine: Engine = importlib.import_module(f"{__name__}.{name}").ENGINE
    return engine


def installed() -> list[str]:
    """Returns the names of the engines whose runtime is installed, sorted."""
    return [name for name in names() if get(name).available()]


def default() -> str:
    """Returns the engine used where none is named: the first of `installed()`.

    Raises:
        SuiteError: If no engine is installed.
    """
    found = installed()
    if not found:
        raise SuiteError("--engine: no engine is installed. Install one with: pip install 'tfl-lite-suite[pi]'")
    return found[0]
