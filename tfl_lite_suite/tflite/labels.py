"""Class names as people write them into label files: one a line, numbered lines, JSON, or a Python dictionary."""

import ast
import json
import re
from typing import Any

from tfl_lite_suite.core.errors import SuiteError

_NUMBERED = re.compile(r"\s*(\d{1,7})\s*[\s:,;]\s*(.*?)\s*")


def parse(text: str, where: str) -> tuple[str, ...]:
    """Returns the names in the order of the classes.

    Args:
        text: The label file's.
        where: What errors call it.

    Raises:
        SuiteError: If it is a list or dictionary that does not give every class one name.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        found = _structured(text.strip())
        if found is not None:
            return _of_object(found, where)
    names = lines(text)
    numbered = [_NUMBERED.fullmatch(line) for line in names]
    if len(names) > 1 and all(match and int(match[1]) == place for place, match in enumerate(numbered)):
        return tuple(match[2] for match in numbered if match)
    return names


def lines(text: str) -> tuple[str, ...]:
    """Returns the lines of a text, each as it is."""
    return tuple(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def _structured(text: str) -> Any:
    """Returns what a JSON document or a Python literal says; `None` for another text, such as a name in brackets."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return None


def _of_object(found: object, where: str) -> tuple[str, ...]:
    if isinstance(found, list) and all(isinstance(name, str) for name in found):
        return tuple(found)
    if isinstance(found, dict):
        # {0: "cat"}, {"0": "cat"} or {"cat": 0}.
        for pairs in (found.items(), [(value, key) for key, value in found.items()]):
            named = {str(number): name for number, name in pairs if isinstance(name, str)}
            names = [named.get(str(place)) for place in range(len(found))]
            if len(named) == len(found) and None not in names:
                return tuple(str(name) for name in names)
    raise SuiteError(
        f"{where}: the labels are a list or dictionary that does not name the classes 0 to n. Write one name a line"
    )
