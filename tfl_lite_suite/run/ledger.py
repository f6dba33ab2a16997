"""The ledger: top-1 of every model of a run on the same pictures, and what each step gained, lost and changed."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.predictions import Predictions
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.evaluate import metrics
from tfl_lite_suite.evaluate.paired_difference import compare
from tfl_lite_suite.run.result import Flip, ModelFlips
from tfl_lite_suite.run.stage_results import Change, ClassChange, LedgerRow

_HEADER = (
    "model", "runtime", "top-1", "made from", "change (95 % interval), points", "same answers", "flipped",
    "against float",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model's answers.

    Attributes:
        name: The stage that made it, or the file's name.
        runtime: What ran it.
        answers: Its answers.
        source: Name of the Keras model that it was made from; `None` for a new one.
        is_baseline: Whether later models are compared with it.
    """

    name: str
    runtime: str
    answers: Predictions
    source: str | None = None
    is_baseline: bool = False


def rows(entries: Sequence[Entry]) -> list[LedgerRow]:
    """Compares models.

    Args:
        entries: In the order in which they were made.

    Returns:
        A row each; what compares it with its source is there where that is among the entries.

    Raises:
        SuiteError: If two models answered different pictures.
    """
    baseline = next((entry for entry in entries if entry.is_baseline), None)
    sources = _by_name(entries)
    found = []
    for entry in entries:
        row = LedgerRow(
            name=entry.name,
            runtime=entry.runtime,
            n=len(entry.answers),
            top1=entry.answers.accuracy,
            **_metrics(entry.answers),
            source=entry.source,
            against_float=None if baseline in (None, entry) else _change(baseline, entry),
        )
        source = sources.get(entry.source)
        if source is not None:
            flips = sum(map(int.__ne__, source.answers.top1, entry.answers.top1))
            agreement = 1 - flips / len(entry.answers)
            row = dataclasses.replace(row, agreement=agreement, flips=flips, change=_change(source, entry))
        found.append(row)
    return found


def flips(before: Predictions, after: Predictions) -> list[Flip]:
    """Returns the pictures that two models answer otherwise."""
    names = [*before.class_names, "NaN"]
    shown = before.shown or [[label] for label in before.labels]
    return [
        Flip(key, "|".join(names[label] for label in of_it), names[old], names[new])
        for key, of_it, old, new in zip(before.keys, shown, before.top1, after.top1, strict=True)
        if old != new
    ]


def all_flips(entries: Sequence[Entry]) -> list[ModelFlips]:
    """Returns the `flips` of each entry that was made from another one."""
    sources = _by_name(entries)
    return [
        ModelFlips(
            name=entry.name,
            runtime=entry.runtime,
            source=entry.source,
            flips=tuple(flips(sources[entry.source].answers, entry.answers)),
        )
        for entry in entries
        if entry.source in sources
    ]


def _by_name(entries: Sequence[Entry]) -> dict[str | None, Entry]:
    """Returns the first entry of each name."""
    return {entry.name: entry for entry in reversed(entries)}


def _change(before: Entry | None, after: Entry) -> Change:
    assert before is not None
    first, second = before.answers, after.answers
    if first.keys != second.keys or first.labels != second.labels:
        raise SuiteError(
            f"ledger: {before.name} and {after.name} answered different pictures. Delete the work folder's `evaluate` "
            "and run again"
        )
    # The intervals of the other metrics are for one label a picture.
    of_metrics = {}
    if not first.shown:
        classes = len(first.class_names)
        of_metrics = metrics.paired_intervals(np.array(first.labels), _arrays(first), _arrays(second), classes)
    found = compare(first.right, second.right)
    return Change(
        gained=found.gained,
        lost=found.lost,
        points=found.difference,
        ci95=found.interval,
        verdict=found.verdict,
        metrics=of_metrics,
        recall=tuple(_of_class(name, index, first, second) for index, name in _present(first)),
    )


def _metrics(answers: Predictions) -> JsonObject:
    if answers.shown:
        sets = metrics.measure_sets(answers.shown, answers.answered, answers.class_names)
        return {
            "balanced_accuracy": sets.balanced_accuracy,
            "macro_f1": sets.macro_f1,
            "calibration_error": None,
            "balanced_n": _balanced_n([item.n for item in sets.per_class]),
        }
    labels, (top, sure) = np.array(answers.labels), _arrays(answers)
    found = metrics.measure(labels, top, answers.class_names)
    error = None if sure is None else metrics.calibration_error(sure, top == labels)
    return {
        "balanced_accuracy": found.balanced_accuracy,
        "macro_f1": found.macro_f1,
        "calibration_error": error,
        "balanced_n": _balanced_n(np.bincount(labels).tolist()),
    }


def _balanced_n(counts: Sequence[int]) -> float:
    present = [count for count in counts if count]
    return len(present) ** 2 / sum(1 / count for count in present)


def _arrays(answers: Predictions) -> tuple[Array, Array | None]:
    return np.array(answers.top1), np.array(answers.confidence) if answers.confidence else None


def _present(answers: Predictions) -> list[tuple[int, str]]:
    there = {label for classes in answers.shown for label in classes} if answers.shown else set(answers.labels)
    return [(index, name) for index, name in enumerate(answers.class_names) if index in there]


def _of_class(name: str, index: int, first: Predictions, second: Predictions) -> ClassChange:
    right = [
        [index in given for of_it, given in zip(shown, answered, strict=True) if index in of_it]
        for shown, answered in (
            (
                answers.shown or [[label] for label in answers.labels],
                answers.answered or [[top] for top in answers.top1],
            )
            for answers in (first, second)
        )
    ]
    found = compare(*right)
    return ClassChange(
        name=name,
        gained=found.gained,
        lost=found.lost,
        points=found.difference,
        ci95=found.interval,
        verdict=found.verdict,
    )


def table(found: Sequence[LedgerRow]) -> Table:
    """Returns the rows of a ledger as a table."""
    lines = []
    for row in found:
        cells = [row.name, row.runtime, f"{100 * row.top1:.2f} %"]
        if row.change:
            agreement = "–" if row.agreement is None else f"{100 * row.agreement:.2f} %"
            cells += [row.source or "–", _shown(row.change), agreement, f"{row.flips or 0:,}"]
        else:
            cells += ["–"] * 4
        cells.append(_shown(row.against_float) if row.against_float else "–")
        lines.append(cells)
    return Table(_HEADER, lines)


def _shown(change: Change) -> str:
    least, most = change.ci95
    verdict = "" if change.verdict == "not shown" else f", a {change.verdict}"
    return f"{100 * change.points:+.2f} ({100 * least:+.2f} … {100 * most:+.2f}){verdict}"
