"""The timing loop: what runs between two readings of the clock is one inference and nothing else."""

import contextlib
import dataclasses
import gc
import time
from collections.abc import Callable, Iterator

import numpy as np

from tfl_lite_suite.core.types import Array

_WINDOW = 5
_STEADY = 0.02
_LEAST_WARMUP = 3
_MOST_WARMUP = 1000
_CHUNK = 256


@dataclasses.dataclass(frozen=True)
class Warmup:
    """How the warm-up went.

    Attributes:
        runs: Inferences before the timed ones.
        steady: Whether latency had settled when it ended.
    """

    runs: int
    steady: bool


def warm_up(run: Callable[[], object], *, most_seconds: float) -> Warmup:
    """Runs until the latency is steady.

    Steady means that the median of the last five runs is within 2 % of that of the five before.

    Args:
        run: One inference.
        most_seconds: Time after which to give up, after at least three runs.

    Returns:
        How many runs it took, and whether it came to rest.
    """
    clock = time.perf_counter_ns
    times: list[int] = []
    begin = clock()
    while len(times) < _MOST_WARMUP:
        start = clock()
        run()
        stop = clock()
        times.append(stop - start)
        if len(times) >= 2 * _WINDOW:
            before, last = sorted(times[-2 * _WINDOW : -_WINDOW])[2], sorted(times[-_WINDOW:])[2]
            if abs(last - before) <= _STEADY * before:
                return Warmup(len(times), True)
        if len(times) >= _LEAST_WARMUP and stop - begin > most_seconds * 1e9:
            break
    return Warmup(len(times), False)


def measure(run: Callable[[], object], *, runs: int, min_seconds: float) -> Array:
    """Times inferences one by one.

    Args:
        run: One inference.
        runs: Least number of inferences.
        min_seconds: Least time over which to go on, in seconds.

    Returns:
        The times in nanoseconds, int64, `(n,)` with n at least `runs`, in order.
    """
    finished: list[Array] = []
    count = 0
    with _no_garbage_collection():
        begin = time.perf_counter_ns()
        deadline = begin + int(min_seconds * 1e9)
        while count < runs or time.perf_counter_ns() < deadline:
            # Runs that must be made need no look at the deadline; of the others, each does.
            times = _time_chunk(run, runs - count, None) if count < runs else _time_chunk(run, _CHUNK, deadline)
            finished.append(times)
            count += len(times)
    return np.concatenate(finished)


def _time_chunk(run: Callable[[], object], count: int, deadline: int | None) -> Array:
    clock = time.perf_counter_ns
    times = [0] * count
    for index in range(count):
        start = clock()
        run()
        stop = clock()
        times[index] = stop - start
        if deadline is not None and stop > deadline:
            return np.array(times[: index + 1], np.int64)
    return np.array(times, np.int64)


def measure_pairs(
    first: Callable[[], object], second: Callable[[], object], *, pairs: int, min_seconds: float
) -> Array:
    """Times two models by turns: A B, B A, A B and so on.

    Args:
        first: One inference of the first model.
        second: One inference of the second.
        pairs: Least number of pairs.
        min_seconds: Least time over which to go on, in seconds.

    Returns:
        Nanoseconds, int64, `(n, 2)`: the first model's and the second's.
    """
    clock = time.perf_counter_ns
    times: list[tuple[int, int]] = []
    with _no_garbage_collection():
        deadline = clock() + int(min_seconds * 1e9)
        while len(times) < pairs or clock() < deadline:
            swapped = len(times) % 2
            one, other = (second, first) if swapped else (first, second)
            start = clock()
            one()
            middle = clock()
            other()
            stop = clock()
            pair = (middle - start, stop - middle)
            times.append(pair[::-1] if swapped else pair)
    return np.array(times, np.int64)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
