import gc
import time

import numpy as np

from tfl_lite_suite.benchmark import timing


def test_measures_at_least_the_runs_asked_for():
    calls = []
    times = timing.measure(lambda: calls.append(gc.isenabled()), runs=700, min_seconds=0)
    assert len(times) == len(calls) == 700
    assert times.dtype == np.int64 and (times > 0).all()
    assert not any(calls) and gc.isenabled()


def test_goes_on_for_the_time_asked_for():
    begin = time.perf_counter()
    times = timing.measure(lambda: time.sleep(0.001), runs=1, min_seconds=0.1)
    assert time.perf_counter() - begin >= 0.1
    # On a busy machine one call may take all of the time.
    assert (len(times) > 1 or times[0] >= 100_000_000) and times.min() >= 1_000_000


def test_the_collector_is_on_again_after_an_error():
    try:
        timing.measure(lambda: 1 / 0, runs=1, min_seconds=0)
    except ZeroDivisionError:
        pass
    assert gc.isenabled()


def test_warm_up_ends_when_the_latency_is_steady(monkeypatch):
    clock = [0]
    monkeypatch.setattr(timing.time, "perf_counter_ns", lambda: clock[0])
    pauses = iter([1000, 500, 300, 200, 150] + [100] * 1000)

    def run():
        clock[0] += next(pauses)

    assert timing.warm_up(run, most_seconds=60) == timing.Warmup(13, True)


def test_warm_up_gives_up_in_the_end(monkeypatch):
    clock = [0]
    monkeypatch.setattr(timing.time, "perf_counter_ns", lambda: clock[0])
    pauses = iter(int(1e6 * 1.1**number) for number in range(10_000))

    def run():
        clock[0] += next(pauses)

    warmup = timing.warm_up(run, most_seconds=0.1)
    assert not warmup.steady and warmup.runs >= 3 and clock[0] > 100_000_000


def test_pairs_swap_their_order():
    order = []
    pairs = timing.measure_pairs(lambda: order.append("a"), lambda: order.append("b"), pairs=4, min_seconds=0)
    assert "".join(order) == "abbaabba"
    assert pairs.shape == (4, 2) and (pairs > 0).all()
