"""The ledger: top-1 of every model of a run on the same pictures, and what each step gained, lost and changed."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.predictions import Predictions
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.evaluate import metrics
from tfl_lite_suite.evaluate.paired_difference import Paired, compare

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


def rows(entries: Sequence[Entry]) -> list[JsonObject]:
    """Compares models.

    Args:
        entries: In the order in which they were made.

    Returns:
        For each `name`, `runtime`, `n`, `top1`, `balanced_accuracy`, `macro_f1`, `calibration_error`, and where it
        was made from another one `source`, with `agreement` (share of the pictures that both answer alike), `flips`
        (pictures answered otherwise), and `change`; then `against_float`, the change against the first baseline. A
        change has `gained` and `lost` (pictures), `points` (share), `ci95` and `verdict`, as `paired.Paired` has them;
        `metrics`, what `metrics.paired_intervals` says of the others; and `recall`, a change of each class that has
        pictures, by its `name`.

    Raises:
        SuiteError: If two models answered different pictures.
    """
    baseline = next((entry for entry in entries if entry.is_baseline), None)
    sources = _by_name(entries)
    found = []
    for entry in entries:
        row: JsonObject = {
            "name": entry.name,
            "runtime": entry.runtime,
            "n": len(entry.answers),
            "top1": entry.answers.accuracy,
            **_metrics(entry.answers),
            "source": entry.source,
            "against_float": None if baseline in (None, entry) else _change(baseline, entry),
        }
        source = sources.get(entry.source)
        if source is not None:
            changed = sum(map(int.__ne__, source.answers.top1, entry.answers.top1))
            row |= {
                "agreement": 1 - changed / len(entry.answers),
                "flips": changed,
                "change": _change(source, entry),
            }
        found.append(row)
    return found


def flips(before: Predictions, after: Predictions) -> list[dict[str, str]]:
    """Returns the pictures that two models answer otherwise: `key`, and the classes `label`, `before` and `after`."""
    names = [*before.class_names, "NaN"]
    shown = before.shown or [[label] for label in before.labels]
    return [
        {"key": key, "label": "|".join(names[label] for label in of_it), "before": names[old], "after": names[new]}
        for key, of_it, old, new in zip(before.keys, shown, before.top1, after.top1, strict=True)
        if old != new
    ]


def all_flips(entries: Sequence[Entry]) -> list[JsonObject]:
    """Returns the `flips` of each entry that was made from another one, with its `name`, `runtime` and `source`."""
    sources = _by_name(entries)
    return [
        {
            "name": entry.name,
            "runtime": entry.runtime,
            "source": entry.source,
            "flips": flips(sources[entry.source].answers, entry.answers),
        }
        for entry in entries
        if entry.source in sources
    ]


def _by_name(entries: Sequence[Entry]) -> dict[str | None, Entry]:
    """Returns the first entry of each name."""
    return {entry.name: entry for entry in reversed(entries)}


def _change(before: Entry | None, after: Entry) -> JsonObject:
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
    return {
        **_described(compare(first.right, second.right)),
        "metrics": of_metrics,
        "recall": [{"name": name, **_of_class(index, first, second)} for index, name in _present(first)],
    }


def _metrics(answers: Predictions) -> dict[str, float | None]:
    if answers.shown:
        sets = metrics.measure_sets(answers.shown, answers.answered, answers.class_names)
        return {
            "balanced_accuracy": sets.balanced_accuracy,
            "macro_f1": sets.macro_f1,
            "calibration_error": None,
        }
    labels, (top, sure) = np.array(answers.labels), _arrays(answers)
    found = metrics.measure(labels, top, answers.class_names)
    error = None if sure is None else metrics.calibration_error(sure, top == labels)
    return {"balanced_accuracy": found.balanced_accuracy, "macro_f1": found.macro_f1, "calibration_error": error}


def _arrays(answers: Predictions) -> tuple[Array, Array | None]:
    return np.array(answers.top1), np.array(answers.confidence) if answers.confidence else None


def _present(answers: Predictions) -> list[tuple[int, str]]:
    there = {label for classes in answers.shown for label in classes} if answers.shown else set(answers.labels)
    return [(index, name) for index, name in enumerate(answers.class_names) if index in there]


def _of_class(index: int, first: Predictions, second: Predictions) -> JsonObject:
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
    return _described(compare(*right))


def _described(found: Paired) -> JsonObject:
    return {
        "gained": found.gained,
        "lost": found.lost,
        "points": found.difference,
        "ci95": list(found.interval),
        "verdict": found.verdict,
    }


def table(found: Sequence[JsonObject]) -> Table:
    """Returns the rows of a ledger as a table."""
    lines = []
    for row in found:
        cells = [row["name"], row["runtime"], f"{100 * row['top1']:.2f} %"]
        if "change" in row:
            cells += [row["source"], _shown(row["change"]), f"{100 * row['agreement']:.2f} %", f"{row['flips']:,}"]
        else:
            cells += ["–"] * 4
        cells.append("–" if row["against_float"] is None else _shown(row["against_float"]))
        lines.append(cells)
    return Table(_HEADER, lines)


def _shown(change: JsonObject) -> str:
    least, most = change["ci95"]
    verdict = "" if change["verdict"] == "not shown" else f", a {change['verdict']}"
    return f"{100 * change['points']:+.2f} ({100 * least:+.2f} … {100 * most:+.2f}){verdict}"
