"""Shows what the benchmark's own machinery costs: the same model in the harness and in a bare loop, by turns.

Prints the ratio of the medians, the time the harness spends outside the model for each inference, and the time of
reading the clock. With LiteRT, the benchmark tool that its own package ships runs in every tenth round, each time in a
new process, where a model may lie better or worse in memory.

    python tools/bench_harness.py --model=FILE.tflite [--engine=litert] [--rounds=50]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from tfl_lite_suite.benchmark import timing
from tfl_lite_suite.benchmark.job import random_tensor
from tfl_lite_suite.runtime import engines, isolation

RUNS = 20
OWN_TOOL_RUNS = 200


def main() -> None:
    """Prints the table and, as its last line, one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="A .tflite file.")
    parser.add_argument("--engine", help="The first installed if absent.")
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    engine = given.engine or engines.default()
    found = isolation.call(lambda emit: rounds(given.model, engine, given.rounds), given.model)
    for name, value in found.items():
        print(f"{name:32} {value:.4g}" if value is not None else f"{name:32} not measured")
    print(json.dumps(found))


def rounds(path: str, engine: str, count: int) -> dict[str, Any]:
    """Runs the rounds; the order within a round alternates.

    Returns:
        Medians in microseconds, and ratios.
    """
    session = engines.get(engine).open(path)
    session.set_input(random_tensor(session.input, 0))
    timing.warm_up(session.run, most_seconds=1)
    harness, bare, outside, tool = [], [], [], []
    for number in range(count):
        for part in ("harness", "bare") if number % 2 == 0 else ("bare", "harness"):
            if part == "bare":
                bare.append(bare_loop(session.run))
                continue
            begin = time.perf_counter_ns()
            times = timing.measure(session.run, runs=RUNS, min_seconds=0)
            outside.append((time.perf_counter_ns() - begin - times.sum()) / RUNS)
            harness.append(float(np.median(times)))
        if engine == "litert" and number % 10 == 0:
            tool.append(own_tool_median_us(path))
    clock = float(np.median(timing.measure(lambda: None, runs=10_000, min_seconds=0)))
    return {
        "harness_us": float(np.median(harness)) / 1e3,
        "bare_loop_us": float(np.median(bare)) / 1e3,
        "harness_over_bare": float(np.median(np.array(harness) / bare)),
        "outside_us_an_inference": float(np.median(outside)) / 1e3,
        "clock_us": clock / 1e3,
        "own_tool_us": float(np.median(tool)) if tool else None,
        "harness_over_own_tool": float(np.median(harness) / 1e3 / np.median(tool)) if tool else None,
    }


def bare_loop(run: Any) -> float:
    """Returns the median nanoseconds of the plainest loop that anyone would write."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1e9


def own_tool_median_us(path: str) -> float:
    """Returns the median that LiteRT's own tool measures, in microseconds, with one thread."""
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        command = [sys.executable, "-m", "ai_edge_litert.tools.benchmark_litert_model", f"--model={path}"]
        command += [f"--num_runs={OWN_TOOL_RUNS}", "--warmup_runs=20", f"--result_json={result.name}"]
        subprocess.run(command, capture_output=True, check=True)
        return 1000 * float(json.load(result)["latency"]["median_ms"])


if __name__ == "__main__":
    main()
