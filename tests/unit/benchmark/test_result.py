import dataclasses

import quadrant_models
import round_trips

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement
from tfl_lite_suite.runtime.targets.local import Local


def test_what_benchmark_measures_is_kept(tmp_path):
    path = tmp_path / "x.tflite"
    # An inference of a microsecond would give a million times to read and write.
    path.write_bytes(quadrant_models.quadrants(copies=400))
    job = Job(str(path), "litert", runs=5, min_seconds=0)
    made = Local().benchmark(job)
    assert Measurement.from_json(made.to_json()) == made
    measured = round_trips.check(Measurement, made)
    assert len(measured.raw_ms) == measured.runs and measured.latency_ms.ci95[0] <= measured.latency_ms.p50
    both = Local().compare(job, dataclasses.replace(job))
    assert Comparison.from_json(both.to_json()) == both
    compared = round_trips.check(Comparison, both)
    assert compared.ratio > 0 and len(compared.models) == 2
