"""A model's answers to labelled pictures, kept in a file so that two models can be compared picture by picture."""

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import read_json, write_json
from tfl_lite_suite.core.types import Array

if TYPE_CHECKING:
    pass

FILE = "predictions.json"


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Answers to pictures in a fixed order.

    Attributes:
        class_names: Name of each class.
        keys: Name of each picture.
        labels: True class of each picture; of several the rarest, −1 for none.
        top1: Class that the model answered; −1 where its scores hold NaN.
        confidence: Probability of that class; empty where it was not kept.
        answer: Class that the file's decision gave, −1 for none of these; empty where there is no decision.
        shown: All classes of each picture; empty where every picture has one.
        answered: All classes that the model answered, where pictures may have several.
    """

    class_names: tuple[str, ...]
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    top1: tuple[int, ...]
    confidence: tuple[float, ...] = ()
    answer: tuple[int, ...] = ()
    shown: tuple[list[int], ...] = ()
    answered: tuple[list[int], ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def right(self) -> list[bool]:
        """Whether each picture's top answer is its class, or one of them."""
        if self.shown:
            return [answer in classes for answer, classes in zip(self.top1, self.shown, strict=True)]
        return [answer == label for answer, label in zip(self.top1, self.labels, strict=True)]

    @property
    def accuracy(self) -> float:
        """Share of the pictures that are answered rightly."""
        return sum(self.right) / len(self)


def write(
    path: str | os.PathLike[str],
    class_names: Sequence[str],
    keys: Sequence[str],
    labels: Array,
    top: Array,
    **more: object,
) -> None:
    """Writes a model's answers.

    Args:
        path: A JSON file.
        class_names: Name of each class.
        keys: Name of each picture.
        labels: True class of each picture, int64 `(n,)`.
        top: Classes of the highest scores, best first, int64 `(n, k)`.
        **more: What else to keep, JSON-serialisable.
    """
    answers = {"top1": top[:, 0].tolist(), "top5": top[:, :5].tolist()}
    write_json(
        path, {"class_names": list(class_names), "keys": list(keys), "labels": labels.tolist(), **answers, **more}
    )


def several(targets: Array | None, answered: Array) -> dict[str, list[list[int]]]:
    """Returns what `write` keeps of pictures with several classes: `shown` and `answered`; nothing without `targets`.

    Args:
        targets: The classes of each picture, bool `(n, classes)`; `None` where each has one.
        answered: Those that the model answered, bool `(n, classes)`.
    """
    if targets is None:
        return {}
    marked = {"shown": targets, "answered": answered}
    return {name: [row.nonzero()[0].tolist() for row in rows] for name, rows in marked.items()}


def read(path: str | os.PathLike[str]) -> Predictions:
    """Reads what `write` wrote.

    Raises:
        SuiteError: If there is no such file, or it is something else.
    """
    document = read_json(path)
    needed = [field.name for field in dataclasses.fields(Predictions) if field.default is dataclasses.MISSING]
    if not isinstance(document, dict) or not all(isinstance(document.get(name), list) for name in needed):
        raise SuiteError(f"{path}: not a file of predictions, as evaluate --predictions writes it")
    kept = [field.name for field in dataclasses.fields(Predictions) if isinstance(document.get(field.name), list)]
    found = Predictions(**{name: tuple(document[name]) for name in kept})
    if not len(found.keys) == len(found.labels) == len(found.top1):
        raise SuiteError(f"{path}: it has {len(found.keys)} pictures and {len(found.top1)} answers")
    return found
