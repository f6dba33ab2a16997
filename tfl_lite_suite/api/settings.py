"""Keyword arguments as parts of a recipe, and what stands for those that are absent."""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from tfl_lite_suite.core import dataclass_parser, recipe, shipped_recipes
from tfl_lite_suite.core.recipe import Data, Model, Recipe

T = TypeVar("T")

_TRANSFER = "photos_transfer"


def defaults(pretrained: bool) -> Recipe:
    """Returns the recipe that holds where nothing else is said.

    Args:
        pretrained: Whether the network begins with pretrained weights: then it is the shipped `photos_transfer`.
    """
    if pretrained:
        return recipe.load(shipped_recipes.find(_TRANSFER))
    return Recipe(name="api", data=Data(source=""), model=Model(""))


def changed(section: T, given: Mapping[str, object], key: str) -> T:
    """Returns a recipe's section with some values changed, each checked as in a recipe.

    Args:
        section: The section.
        given: Values by their keys.
        key: The section's name, for messages.

    Raises:
        SuiteError: If a key or a value is not allowed.
    """
    parsed = dataclass_parser.parse(type(section), listed(given), key)
    return dataclasses.replace(section, **{name: getattr(parsed, name) for name in given})  # type: ignore[type-var]


def listed(given: Mapping[str, object]) -> dict[str, object]:
    """Returns values as a recipe would have them: lists, where Python has tuples."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
