"""Two models run by turns, so that whatever slows the machine slows both."""

import dataclasses
import functools

import numpy as np

from tfl_lite_suite.benchmark import timing
from tfl_lite_suite.benchmark.job import Job, random_tensor
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime import engines, isolation
from tfl_lite_suite.runtime.isolation import Emit, one_inference
from tfl_lite_suite.runtime.machine import LoadWatch
from tfl_lite_suite.runtime.session import Session

ROUNDS = 12
_LEAST_PAIRS = 5
_PAIRS = 16
_LEAST_SECONDS = 0.1
_MOST_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Rounds:
    """What the rounds found.

    Attributes:
        ratios: Second over first in each round, `(rounds,)`.
        pairs_ns: For each round the times of `(first, second)`, int64 `(pairs, 2)`.
        reasons: Why the comparison does not count; empty if it does.
    """

    ratios: Array
    pairs_ns: list[Array]
    reasons: list[str]


def run(first: Job, second: Job, *, rounds: int = ROUNDS) -> Rounds:
    """Compares two models in several processes.

    Where the memory of a model lies decides a per cent or two of its speed, and stays for the life of a process: so
    each round is a process of its own, and opens the models in the other order than the round before.

    Args:
        first: The model that counts as 1; its `runs` and `min_seconds` are for all rounds together.
        second: The model compared with it.
        rounds: Processes.

    Returns:
        The rounds' ratios and times.
    """
    pairs_ns, reasons = [], []
    for number in range(rounds):
        work = functools.partial(_round, first, second, number, rounds)
        pairs, found = isolation.call(work, f"{first.title} beside '{second.model}'")
        pairs_ns.append(pairs)
        reasons.append(found)
    # Other processes only ever add time, and to the slow runs: the lower quartile holds still where the median jumps.
    quartiles = np.array([np.percentile(pairs, 25, axis=0) for pairs in pairs_ns])
    ratios = quartiles[:, 1] / quartiles[:, 0]
    # One disturbed round in twelve does not move a median; the comparison falls when a quarter of them are.
    disturbed = [found for found in reasons if found]
    counted = disturbed[-1] if 4 * len(disturbed) > rounds else []
    return Rounds(ratios, pairs_ns, [f"{len(disturbed)} of {rounds} rounds: {reason}" for reason in counted])


def _round(first: Job, second: Job, number: int, rounds: int, emit: Emit) -> tuple[Array, list[str]]:
    jobs = (first, second)
    sessions: dict[int, Session] = {}
    for index in (0, 1) if number % 2 == 0 else (1, 0):
        sessions[index] = engines.get(jobs[index].engine).open(
            jobs[index].model, threads=jobs[index].threads, kernels=jobs[index].kernels
        )
        sessions[index].set_input(random_tensor(sessions[index].input, first.seed))
    for session in sessions.values():
        with one_inference():
            session.run()
    watch = LoadWatch(first.threads)
    for session in sessions.values():
        timing.warm_up(session.run, most_seconds=0.2)
    once = timing.measure_pairs(sessions[0].run, sessions[1].run, pairs=1, min_seconds=0).sum() / 1e9
    pairs = timing.measure_pairs(
        sessions[0].run,
        sessions[1].run,
        pairs=max(_LEAST_PAIRS, min(_PAIRS, int(_MOST_SECONDS / once)), first.runs // rounds),
        min_seconds=max(_LEAST_SECONDS, first.min_seconds / rounds),
    )
    return pairs, watch.finish()[1]
