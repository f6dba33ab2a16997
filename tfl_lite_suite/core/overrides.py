"""Assignments such as `train.epochs=3`, as `--set` and the stages of a recipe give them."""

from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.core import yaml_text
from tfl_lite_suite.core.errors import ArgumentError, SuiteError


def with_value(document: object, assignment: str, where: str = "set", example: str = "train.epochs=3") -> Any:
    """Returns plain YAML values with one of them changed; what else an alias names stays as it is.

    Args:
        document: What a YAML reader returned; it is not changed.
        assignment: `dotted.key=value`, the value in YAML.
        where: Where the assignment stood, for messages: an argument, or a place in a recipe.
        example: What it should look like, for messages.

    Raises:
        SuiteError: If there is no key, or the value is not YAML, or the key leads through something without keys.
    """
    key, value = parsed(assignment, where, f"key=value, such as {example}")
    return _changed(document, key.split("."), value, where, key)


def parsed(assignment: str, where: str, expected: str) -> tuple[str, Any]:
    """Returns key and value of an assignment.

    Args:
        assignment: `key=value`, the value in YAML.
        where: Where the assignment stood, for messages: an argument, or a place in a recipe.
        expected: What it should look like, for messages.

    Raises:
        SuiteError: If there is no key, or the value is not YAML.
    """
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise ArgumentError(where, f"expected {expected}. Received: '{assignment}'")
    try:
        return key, yaml_text.read(text)
    except SuiteError as error:
        raise ArgumentError(where, f"the value of {key} is {error}. Received: '{text}'") from None


def _changed(document: object, keys: Sequence[str], value: object, where: str, whole: str) -> Any:
    if not keys:
        return value
    if document is not None and not isinstance(document, dict):
        raise ArgumentError(where, f"{whole} is not a key of a recipe")
    changed = dict(document or {})
    changed[keys[0]] = _changed(changed.get(keys[0]), keys[1:], value, where, whole)
    return changed
