"""What a search varies: values of a recipe, and the scheme of the file that is deployed."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from tfl_lite_suite.core import recipe, yaml_text
from tfl_lite_suite.core.dataclass_parser import parse
from tfl_lite_suite.core.errors import ArgumentError, SuiteError, unknown_name
from tfl_lite_suite.core.overrides import parsed, with_value
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.schemes import SCHEME_OF_FILE
from tfl_lite_suite.core.types import JsonObject

SCHEME, RATIO = "scheme", "prune.params_ratio"
_SETTLED_HERE = ("stages", "name", "quantize.scheme", "convert.schemes")
_STEP = 4


@dataclasses.dataclass(frozen=True)
class Dimension:
    """One value that varies.

    Attributes:
        name: Dotted key of a recipe, or `scheme`.
        choices: What it may be; empty for a range.
        low: Least value of a range.
        high: Greatest value of a range.
        log: Whether a range is searched on a logarithmic scale.
        whole: Whether a range holds whole numbers only.
    """

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def varies(self) -> bool:
        """Whether there is more than one value."""
        return len(self.choices) > 1 or self.low < self.high

    def including(self, value: Any) -> "Dimension":
        """Returns the dimension with `value` among what it may be."""
        if self.choices:
            return self if value in self.choices else dataclasses.replace(self, choices=(*self.choices, value))
        return dataclasses.replace(self, low=min(self.low, value), high=max(self.high, value))

    def nearest(self, value: Any) -> Any:
        """Returns what it may be that is nearest to `value`."""
        if not self.choices:
            return min(max(value, self.low), self.high)
        if isinstance(value, str):
            return value if value in self.choices else self.choices[0]
        return min(self.choices, key=lambda choice: abs(choice - value))


def dimensions(
    base: Recipe, vary: Sequence[str] = (), fits: Callable[[int], bool] = lambda side: True
) -> tuple[Dimension, ...]:
    """Returns the space.

    Args:
        base: The recipe that the search starts from; its own values belong to the space.
        vary: `key=[value, …]` or `key={low: …, high: …, log: true}` for each dimension; the default space if empty.
        fits: Whether the network takes pictures of a resolution; for the default space.

    Raises:
        SuiteError: If a key or a value is no recipe's, stands twice, or nothing varies.
    """
    found = [_dimension(base, text) for text in vary] if vary else _default(base, fits)
    names = [dimension.name for dimension in found]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError("vary", f"{name} stands twice")
    own = own_params(base, names)
    # A scheme that was not asked for is not added.
    found = [dimension if dimension.name == SCHEME else dimension.including(own[dimension.name]) for dimension in found]
    if not any(dimension.varies for dimension in found):
        raise ArgumentError("vary", "the search space is empty; give a key at least two values: model.alpha=[0.5, 1.0]")
    return tuple(found)


def _default(base: Recipe, fits: Callable[[int], bool]) -> list[Dimension]:
    """Returns width, resolution, pruning, quantization, learning rate and batch size around a recipe's own values."""
    alpha, rate = base.model.alpha, base.train.learning_rate
    return [
        Dimension(
            "model.alpha", tuple(round(alpha * share, 4) for share in (0.5, 0.75, 1, 1.5) if alpha * share >= 0.05)
        ),
        *_sides(base.data.resolution, fits),
        Dimension(RATIO, (0.5, 0.7, 1.0)),
        Dimension(SCHEME, ("float32", "int8_ptq", "int8_qat")),
        Dimension("train.learning_rate", low=rate / 4, high=rate * 4, log=True),
        Dimension("train.batch_size", tuple(sorted({max(base.train.batch_size // 2, 1), base.train.batch_size}))),
    ]


def _sides(side: int | tuple[int, int], fits: Callable[[int], bool]) -> list[Dimension]:
    """Returns the dimension of the resolution; none where pictures are not square."""
    if isinstance(side, tuple):
        return []
    others = [_STEP * round(side * share / _STEP) for share in (0.75, 1.25)]
    sides = sorted({side, *(other for other in others if 16 <= other <= 1024 and fits(other))})
    return [Dimension("data.resolution", tuple(sides))]


def _dimension(base: Recipe, text: str) -> Dimension:
    name, value = parsed(text, "vary", "key=[values], such as model.alpha=[0.5, 1.0]")
    if name == "data.resolution" and isinstance(base.data.resolution, tuple):
        raise ArgumentError(
            "vary", f"{name}: only square pictures can vary. The recipe's: {list(base.data.resolution)}"
        )
    if name in _SETTLED_HERE:
        raise ArgumentError("vary", f"{name} follows from {SCHEME} and from {RATIO}; vary those")
    dimension = _range(name, value) if isinstance(value, dict) else _choice(name, value)
    if name != SCHEME:
        for end in dimension.choices or (dimension.low, dimension.high):
            try:
                recipe_for(base, {name: end})
            except SuiteError as error:
                raise ArgumentError("vary", f"{error}") from None
    return dimension


def _choice(name: str, value: object) -> Dimension:
    if not isinstance(value, list):
        raise ArgumentError("vary", f"{name}: expected a list or {{low: …, high: …}}. Received: {value!r}")
    if not value:
        raise ArgumentError("vary", f"{name}: the list is empty, so there is nothing to choose from")
    for item in value:
        if name == SCHEME and item not in SCHEME_OF_FILE:
            raise ArgumentError("vary", str(unknown_name(SCHEME, item, SCHEME_OF_FILE, "scheme")))
        if not isinstance(item, (str, int, float, bool, type(None))):
            raise ArgumentError("vary", f"{name}: expected single values. Received: {item!r}")
    return Dimension(name, tuple(dict.fromkeys(value)))


def _range(name: str, value: JsonObject) -> Dimension:
    for key in value:
        if key not in ("low", "high", "log"):
            raise ArgumentError("vary", str(unknown_name(name, key, ("low", "high", "log"), "key")))
    low: Any = value.get("low")
    high: Any = value.get("high")
    log = value.get("log", False)
    if (
        not (name != SCHEME and _is_number(low) and _is_number(high) and isinstance(log, bool))
        or low > high
        or (log and low <= 0)
    ):
        raise ArgumentError(
            "vary", f"{name}: expected numbers {{low: …, high: …}}, low first, above 0 with log. Received: {value!r}"
        )
    return Dimension(name, (), low, high, log, isinstance(low, int) and isinstance(high, int))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def own_params(base: Recipe, names: Sequence[str]) -> JsonObject:
    """Returns the recipe's own value of each dimension."""
    document, values = yaml_text.read(recipe.dump(base)), {}
    for name in names:
        value: Any = document
        for key in name.split(".") if name != SCHEME else ():
            value = value[key]
        values[name] = value
    if SCHEME in names:
        values[SCHEME] = _own_scheme(base)
    if RATIO in names and not _prunes(base):
        values[RATIO] = 1.0
    return values


def _own_scheme(base: Recipe) -> str:
    return "int8_ptq" if base.quantize.scheme == "ptq" else "int8_qat"


def file_of(base: Recipe, params: JsonObject) -> str:
    """Returns the name of the file that a trial is judged by."""
    return str(params.get(SCHEME, _own_scheme(base)))


def _prunes(base: Recipe) -> bool:
    return any(text.split()[0] == "prune" for text in base.stages)


def recipe_for(base: Recipe, params: JsonObject) -> Recipe:
    """Returns the recipe of one trial: train, prune where that takes something away, quantize, convert, measure.

    Args:
        base: The recipe that the search starts from.
        params: A value for each dimension.

    Raises:
        SuiteError: If a value is not one that a recipe may hold.
    """
    document = yaml_text.read(recipe.dump(base))
    scheme = file_of(base, params)
    for name, value in params.items():
        if name != SCHEME:
            document = with_value(document, f"{name}={json.dumps(value)}", "vary")
    is_int8 = SCHEME_OF_FILE[scheme] == "int8"
    prunes = _prunes(base) or any(name.startswith("prune.") for name in params)
    if prunes:
        chosen = parse(recipe.Prune, document["prune"], "prune")
        by_weights = chosen.sparsity or chosen.clusters or chosen.pattern != "unstructured"
        prunes = bool(by_weights or (chosen.macs_ratio or chosen.params_ratio) < 1)
    before = ["train", *["prune"] * prunes, *["quantize"] * is_int8]
    document["stages"] = [*before, "convert", "evaluate", "benchmark"]
    document["convert"]["schemes"] = [] if is_int8 else [scheme]
    if is_int8:
        document["quantize"]["scheme"] = scheme.removeprefix("int8_")
    document["budget"] = {}
    document["name"] = f"{base.name}_{folder_name(parse(Recipe, document, ''))}_{scheme}"
    return parse(Recipe, document, "")


def folder_name(settings: Recipe) -> str:
    """Returns the name of a trial's work folder: recipes that differ only in the scheme share it, and its training."""
    shared = dataclasses.replace(
        settings,
        name="",
        stages=(),
        quantize=dataclasses.replace(settings.quantize, scheme="qat"),
        convert=dataclasses.replace(settings.convert, schemes=()),
    )
    return hashlib.sha256(recipe.dump(shared).encode()).hexdigest()[:10]
