"""The same recipe trained with several seeds, and two recipes compared seed by seed."""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.result import Interval, Result, Share, omitted
from tfl_lite_suite.run.stage_results import LedgerRow

# Student's t, two-sided 95 %, for 1 to 10 degrees of freedom.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_Z95 = 1.959964
_HEADER = ("recipe", "model", "runtime", "seeds", "top-1", "against", "change, points", "better in")


@dataclasses.dataclass(frozen=True)
class LedgerOfRun:
    """The ledger of a run that ended.

    Attributes:
        recipe: The recipe's name.
        seed: Its seed.
        fold: Its number in a cross-validation.
        rows: The ledger.
    """

    recipe: str
    seed: int
    fold: int
    rows: Sequence[LedgerRow]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeedsRow(Result):
    """A model over the seeds that it was trained with.

    Attributes:
        recipe: The recipe's name.
        name: The model's name.
        runtime: What ran it.
        seeds: The seeds.
        top1: The mean over them.
        ci95: Its 95 % interval; `None` for one seed.
        against: The first recipe, where it has a model of the same name and runtime, with seeds that both have.
        points: Mean difference of top-1 by seed, as a share.
        points_ci95: Its 95 % interval.
        better: Seeds in which it is better.
        of: Seeds that both have.
    """

    recipe: str
    name: str
    runtime: str
    seeds: tuple[int, ...]
    top1: Share
    ci95: Interval | None
    against: str | None = omitted()
    points: float | None = omitted()
    points_ci95: Interval | None = omitted()
    better: int | None = omitted()
    of: int | None = omitted()


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


def summary(runs: Sequence[LedgerOfRun]) -> list[SeedsRow]:
    """Summarises the ledgers of several runs: a row for each recipe and each of its models."""
    top1: dict[str, dict[tuple[str, str], dict[int, float]]] = {}
    for run in runs:
        for row in run.rows:
            of_model = top1.setdefault(run.recipe, {}).setdefault((row.name, row.runtime), {})
            of_model[run.seed] = row.top1
    first = next(iter(top1), "")
    rows = list[SeedsRow]()
    for recipe, models in top1.items():
        for (name, runtime), by_seed in models.items():
            values = list(by_seed.values())
            mean, of_mean = statistics.fmean(values), interval(values)
            found = SeedsRow(recipe=recipe, name=name, runtime=runtime, seeds=tuple(by_seed), top1=mean, ci95=of_mean)
            rows.append(
                found if recipe == first else _compared(found, by_seed, first, top1[first].get((name, runtime), {}))
            )
    return rows


def _compared(row: SeedsRow, by_seed: dict[int, float], first: str, other: dict[int, float]) -> SeedsRow:
    """Returns a row with what compares it with the first recipe's, by the seeds that both have."""
    gains = [top1 - other[seed] for seed, top1 in by_seed.items() if seed in other]
    if not gains:
        return row
    found = dataclasses.replace(row, against=first, points=statistics.fmean(gains), points_ci95=interval(gains))
    found = dataclasses.replace(found, better=sum(gain > 0 for gain in gains), of=len(gains))
    return found if found.points_ci95 else found.with_null("points_ci95")


def table(rows: Sequence[SeedsRow]) -> Table:
    """Returns a summary as a table."""
    lines = []
    for row in rows:
        cells = [row.recipe, row.name, row.runtime, str(len(row.seeds))]
        cells.append(f"{100 * row.top1:.2f} %{_shown(row.ci95, '.2f')}")
        if row.against is not None and row.points is not None:
            cells += [row.against, f"{100 * row.points:+.2f}{_shown(row.points_ci95, '+.2f')}"]
            cells.append(f"{row.better} of {row.of}")
        else:
            cells += ["–"] * 3
        lines.append(cells)
    return Table(_HEADER, lines)


def _shown(found: tuple[float, ...] | None, form: str) -> str:
    return "" if found is None else f" ({100 * found[0]:{form}} … {100 * found[1]:{form}})"
