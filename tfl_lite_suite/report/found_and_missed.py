"""What the user asked for first: how much of each class is found, what it is mistaken for, and pictures of it."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.document import details, text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.predictions import Predictions
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.evaluate.result import DecidedFigures, Figures, UnknownFigures
from tfl_lite_suite.report import flipped_pictures

MOST_PICTURES = 24
_PER_CLASS = 2
_MOST_CLASSES = 40
_HEADER = ("class", "pictures", "recall (95 %)", "precision", "F1", "most often taken for")
_NONE = "none of these"


@dataclasses.dataclass(frozen=True)
class Missed:
    """A picture that is answered wrongly.

    Attributes:
        key: Its name.
        label: Its class.
        answer: What was answered.
        confidence: Probability of the class with the greatest score.
    """

    key: str
    label: str
    answer: str
    confidence: float


def summary(accuracy: Figures, decided: DecidedFigures | None = None, unknown: UnknownFigures | None = None) -> str:
    """Returns a table of the classes, the weakest first where they are many, and what the decision does.

    Args:
        accuracy: From `evaluate`; of an earlier release without recall, the answer is empty.
        decided: What the file's decision does, if it has one.
        unknown: What it does with pictures of none of the classes, if there were any.
    """
    known = [(item.recall, item) for item in accuracy.per_class if item.n and item.recall is not None]
    if not known:
        return ""
    order = sorted(known, key=lambda pair: pair[0])[:_MOST_CLASSES]
    mistaken = _mistaken(accuracy, decided)
    rows = [
        [
            item.name,
            f"{item.n:,}",
            f"{percent(recall)} ({' … '.join(map(percent, item.recall_ci95 or ()))})",
            percent(item.precision),
            percent(item.f1),
            mistaken.get(item.name, "–"),
        ]
        for recall, item in order
    ]
    words = [
        f"Balanced accuracy {percent(accuracy.balanced_accuracy)}, macro F1 {percent(accuracy.macro_f1)}, "
        f"calibration error {percent(accuracy.calibration_error)}."
    ]
    if decided is not None:
        words.append(
            f"By the decision in the file {percent(decided.coverage)} of the pictures get an answer, and "
            f"{percent(decided.accuracy)} of these answers are right."
        )
    if unknown is not None:
        words.append(
            f"Of {unknown.n:,} pictures of none of the classes {percent(unknown.false_alarms)} get an answer all "
            "the same."
        )
    return f"<p>{text(' '.join(words))}</p>{Table(_HEADER, rows).html()}"


def _mistaken(accuracy: Figures, decided: DecidedFigures | None) -> dict[str, str]:
    """Returns for each class what it is taken for most often, and how often."""
    counts = (decided and decided.confusion) or accuracy.confusion
    names = [item.name for item in accuracy.per_class]
    if not counts or len(counts) != len(names):
        return {}
    answers, found = [*names, _NONE], {}
    for place, row in enumerate(counts):
        others = [(count, answers[index]) for index, count in enumerate(row) if index != place and count]
        if others:
            count, name = max(others, key=lambda pair: pair[0])
            found[names[place]] = f"{name} ({count:,})"
    return found


def worst(answers: Predictions) -> list[Missed]:
    """Returns the errors of each class that the model is surest of, two a class, the surest first.

    Args:
        answers: A file's answers; with its decision's where it has one.
    """
    names = [*answers.class_names, _NONE]
    given = answers.answer or answers.top1
    sure = answers.confidence or (0.0,) * len(answers)
    found: dict[int, list[Missed]] = {}
    for place in np.argsort(-np.array(sure), kind="stable"):
        label, answer = answers.labels[place], given[place]
        if label >= 0 and label != answer and len(found.setdefault(label, [])) < _PER_CLASS:
            found[label].append(Missed(answers.keys[place], names[label], names[answer], sure[place]))
    missed = [item for items in found.values() for item in items]
    return sorted(missed, key=lambda item: -item.confidence)[:MOST_PICTURES]


def cards(missed: Sequence[Missed], pictures: Mapping[str, Array], maps: Mapping[str, Array]) -> str:
    """Returns a card an error.

    Args:
        missed: From `worst`.
        pictures: Pixels by key, uint8 `(height, width, 1 or 3)`.
        maps: The same with what spoke for the answer drawn over it, by key.
    """
    parts = []
    for item in missed:
        shown = [given[item.key] for given in (pictures, maps) if item.key in given]
        images = "".join(f'<img alt="" src="{flipped_pictures.data_uri(pixels)}">' for pixels in shown)
        parts.append(
            f'<div class="card">{images}<div><p><b>{text(item.label)}</b> <span class="dim">{text(item.key)}</span></p>'
            f"<p>taken for {text(item.answer)}, {percent(item.confidence)}</p></div></div>"
        )
    if not parts:
        return ""
    words = "The errors of each class that the file is surest of, each with what speaks for its most probable class."
    return details("Pictures that are missed", f'<p class="dim">{words}</p><div class="cards">{"".join(parts)}</div>')
