"""The engines, one module each, found by name: there is no second list.

A module here that defines `ENGINE` is an engine called like the module. Modules that begin with an underscore are
shared code. `core/own_modules.py` adds the user's.
"""

import importlib
import pkgutil
import platform

from tfl_lite_suite.core import own_modules
from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.runtime.session import TFLITE, Engine

__path__ = own_modules.extended(__path__, "runtime/engines")
_ARM_32_BIT = ("armv6l", "armv7l")


def names() -> list[str]:
    """Returns the name of every engine the suite knows, installed or not, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def get(name: str) -> Engine:
    """Returns an engine by its name.

    Raises:
        SuiteError: If there is no such engine; it names the nearest.
    """
    if name not in names():
        raise unknown_argument("engine", name, names(), "engine")
    engine: Engine = importlib.import_module(f"{__name__}.{name}").ENGINE
    return engine


def installed() -> list[str]:
    """Returns the names of the engines whose runtime is installed, sorted."""
    return [name for name in names() if get(name).available()]


def format_of(path: str) -> str:
    """Returns the format of a model's file by its name: a known ending's, else `tflite`."""
    found = (get(name) for name in names())
    return next((engine.format for engine in found if path.endswith(engine.suffix)), TFLITE)


def names_for(path: str) -> list[str]:
    """Returns the names of the engines that run a file without its being exported, installed or not, sorted."""
    wanted = format_of(path)
    return [name for name in names() if get(name).format == wanted]


def installed_for(path: str) -> list[str]:
    """Returns the names of the installed engines that run a file without its being exported, sorted."""
    suited = names_for(path)
    return [name for name in installed() if name in suited]


def is_32_bit_arm(machine: str = platform.machine()) -> bool:
    """Whether a processor, such as `aarch64`, is one for which LiteRT has no wheels."""
    return machine in _ARM_32_BIT


def how_to_install(machine: str = platform.machine()) -> str:
    """Returns how to get an engine for `.tflite` files on a processor, such as `aarch64`."""
    if is_32_bit_arm(machine):
        return (
            f"LiteRT has no wheels for 32-bit ARM ({machine}). Install a 64-bit system and pip install "
            "'tfl-lite-suite[pi]', or use Python 3.11 or older and pip install 'tfl-lite-suite[tflite-runtime]', which "
            "runs int8 slower"
        )
    return "Install one with: pip install 'tfl-lite-suite[pi]'"


def default(path: str = "") -> str:
    """Returns the engine used where none is named: the first of `installed_for(path)`.

    Args:
        path: The model's file.

    Raises:
        SuiteError: If no such engine is installed.
    """
    found = installed_for(path)
    if found:
        return found[0]
    if format_of(path) == TFLITE:
        raise ArgumentError("engine", f"no engine is installed. {how_to_install()}")
    raise ArgumentError(
        "engine", f"no engine for '{path}' is installed. Install one: pip install 'tfl-lite-suite[engines]'"
    )
