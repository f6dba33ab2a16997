"""Plain values, as a YAML reader gives them, parsed into frozen dataclasses by their annotations."""

import dataclasses
import math
import reprlib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from tfl_lite_suite.core.errors import SuiteError, unknown_name

T = TypeVar("T")


def ranged(default: object, least: float | None = None, most: float | None = None) -> Any:
    """Defines a dataclass's field.

    Args:
        default: The field's value where none is given.
        least: Least value allowed.
        most: Greatest value allowed.
    """
    return dataclasses.field(default=default, metadata={"least": least, "most": most})


def shares() -> Any:
    """Defines a field of shares by name, none by default."""
    return dataclasses.field(default_factory=dict, metadata={"least": 0, "most": 1})


def parse(kind: type[T], document: object, path: str) -> T:
    """Parses plain YAML values into a dataclass.

    Args:
        kind: A dataclass.
        document: What the YAML reader returned.
        path: Dotted key of `document` in the whole recipe, for messages; empty at the top.

    Returns:
        An instance of `kind`.

    Raises:
        SuiteError: If a key is unknown or missing, or a value has the wrong type or is out of range.
    """
    if not isinstance(document, Mapping):
        raise SuiteError(f"{path or 'recipe'}: expected keys and values. Received: {_shown(document)}")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(kind)
    values = {}
    for key, value in document.items():
        where = f"{path}.{key}" if path else str(key)
        if key not in fields:
            raise unknown_name(where, key, fields, "key")
        values[key] = _coerce(hints[key], value, where)
        _check_range(fields[key], values[key], where)
    for name, field in fields.items():
        if name not in values and field.default is field.default_factory is dataclasses.MISSING:
            raise SuiteError(f"{path + '.' if path else ''}{name}: missing; the recipe must say it")
    return kind(**values)


def _coerce(hint: Any, value: Any, where: str) -> Any:
    """Returns `value` as the type `hint`, or raises the error that names both."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return parse(typing.cast(type, hint), {} if value is None else value, where)
    if origin is Literal:
        if not isinstance(value, str):
            raise SuiteError(f"{where}: expected one of {', '.join(arguments)}. Received: {_shown(value)}")
        if value not in arguments:
            raise unknown_name(where, value, arguments, "value")
        return value
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        listed = [kind for kind in arguments if typing.get_origin(kind) is tuple]
        return _coerce(listed[0] if listed and isinstance(value, list) else arguments[0], value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise SuiteError(f"{where}: expected names and values, such as {{name: 0.9}}. Received: {_shown(value)}")
        return {_coerce(str, key, where): _coerce(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is tuple:
        if not isinstance(value, list):
            example = f"a list, such as [{_example(arguments[0])}]"
            raise SuiteError(f"{where}: expected {example}. Received: {_shown(value)}")
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            raise SuiteError(f"{where}: expected a list of {len(arguments)}. Received: {_shown(value)}")
        return tuple(_coerce(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        # A whole number beyond the range of floats is out of every range.
        value = float(value) if abs(value) < 1 << 1000 else math.inf
    if hint is str and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise SuiteError(f"{where}: expected {_TYPE_NAMES[hint]}. Received: {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """Returns a value as messages quote it, cut short: aliases can make a small file mean gigabytes."""
    shortened = reprlib.Repr()
    shortened.maxlevel, shortened.maxstring, shortened.maxother = 2, 100, 100
    return shortened.repr(value)


_TYPE_NAMES = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}


def _example(hint: object) -> str:
    return str(typing.get_args(hint)[0]) if typing.get_origin(hint) is Literal else "name"


def _check_range(field: Any, value: Any, where: str) -> None:
    least, most = field.metadata.get("least"), field.metadata.get("most")
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_range(field, item, f"{where}[{index}]")
    if isinstance(value, dict):
        for name, item in value.items():
            _check_range(field, item, f"{where}.{name}")
    if value is None or isinstance(value, (str, tuple, dict)):
        return
    finite = not isinstance(value, float) or math.isfinite(value)
    if not finite or (least is not None and value < least) or (most is not None and value > most):
        allowed = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SuiteError(f"{where}: expected a number {allowed}. Received: {_shown(value)}")
