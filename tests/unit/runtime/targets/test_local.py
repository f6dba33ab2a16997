import os
import re
import signal

import numpy as np
import pytest

from tfl_lite_suite.benchmark import timing
from tfl_lite_suite.benchmark.job import Job, Recorded
from tfl_lite_suite.benchmark.result import Profile
from tfl_lite_suite.runtime import machine
from tfl_lite_suite.runtime.targets import local
from tfl_lite_suite.tflite.graph import TensorSpec


def recorded(raw_ns, reasons=()):
    return Recorded(
        raw_ns=np.asarray(raw_ns, np.int64),
        warmup=timing.Warmup(12, True),
        cold_ns={"runtime": 2_000_000, "model": 3_000_000, "first_inference": 5_000_000},
        input=TensorSpec.per_tensor("image", (2, 8, 8, 3), "int8", 1.0, -128),
        preprocessing_ms=1.5,
        postprocessing_ms=0.1,
        peak_rss_bytes=1000,
        arena_bytes=None,
        load={"others": 0.0, "waiting": 0.0, "steal": 0.0},
        reasons=list(reasons),
    )


def measured(found, joules=None):
    watcher = local._Watcher(0.1)
    watcher.joules = joules
    return local._measurement(Job("x.tflite", "litert"), 77, found, watcher, 90.0)


def test_the_document_adds_up():
    found = measured(recorded([2_000_000] * 10), joules=5.0)
    assert found.cold_start_ms == 100.0
    assert found.latency_ms.p50 == found.stages_ms.inference == 2.0
    assert found.frames_per_s == 1000.0  # Two pictures an inference.
    assert found.energy_j == 0.5
    assert found.valid and found.warnings == ()


def test_reasons_come_first_among_the_warnings():
    found = measured(recorded([1_000_000, 9_000_000] * 50, ["it was hot"]))
    assert not found.valid
    assert found.warnings[0] == "it was hot" and "latency varies" in found.warnings[1]


def test_the_curve_follows_the_time():
    slow_later = [10_000_000] * 300 + [20_000_000] * 150
    history = [(0.0, 40.0, 1500.0), (3.0, 60.0, 1500.0), (5.9, 85.0, 900.0)]
    curve = local._curve(np.array(slow_later), history)
    assert len(curve) == 60
    assert (curve[0].p50_ms, curve[-1].p50_ms) == (10.0, 20.0)
    assert (curve[0].temperature_c, curve[-1].frequency_mhz) == (40.0, 900.0)
    assert curve[0].frames_per_s == pytest.approx(100, rel=0.1)


def test_making_the_model_is_no_part_of_the_start(monkeypatch):
    monkeypatch.setattr(machine, "seconds_since_process_start", lambda pid: 7.0)
    local._startup_ms.cache_clear()
    try:
        assert local._startup_ms(6.5) == 500.0
    finally:
        local._startup_ms.cache_clear()


def test_a_profile_that_kills_its_process_costs_the_rest_nothing(monkeypatch):
    monkeypatch.setattr(local, "profile", lambda job, runs, emit: os.kill(os.getpid(), signal.SIGSEGV))
    found = local.with_profile(measured(recorded([2_000_000] * 10)), Job("x.tflite", "litert"))
    assert found.document()["profile"] is None and found.valid
    assert found.warnings[0].startswith("profile: 'x.tflite' on litert: the model killed the runtime: SIGSEGV")


@pytest.mark.parametrize(("ms", "runs"), [(0.01, 50), (100.0, 30), (5000.0, 5)])
def test_a_slow_model_is_profiled_in_fewer_runs(monkeypatch, ms, runs):
    monkeypatch.setattr(local, "profile", lambda job, runs, emit: Profile("a clock", 1, runs, 1, ()))
    found = local.with_profile(measured(recorded([int(ms * 1e6)] * 10)), Job("x.tflite", "litert"))
    assert found.profile.runs == runs


def test_the_schema_documents_every_key():
    with open("docs/benchmark_schema.md", encoding="utf-8") as file:
        documented = set(re.findall(r"`(\w+)`", file.read()))
    assert set(measured(recorded([1, 2, 3])).document()) <= documented
