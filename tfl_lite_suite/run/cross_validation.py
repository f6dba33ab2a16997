"""The same recipe tested on each part of all pictures in turn, summed up in one table."""

import statistics
from collections.abc import Sequence

from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.seed_comparison import interval

FIGURES = ("top1", "balanced_accuracy", "macro_f1")
_HEADER = ("recipe", "model", "runtime", "folds", "top-1", "balanced accuracy", "macro F1", "worst fold, top-1")


def summary(runs: Sequence[JsonObject]) -> list[JsonObject]:
    """Summarises the ledgers of the folds.

    Args:
        runs: `recipe`, `fold`, and the `ledger` of each run that ended.

    Returns:
        For each model `recipe`, `name`, `runtime`, `folds`, and of each of `FIGURES` that every fold has the mean, its
        95 % interval over the folds (`top1_ci95`) and the value of each fold (`top1_folds`). The interval takes the
        folds as independent, which they are not quite: their training pictures overlap.
    """
    found: dict[tuple[str, str, str], list[tuple[int, JsonObject]]] = {}
    for run in runs:
        for entry in run["ledger"]:
            found.setdefault((run["recipe"], entry["name"], entry["runtime"]), []).append((run["fold"], entry))
    rows = []
    for (recipe, name, runtime), entries in found.items():
        row: JsonObject = {
            "recipe": recipe,
            "name": name,
            "runtime": runtime,
            "folds": [fold for fold, _ in entries],
        }
        for figure in FIGURES:
            values = [float(entry[figure]) for _, entry in entries if entry.get(figure) is not None]
            if len(values) == len(entries):
                row |= {figure: statistics.fmean(values), f"{figure}_ci95": interval(values), f"{figure}_folds": values}
        rows.append(row)
    return rows


def table(rows: Sequence[JsonObject]) -> Table:
    """Returns a summary as a table."""
    lines = []
    for row in rows:
        cells = [row["recipe"], row["name"], row["runtime"], str(len(row["folds"]))]
        cells += [_shown(row, figure) for figure in FIGURES]
        lines.append([*cells, f"{100 * min(row['top1_folds']):.2f} %"])
    return Table(_HEADER, lines)


def _shown(row: JsonObject, figure: str) -> str:
    if figure not in row:
        return "–"
    found = row[f"{figure}_ci95"]
    return f"{100 * row[figure]:.2f} %" + (f" ({100 * found[0]:.2f} … {100 * found[1]:.2f})" if found else "")
