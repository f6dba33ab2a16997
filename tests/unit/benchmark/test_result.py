import dataclasses

import quadrant_models
import round_trips

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement
from tfl_lite_suite.runtime.targets.local import Local


def test_what_benchmark_measures_is_kept(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(quadrant_models.quadrants())
    job = Job(str(path), "litert", runs=5, min_seconds=0)
    measured = round_trips.check(Measurement, Local().benchmark(job))
    assert len(measured.raw_ms) == measured.runs and measured.latency_ms.ci95[0] <= measured.latency_ms.p50
    compared = round_trips.check(Comparison, Local().compare(job, dataclasses.replace(job)))
    assert compared.ratio > 0 and len(compared.models) == 2
