"""The same recipe tested on each part of all pictures in turn, summed up in one table."""

import dataclasses
import statistics
from collections.abc import Sequence

from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.result import Interval, Result, Share, omitted
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.evaluate.metrics import wilson
from tfl_lite_suite.run.seed_comparison import LedgerOfRun, interval
from tfl_lite_suite.run.stage_results import LedgerRow

_HEADER = ("recipe", "model", "runtime", "folds", "top-1", "balanced accuracy", "macro F1", "worst fold, top-1")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FoldsRow(Result):
    """A model over the folds.

    An interval covers two: Student's t over the folds, which takes them as independent, though their training pictures
    overlap; and Wilson's over all pictures tested, which does not shrink to nothing where every fold is the same.
    For balanced accuracy and macro F1 the pictures count that leave as much to chance (`LedgerRow.balanced_n`).

    Attributes:
        recipe: The recipe's name.
        name: The model's name.
        runtime: What ran it.
        folds: Numbers of the folds.
        top1: The mean over them.
        top1_ci95: Its 95 % interval; `None` for one fold.
        top1_folds: The value of each fold.
        balanced_accuracy: As `top1`; absent where a fold has none.
        balanced_accuracy_ci95: As `top1_ci95`.
        balanced_accuracy_folds: As `top1_folds`.
        macro_f1: As `balanced_accuracy`.
        macro_f1_ci95: As `top1_ci95`.
        macro_f1_folds: As `top1_folds`.
    """

    recipe: str
    name: str
    runtime: str
    folds: tuple[int, ...]
    top1: Share
    top1_ci95: Interval | None
    top1_folds: tuple[float, ...]
    balanced_accuracy: Share | None = omitted()
    balanced_accuracy_ci95: Interval | None = omitted()
    balanced_accuracy_folds: tuple[float, ...] | None = omitted()
    macro_f1: Share | None = omitted()
    macro_f1_ci95: Interval | None = omitted()
    macro_f1_folds: tuple[float, ...] | None = omitted()


def summary(runs: Sequence[LedgerOfRun]) -> list[FoldsRow]:
    """Summarises the ledgers of the folds: a row for each model."""
    found: dict[tuple[str, str, str], list[tuple[int, LedgerRow]]] = {}
    for run in runs:
        for row in run.rows:
            found.setdefault((run.recipe, row.name, row.runtime), []).append((run.fold, row))
    return [_row(*model, of_model) for model, of_model in found.items()]


def _row(recipe: str, name: str, runtime: str, of_model: Sequence[tuple[int, LedgerRow]]) -> FoldsRow:
    rows = [row for _, row in of_model]
    top1 = [row.top1 for row in rows]
    found = FoldsRow(
        recipe=recipe,
        name=name,
        runtime=runtime,
        folds=tuple(fold for fold, _ in of_model),
        top1=statistics.fmean(top1),
        top1_ci95=_interval(top1, [row.n for row in rows]),
        top1_folds=tuple(top1),
    )
    worth = [row.balanced_n or row.n for row in rows]
    for figure in ("balanced_accuracy", "macro_f1"):
        values = [value for row in rows if (value := getattr(row, figure)) is not None]
        if len(values) == len(rows):
            of_folds: JsonObject = {figure: statistics.fmean(values), f"{figure}_folds": tuple(values)}
            found = dataclasses.replace(found, **of_folds | {f"{figure}_ci95": _interval(values, worth)})
            found = found if len(values) > 1 else found.with_null(f"{figure}_ci95")
    return found


def _interval(values: Sequence[float], pictures: Sequence[float]) -> Interval | None:
    over_folds = interval(values)
    over_pictures = wilson(statistics.fmean(values) * sum(pictures), sum(pictures))
    if over_folds is None or over_pictures is None:
        return over_folds
    return max(0.0, min(over_folds[0], over_pictures[0])), min(1.0, max(over_folds[1], over_pictures[1]))


def table(rows: Sequence[FoldsRow]) -> Table:
    """Returns a summary as a table."""
    lines = []
    for row in rows:
        cells = [row.recipe, row.name, row.runtime, str(len(row.folds)), _shown(row.top1, row.top1_ci95)]
        cells += [_shown(row.balanced_accuracy, row.balanced_accuracy_ci95), _shown(row.macro_f1, row.macro_f1_ci95)]
        lines.append([*cells, f"{100 * min(row.top1_folds):.2f} %"])
    return Table(_HEADER, lines)


def _shown(mean: float | None, found: tuple[float, ...] | None) -> str:
    if mean is None:
        return "–"
    return f"{100 * mean:.2f} %" + (f" ({100 * found[0]:.2f} … {100 * found[1]:.2f})" if found else "")
