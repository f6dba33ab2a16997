"""Summaries of measured times. Knows nothing of how they were measured or are printed."""

import math

import numpy as np

from tfl_lite_suite.benchmark.result import Latency
from tfl_lite_suite.core.types import Array

_MOST_RESAMPLED = 1_000_000


def summarise(times_ms: Array, *, seed: int = 0) -> Latency:
    """Summarises times.

    Args:
        times_ms: `(n,)` with n at least 1, in milliseconds, in the order measured.
        seed: Of the bootstrap.

    Returns:
        The summary; percentiles are NumPy's, with linear interpolation.
    """
    p50, p90, p95, p99 = np.percentile(times_ms, (50, 90, 95, 99))
    return Latency(
        mean=float(times_ms.mean()),
        std=float(times_ms.std(ddof=1)) if len(times_ms) > 1 else 0.0,
        min=float(times_ms.min()),
        p50=float(p50),
        p90=float(p90),
        p95=float(p95),
        p99=float(p99),
        max=float(times_ms.max()),
        ci95=median_interval(times_ms, seed=seed),
    )


def median_interval(values: Array, *, confidence: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Estimates an interval of the median by a bootstrap over blocks.

    Neighbouring times are alike, so blocks of ∛n neighbours are drawn, not single times, which would give too narrow
    an interval.

    Args:
        values: `(n,)`, in the order measured.
        confidence: Share of such intervals that hold the true median.
        seed: Of the draws: the same values and seed give the same interval.

    Returns:
        The lower and upper end.

    Source: Künsch, 1989, https://doi.org/10.1214/aos/1176347265, section 2.3 (the blocks bootstrap).
    """
    n = len(values)
    block, resamples = bootstrap_sizes(n)
    blocks = math.ceil(n / block)
    starts = np.random.default_rng(seed).integers(0, n - block + 1, (resamples, blocks))
    drawn = values[(starts[:, :, None] + np.arange(block)).reshape(resamples, -1)[:, :n]]
    low, high = np.percentile(np.median(drawn, axis=1), (50 - 50 * confidence, 50 + 50 * confidence))
    return float(low), float(high)


def bootstrap_sizes(n: int) -> tuple[int, int]:
    """Returns how many neighbours a block of the bootstrap over `n` times has, and how often they are drawn again."""
    return max(1, round(n ** (1 / 3))), min(1000, max(100, _MOST_RESAMPLED // n))


def ratio_interval(ratios: Array, *, confidence: float = 0.99) -> tuple[float, float, float]:
    """Estimates a ratio from independent rounds, whatever their distribution.

    Args:
        ratios: `(rounds,)`, each round's ratio.
        confidence: Share of such intervals that hold the true median at least; rounds too few for it give the whole
            range.

    Returns:
        The median, and the lower and upper end of its interval: two order statistics, chosen by the binomial
        distribution.
    """
    ordered, n = np.sort(ratios), len(ratios)
    outside, skip = 0.0, 0
    while skip < (n - 1) // 2:
        outside += 2 * math.comb(n, skip) / 2**n
        if outside > 1 - confidence:
            break
        skip += 1
    skip = max(skip - 1, 0)
    return float(np.median(ordered)), float(ordered[skip]), float(ordered[n - 1 - skip])


def unsteadiness(times_ms: Array) -> list[str]:
    """Returns one line for each sign that the times do not come from one steady state."""
    found = []
    p50, p90 = np.percentile(times_ms, (50, 90))
    if len(times_ms) >= 10 and p90 > 1.2 * p50:
        found.append(
            f"latency varies: p90 is {p90 / p50 - 1:.0%} above the median. Close other programs, measure "
            "longer with benchmark --min_seconds=…, "
            "or set the CPU governor to performance"
        )
    third = len(times_ms) // 3
    if third >= 10:
        drift = np.median(times_ms[-third:]) / np.median(times_ms[:third]) - 1
        if abs(drift) > 0.1:
            found.append(
                f"latency drifted by {drift:+.0%} from the first to the last third of the runs. "
                "Measure longer with benchmark --min_seconds=…; if it only rises, cool the device"
            )
    return found
