"""What a user wants of a decision: recalls, false alarms, costs; from text or a CSV file."""

import csv
import dataclasses
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.core.types import Array

NONE = "none"
EVERY = ""


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What a decision should keep to on pictures like those it is fitted on.

    Attributes:
        min_recall: Least share of a class's pictures that is answered with it, by the class's name.
        max_false_alarms: Greatest share of the other classes' pictures that is answered with a class, by its name.
            Under the empty name: for each class of `min_recall`, or every class where there is none, and for pictures
            of none of the classes, of which this share may get any answer.
        keep: Share of the pictures of the classes that is not to be rejected; absent: 0.95 where there are pictures
            of none of the classes, else all.
        costs: Cost of each answer, by the pair of the true class and the answer, whose name may be `none`.
    """

    min_recall: Mapping[str, float] = dataclasses.field(default_factory=dict)
    max_false_alarms: Mapping[str, float] = dataclasses.field(default_factory=dict)
    keep: float | None = None
    costs: Mapping[tuple[str, str], float] = dataclasses.field(default_factory=dict)

    def check(self, labels: Sequence[str]) -> None:
        """Checks every name against the model's classes, and every share.

        Args:
            labels: The classes.

        Raises:
            SuiteError: If a class is unknown, or a share not from 0 to 1.
        """
        for wish, wanted in (("min_recall", self.min_recall), ("max_false_alarms", self.max_false_alarms)):
            for name, share in wanted.items():
                if name not in labels and name != EVERY:
                    raise unknown_argument(wish, name, labels, "class")
                if not 0 <= share <= 1:
                    raise ArgumentError(wish, f"expected a share from 0 to 1. Received: {share}")
        if self.keep is not None and not 0 <= self.keep <= 1:
            raise ArgumentError("keep", f"expected a share from 0 to 1. Received: {self.keep}")
        for pair in self.costs:
            for name, allowed in zip(pair, (labels, [*labels, NONE]), strict=True):
                if name not in allowed:
                    raise unknown_argument("costs", name, allowed, "class")

    def limit_of(self, name: str) -> float | None:
        """Returns the greatest share of false alarms that a class may give."""
        if name in self.max_false_alarms:
            return self.max_false_alarms[name]
        named = not self.min_recall or name in self.min_recall
        return self.max_false_alarms.get(EVERY) if named else None


def shares(flag: str, items: Sequence[str], may_lack_name: bool = False) -> dict[str, float]:
    """Parses `class=share` assignments.

    Args:
        flag: The flag's name, for messages.
        items: Such as `crack=0.95`.
        may_lack_name: Whether a share may stand alone; it has the empty name.

    Raises:
        SuiteError: If one is something else.
    """
    found: dict[str, float] = {}
    for item in items:
        name, equals, text = item.rpartition("=")
        share = _number(text)
        if share is None or not 0 <= share <= 1 or not (name if equals else may_lack_name):
            alone = " or a share alone" if may_lack_name else ""
            raise ArgumentError(flag, f"expected CLASS=SHARE{alone}, the share from 0 to 1. Received: '{item}'")
        if name in found:
            raise ArgumentError(flag, f"'{name or item}' is given twice")
        found[name] = share
    return found


def costs(text: str) -> dict[tuple[str, str], float]:
    """Parses the costs of errors.

    Args:
        text: `TRUE:ANSWER=COST`, several separated by commas; or the path of a CSV file, whose first row names the
            answers and whose first column the true classes. The answer `none` is none of these.

    Raises:
        SuiteError: If it is neither.
    """
    if text.endswith(".csv"):
        return _costs_of_file(text)
    found = {}
    for item in filter(None, text.split(",")):
        pair, _, cost = item.rpartition("=")
        truth, colon, answer = pair.partition(":")
        value = _number(cost)
        if not colon or value is None or value < 0:
            raise ArgumentError(
                "costs", f"expected TRUE:ANSWER=COST, such as crack:good=20, or a CSV file. Received: '{item}'"
            )
        found[truth, answer] = value
    return found


def _costs_of_file(path: str) -> dict[tuple[str, str], float]:
    try:
        rows = list(csv.reader(pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError("costs", f"cannot read '{path}': {getattr(error, 'strerror', None) or error}") from None
    rows = [row for row in rows if row]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise ArgumentError(
            "costs", f"'{path}' has no table: answers in the first row, true classes in the first column"
        )
    found = {}
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise ArgumentError("costs", f"'{path}': the row of '{row[0]}' has {len(row)} cells, not {len(rows[0])}")
        for answer, cell in zip(rows[0][1:], row[1:], strict=True):
            value = _number(cell)
            if value is None or value < 0:
                raise ArgumentError("costs", f"'{path}': expected a cost of at least 0. Received: '{cell}'")
            found[row[0].strip(), answer.strip()] = value
    return found


def cost_matrix(costs: Mapping[tuple[str, str], float], labels: Sequence[str]) -> Array:
    """Returns the cost of each true class and answer, `(classes, classes + 1)`, the last column for none of these.

    What is not given costs 0 where the answer is right, else 1.
    """
    answers = [*labels, NONE]
    matrix = 1.0 - np.eye(len(labels), len(answers))
    for (truth, answer), cost in costs.items():
        matrix[list(labels).index(truth), answers.index(answer)] = cost
    return matrix


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
