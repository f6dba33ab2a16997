"""Results: frozen dataclasses that are exactly the JSON documents which verbs print and work folders keep."""

import dataclasses
import json
import math
import os
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import to_json
from tfl_lite_suite.core.types import Document, JsonObject

R = TypeVar("R", bound="Result")
# A sum of shares may end so far beside 1.
_ROUNDING = 1e-9
# From 0 to 1, or NaN.
Share: TypeAlias = Annotated[float, (0, 1)]
# Its ends.
Interval: TypeAlias = tuple[float, float]


def omitted() -> Any:
    """Defines a field that is `None` where the document does not have its key; a null stays in `others`."""
    return dataclasses.field(default=None, metadata={"omitted": True})


def called(key: str) -> Any:
    """Defines a field whose key in the document is a word that Python keeps for itself."""
    return dataclasses.field(metadata={"key": key})


def _key(field: "dataclasses.Field[Any]") -> str:
    return str(field.metadata.get("key", field.name))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What a verb found; its fields are the keys of the document that the verb prints with `--json`.

    Attributes:
        others: Keys of the document that are no fields: details given on request, or by another release.

    Example:
        >>> result = tls.TfliteModel("leaf.tflite").predict("leaf.png")
        >>> tls.Prediction.from_json(result.to_json()) == result
        True
    """

    others: Document = dataclasses.field(default_factory=dict, repr=False)

    def document(self) -> JsonObject:
        """Returns the result as the JSON document, of dictionaries, lists and plain values."""
        values = {field.name: (field, getattr(self, field.name)) for field in dataclasses.fields(self)}
        del values["others"]
        kept = {
            _key(field): plain(value)
            for field, value in values.values()
            if value is not None or not field.metadata.get("omitted")
        }
        return {**kept, **self.others}

    def fields(self) -> JsonObject:
        """Returns the fields by name, to make a result of a derived class of."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def with_null(self: R, name: str) -> R:
        """Returns the result with a null for an omitted field: it was asked for, and there is none."""
        return dataclasses.replace(self, others={**self.others, name: None})

    def to_json(self) -> str:
        """Returns the text that the verb prints with `--json`."""
        return to_json(self.document())

    @classmethod
    def from_document(cls: type[R], document: object, where: str = "") -> R:
        """Returns the result that a document describes.

        Args:
            document: As `document` returns it.
            where: What errors call it, such as the path of its file.

        Raises:
            SuiteError: If it is no such document; the message names the key.
        """
        where = where or cls.__name__
        if not isinstance(document, Mapping):
            raise SuiteError(f"{where}: expected a JSON object. Received: {_shown(document)}")
        hints, values = typing.get_type_hints(cls, include_extras=True), dict(document)
        found: JsonObject = {}
        for field in dataclasses.fields(cls):
            if field.name == "others":
                continue
            key = _key(field)
            if key in values:
                if values[key] is None and field.metadata.get("omitted"):
                    continue
                found[field.name] = _typed(hints[field.name], values.pop(key), f"{where}: {key}")
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise SuiteError(f"{where}: '{key}' is missing")
        return cls(**found, others=plain(values))

    @classmethod
    def from_json(cls: type[R], text: str | bytes, where: str = "") -> R:
        """Returns the result that `to_json` wrote.

        Args:
            text: One JSON object.
            where: What errors call it, such as the path of its file.

        Raises:
            SuiteError: If it is damaged, or no such result.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SuiteError(f"{where or cls.__name__}: not JSON: {error}") from None
        return cls.from_document(document, where)

    @classmethod
    def read(cls: type[R], path: str | os.PathLike[str]) -> R:
        """Returns the result that a file holds; see `from_json`."""
        try:
            with open(path, encoding="utf-8") as file:
                return cls.from_json(file.read(), os.fspath(path))
        except (OSError, UnicodeDecodeError) as error:
            raise SuiteError(f"{os.fspath(path)}: cannot be read: {error}") from None


def plain(value: object) -> Any:
    """Returns a value as JSON has it: lists for tuples, dictionaries for results."""
    if isinstance(value, Result):
        return value.document()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _typed(hint: Any, value: Any, where: str) -> Any:
    """Returns a value of a document as the type `hint`; raises the error that names both."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and types.NoneType in arguments:
            return None
        return _typed(arguments[0], value, where)
    if hint in (Any, object):
        return plain(value)
    if origin is Annotated:
        (least, most), given = arguments[1], _typed(arguments[0], value, where)
        if given < least - _ROUNDING or given > most + _ROUNDING:
            raise SuiteError(f"{where}: expected a number from {least} to {most}. Received: {_shown(value)}")
        return given
    if origin is Literal:
        known = value in arguments
    elif origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... and isinstance(value, (list, tuple)) else arguments
        known = isinstance(value, (list, tuple)) and len(value) == len(kinds)
        if known:
            given = zip(kinds, value, strict=True)
            return tuple(_typed(kind, item, f"{where}[{index}]") for index, (kind, item) in enumerate(given))
    elif origin in (dict, Mapping) or hint is dict:
        known = isinstance(value, Mapping)
        if known and arguments:
            return {key: _typed(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    elif isinstance(hint, type) and issubclass(hint, Result):
        return hint.from_document(value, where)
    elif hint is float:
        if value is None:
            return math.nan
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        known = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    if not known:
        raise SuiteError(f"{where}: expected {_named(origin or hint, arguments)}. Received: {_shown(value)}")
    return value


def _named(kind: Any, arguments: tuple[Any, ...]) -> str:
    if kind is Literal:
        return " or ".join(map(repr, arguments))
    if kind is tuple and arguments[-1] is not ...:
        return f"a list of {len(arguments)}"
    names = {tuple: "a list", dict: "an object", Mapping: "an object"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"
