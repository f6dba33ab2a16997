"""Latency predicted from what operators cost, fitted on a device's own measurements of whole networks."""

import collections
import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size

# Fewer networks than this say how fast a device is, not which operators are dear on it.
LEAST_NETWORKS = 6
_RIDGE = 1e-4
_TOLERANCE = 1e-10


@dataclasses.dataclass(frozen=True)
class Timed:
    """One measurement.

    Attributes:
        size: The network.
        scheme: `float32` or `int8`.
        engine: What ran it.
        ms: Median latency in milliseconds.
        classes: Number of classes.
        memory: Peak resident bytes of the process, if known.
        joules: Energy of one inference, if known.
        device: What it ran on, in words.
    """

    size: Size
    scheme: str
    engine: str
    ms: float
    classes: int = 1000
    memory: int | None = None
    joules: float | None = None
    device: str = ""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A predicted latency.

    Attributes:
        ms: Milliseconds.
        engine: The engine that is fastest.
        error: Median relative error on networks that were held out; `None` where that is unknown.
        how: In words.
    """

    ms: float
    engine: str
    error: float | None
    how: str


class LatencyModel:
    """Predicts latency for one device."""

    def __init__(self, timed: Sequence[Timed], reference: Sequence[Timed] = ()) -> None:
        """Fits the model.

        Args:
            timed: Measurements on the device.
            reference: Of another device, whose model is scaled where the device's own measurements are too few.

        Raises:
            SuiteError: If there are too few measurements and no reference for their engine.
        """
        self._fits: dict[tuple[str, str], tuple[Array, float | None, str]] = {}
        groups: dict[tuple[str, str], list[Timed]] = collections.defaultdict(list)
        for row in timed:
            groups[row.engine, row.scheme].append(row)
        for (engine, scheme), rows in groups.items():
            if len({row.size.network for row in rows}) >= LEAST_NETWORKS:
                weights, error = fit(rows), held_out_error(rows)
                how = f"per-operator model of {len(rows)} measurements, error {percent(error, 0)} on held-out networks"
                self._fits[engine, scheme] = (weights, error, how)
            else:
                self._scale(engine, scheme, rows, reference)
        if not self._fits:
            raise ArgumentError(
                "device",
                f"too few measurements for a latency model: {len(timed)}. Measure the device with "
                "tools/measure_device.py, or benchmark a network of the suite by its name with litert",
            )

    def _scale(self, engine: str, scheme: str, rows: Sequence[Timed], reference: Sequence[Timed]) -> None:
        base = [row for row in reference if (row.engine, row.scheme) == (engine, scheme)]
        if not base:
            return
        weights = fit(base)
        ratios = [row.ms / (_features(row) @ weights) for row in rows]
        factor = statistics.geometric_mean(ratios)
        spread = max(ratios) / min(ratios)
        how = (
            f"{base[0].device or 'another device'}'s per-operator model times {factor:.2f}, from {len(rows)} "
            f"measurements of this device" + (f" whose ratios differ by {spread:.2f}" if len(rows) > 1 else "")
        )
        self._fits[engine, scheme] = (weights * factor, None, how + "; its error here is unknown")

    def predict(self, size: Size, scheme: str, classes: int) -> Prediction | None:
        """Returns the latency on the fastest engine; `None` where nothing of that scheme was measured."""
        features = np.array(costs.cost(size, classes).features)
        found = [
            Prediction(float(features @ weights), engine, error, how)
            for (engine, of), (weights, error, how) in self._fits.items()
            if of == scheme
        ]
        return min(found, key=lambda prediction: prediction.ms, default=None)

    @property
    def errors(self) -> dict[str, float | None]:
        """Median relative error on held-out networks, by engine and scheme."""
        return {f"{engine} {scheme}": error for (engine, scheme), (_, error, _) in self._fits.items()}


def _features(row: Timed) -> Array:
    return np.array(costs.cost(row.size, row.classes).features)


def fit(rows: Sequence[Timed]) -> Array:
    """Returns non-negative milliseconds a unit of each feature, by relative least squares with a little ridge."""
    matrix = np.stack([_features(row) / row.ms for row in rows])
    scale = matrix.max(axis=0)
    scale[scale == 0] = 1.0
    return non_negative(matrix / scale, np.ones(len(rows)), _RIDGE) / scale


def non_negative(matrix: Array, target: Array, ridge: float) -> Array:
    """Solves least squares with no negative solution, by the active-set method.

    Args:
        matrix: `(rows, columns)`.
        target: `(rows,)`.
        ridge: Weight of the solution's squares.

    Returns:
        The solution, `(columns,)`, none below 0.

    Source: Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
    """
    columns = matrix.shape[1]
    gram, right = matrix.T @ matrix + ridge * np.eye(columns), matrix.T @ target
    free, solution = np.zeros(columns, bool), np.zeros(columns)
    for _ in range(3 * columns):
        gradient = right - gram @ solution
        gradient[free] = -np.inf
        if gradient.max() <= _TOLERANCE:
            break
        free[gradient.argmax()] = True
        while True:
            trial = np.zeros(columns)
            trial[free] = np.linalg.solve(gram[np.ix_(free, free)], right[free])
            below = free & (trial <= 0)
            if not below.any():
                break
            # As far towards the trial as no number falls below zero; what reaches it is bound again.
            step = (solution[below] / (solution[below] - trial[below] + 1e-300)).min()
            solution = solution + step * (trial - solution)
            free &= solution > _TOLERANCE
            solution[~free] = 0.0
        solution = trial
    return solution


def held_out(rows: Sequence[Timed]) -> list[tuple[Timed, float]]:
    """Returns each measurement with its prediction by a model that never saw its network."""
    found = []
    for network in sorted({row.size.network for row in rows}):
        weights = fit([row for row in rows if row.size.network != network])
        found += [(row, float(_features(row) @ weights)) for row in rows if row.size.network == network]
    return found


def held_out_error(rows: Sequence[Timed]) -> float:
    """Returns the median relative error of `held_out`."""
    return statistics.median(abs(predicted / row.ms - 1) for row, predicted in held_out(rows))


def read(document: Any) -> list[Timed]:
    """Reads what `tools/measure_device.py` wrote.

    Args:
        document: `measurements`, each with `network`, `alpha`, `resolution`, `scheme`, `engine`, `ms`.
    """
    return [
        Timed(
            Size(row["network"], float(row["alpha"]), int(row["resolution"])),
            row["scheme"],
            row["engine"],
            float(row["ms"]),
            memory=row.get("peak_rss_bytes"),
            joules=row.get("energy_j"),
            device=str((row.get("device") or {}).get("board") or (row.get("device") or {}).get("cpu") or ""),
        )
        for row in document["measurements"]
    ]
