"""The same recipe trained with several seeds, and two recipes compared seed by seed."""

import math
import statistics
from collections.abc import Sequence

from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

# Student's t, two-sided 95 %, for 1 to 10 degrees of freedom.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_Z95 = 1.959964
_HEADER = ("recipe", "model", "runtime", "seeds", "top-1", "against", "change, points", "better in")


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Returns the 95 % confidence interval of the mean, by Student's t; `None` for fewer than two values."""
    if len(values) < 2:
        return None
    half = _t95(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    middle = statistics.fmean(values)
    return middle - half, middle + half


def _t95(freedom: int) -> float:
    """Returns Student's t; above the table by its expansion around the normal value, to better than 0.003.

    Source: Abramowitz and Stegun, 1964, equation 26.7.5.
    """
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = _Z95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def summary(runs: Sequence[JsonObject]) -> list[JsonObject]:
    """Summarises the ledgers of several runs.

    Args:
        runs: `recipe`, `seed`, and the `ledger` of each run that ended.

    Returns:
        For each recipe and each of its models `recipe`, `name`, `runtime`, `seeds`, the mean `top1` and its `ci95`; and
        where the first recipe has a model of the same name and runtime, `against` it, by the seeds that both have:
        `points` (mean difference of top-1, a share), `points_ci95`, `better` (seeds in which it is better) and `of`.
    """
    top1: dict[str, dict[tuple[str, str], dict[int, float]]] = {}
    for run in runs:
        for entry in run["ledger"]:
            of_model = top1.setdefault(run["recipe"], {}).setdefault((entry["name"], entry["runtime"]), {})
            of_model[run["seed"]] = entry["top1"]
    first = next(iter(top1), None)
    rows: list[JsonObject] = []
    for recipe, models in top1.items():
        for (name, runtime), by_seed in models.items():
            values = list(by_seed.values())
            row: JsonObject = {"recipe": recipe, "name": name, "runtime": runtime, "seeds": list(by_seed)}
            row |= {"top1": statistics.fmean(values), "ci95": interval(values)}
            other = top1[first].get((name, runtime), {}) if first not in (None, recipe) else {}
            gains = [by_seed[seed] - other[seed] for seed in by_seed if seed in other]
            if gains:
                row |= {"against": first, "points": statistics.fmean(gains), "points_ci95": interval(gains)}
                row |= {"better": sum(gain > 0 for gain in gains), "of": len(gains)}
            rows.append(row)
    return rows


def table(rows: Sequence[JsonObject]) -> Table:
    """Returns a summary as a table."""
    lines = []
    for row in rows:
        cells = [row["recipe"], row["name"], row["runtime"], str(len(row["seeds"]))]
        cells.append(f"{100 * row['top1']:.2f} %{_shown(row['ci95'], '.2f')}")
        if "against" in row:
            cells += [row["against"], f"{100 * row['points']:+.2f}{_shown(row['points_ci95'], '+.2f')}"]
            cells.append(f"{row['better']} of {row['of']}")
        else:
            cells += ["–"] * 3
        lines.append(cells)
    return Table(_HEADER, lines)


def _shown(found: tuple[float, float] | None, form: str) -> str:
    return "" if found is None else f" ({100 * found[0]:{form}} … {100 * found[1]:{form}})"
