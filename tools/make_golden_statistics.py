"""Writes the golden summaries of measured times that the Python and the Java side must both produce.

Usage: python tools/make_golden_statistics.py
"""

import json
import pathlib

import numpy as np

from tfl_lite_suite.benchmark import statistics

FILE = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "statistics.json"
# Of steady, skewed and repeated times, and around the numbers at which the bootstrap changes.
COUNTS = (1, 2, 3, 5, 50, 999, 1001, 4000)
PERCENTS = (50, 90, 95, 99)


def cases() -> list[dict[str, object]]:
    """Returns times in milliseconds with what is to come out."""
    found = []
    draw = np.random.default_rng(7)
    for count in COUNTS:
        times = np.round(draw.gamma(2.0, 3.0, count) + 1, 4)
        summary = statistics.summarise(times)
        block, resamples = statistics.bootstrap_sizes(count)
        percentiles = [summary.p50, summary.p90, summary.p95, summary.p99]
        shown = times.tolist() if count <= 50 else None
        case = {"count": count, "block": block, "resamples": resamples}
        expected = {"times": shown, "mean": summary.mean, "std": summary.std, "percentiles": percentiles}
        found.append({**case, **expected} if shown else case)
    return found


def content() -> str:
    """Returns the file."""
    return json.dumps({"percents": PERCENTS, "cases": cases()}, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
