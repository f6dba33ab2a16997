"""This machine: the model runs in a forked child, this process watches temperature and energy meanwhile."""

import dataclasses
import functools
import os
import time
from typing import Any

import numpy as np

from tfl_lite_suite.benchmark import comparison, energy, statistics
from tfl_lite_suite.benchmark.job import PICTURE_SIZE, Job, Measurement, measure, profile
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.runtime import engines, isolation, machine
from tfl_lite_suite.runtime.session import ModelFile
from tfl_lite_suite.runtime.targets import Target

_CURVE_POINTS = 60
# How long operators are timed, and in how many runs.
_PROFILE_SECONDS, _LEAST_PROFILED, _MOST_PROFILED = 3.0, 5, 50


class Local(Target):
    """This machine."""

    def __init__(self, address: str = "", wheels: str | None = None) -> None:
        """See `Target`; `address` must be empty."""
        super().__init__(address, wheels)
        if address:
            raise SuiteError(f"--target: local takes no address. Received: 'local:{address}'")
        if wheels is not None:
            raise SuiteError("--wheels: only a target that installs the suite takes wheels, such as ssh:USER@HOST")

    def engines(self, names: list[str] | None) -> list[str]:
        """See `Target`: the first installed, unless others are asked for."""
        names = names or [engines.default()]
        for name in names:
            engines.get(name).require()
        return names

    def benchmark(self, job: Job, *, curve: bool = False) -> dict[str, Any]:
        """See `Target`."""
        file = _inspect(job)
        job = dataclasses.replace(job, contract=file.contract, normalization=file.normalization)
        startup_ms = _startup_ms(job.made_in_seconds)
        watcher = _Watcher(job.min_seconds)
        found = isolation.call(
            functools.partial(measure, job),
            job.title,
            on_event=watcher.event,
            on_tick=watcher.tick,
            limits=isolation.running(job.model),
        )
        document = _document(job, file.file_bytes, found, watcher, startup_ms)
        if curve:
            document["curve"] = _curve(found.raw_ns, watcher.history)
        if job.profile:
            _add_profile(document, job)
        return document

    def compare(self, first: Job, second: Job) -> dict[str, Any]:
        """See `Target`."""
        sizes = [_inspect(job).file_bytes for job in (first, second)]
        found = comparison.run(first, second)
        return _comparison_document(first, second, sizes, found)


TARGET = Local


def _inspect(job: Job) -> ModelFile:
    """Checks what can be checked before a process is started."""
    engine = engines.get(job.engine)
    engine.require()
    return engine.inspect(job.model)


def _comparison_document(first: Job, second: Job, sizes: list[int], found: comparison.Comparison) -> dict[str, Any]:
    ratio, low, high = statistics.ratio_interval(found.ratios)
    return {
        "engine": first.engine,
        "engine_version": engines.get(first.engine).version,
        "kernels": first.kernels,
        "device": machine.describe(),
        "target": "local",
        "threads": first.threads,
        "rounds": len(found.ratios),
        "pairs": sum(len(pairs) for pairs in found.pairs_ns),
        "models": [
            {"model": job.model, "model_bytes": size, "p50_ms": round(float(np.median(times)) / 1e6, 6)}
            for job, size, times in zip((first, second), sizes, np.concatenate(found.pairs_ns).T, strict=True)
        ],
        "ratio": ratio,
        "ratio_ci99": [low, high],
        "round_ratios": found.ratios.tolist(),
        "raw_ns": [pairs.tolist() for pairs in found.pairs_ns],
        "valid": not found.reasons,
        "warnings": found.reasons,
    }


@functools.cache
def _startup_ms(made_in_seconds: float) -> float | None:
    """Time from this process's start to its first measurement; later measurements in it count the same."""
    seconds = machine.seconds_since_process_start(os.getpid())
    return None if seconds is None else 1000 * (seconds - made_in_seconds)


class _Watcher:
    """What the idle parent notes while the child measures."""

    def __init__(self, seconds: float) -> None:
        self._progress = Progress("measuring", round(seconds))
        self.meter = energy.find()
        self.joules: float | None = None
        self.history: list[tuple[float, float | None, float | None]] = []
        self._begin: float | None = None

    def event(self, name: str) -> None:
        if name == "timed":
            self._begin = time.monotonic()
            if self.meter:
                self.meter.start()
        else:
            self.tick()
            self._begin = None
            self._progress.close()
            self.joules = self.meter.stop() if self.meter else None

    def tick(self) -> None:
        if self._begin is None:
            return
        if self.meter:
            self.meter.sample()
        now = time.monotonic() - self._begin
        self._progress.update(int(now))
        if not self.history or now - self.history[-1][0] >= 1:
            self.history.append((now, machine.temperature_c(), machine.frequency_mhz()))


def _document(
    job: Job, model_bytes: int, found: Measurement, watcher: _Watcher, startup_ms: float | None
) -> dict[str, Any]:
    raw_ms = found.raw_ns / 1e6
    summary = statistics.summarise(raw_ms, seed=job.seed)
    batch = found.input.shape[0] if found.input.shape else 1
    parts = {"process": startup_ms} | {key: value / 1e6 for key, value in found.cold_ns.items()}
    return {
        "model": job.model,
        "engine": job.engine,
        "engine_version": engines.get(job.engine).version,
        "kernels": job.kernels,
        "device": machine.describe(),
        "target": "local",
        "threads": job.threads,
        "input": {"shape": list(found.input.shape), "dtype": found.input.dtype},
        "warmup_runs": found.warmup.runs,
        "runs": len(raw_ms),
        "latency_ms": dataclasses.asdict(summary),
        "frames_per_s": 1000 * batch / summary.p50,
        "stages_ms": {
            "preprocessing": found.preprocessing_ms,
            "inference": summary.p50,
            "postprocessing": found.postprocessing_ms,
            "picture": list(PICTURE_SIZE),
        },
        "cold_start_ms": None if startup_ms is None else sum(filter(None, parts.values())),
        "cold_start_parts_ms": parts,
        "peak_rss_bytes": found.peak_rss_bytes,
        "arena_bytes": found.arena_bytes,
        "model_bytes": model_bytes,
        "energy_j": None if watcher.joules is None else watcher.joules / len(raw_ms),
        "energy_method": watcher.meter.method if watcher.meter else None,
        "load": found.load,
        "valid": not found.reasons,
        "warnings": found.reasons + found.remarks + _remarks(found, raw_ms),
        "seed": job.seed,
        "raw_ms": raw_ms.tolist(),
        "raw_ns": found.raw_ns.tolist(),
    }


def _add_profile(document: dict[str, Any], job: Job) -> None:
    """Adds the time of each operator; a runtime that does not tell it, or dies of it, costs the rest nothing."""
    runs = round(_PROFILE_SECONDS * 1000 / document["latency_ms"]["p50"])
    runs = max(_LEAST_PROFILED, min(runs, _MOST_PROFILED))
    document["profile"] = None
    try:
        document["profile"] = isolation.call(functools.partial(profile, job, runs), job.title)
    except SuiteError as error:
        document["warnings"].append(f"profile: {error}")


def _remarks(found: Measurement, raw_ms: np.ndarray) -> list[str]:
    """What does not make the measurement invalid, yet must be told."""
    remarks = statistics.unsteadiness(raw_ms)
    if not found.warmup.steady:
        remarks.append(f"latency was not steady after {found.warmup.runs} warm-up runs. Raise --min_seconds")
    return remarks


def _curve(raw_ns: np.ndarray, history: list[tuple[float, float | None, float | None]]) -> list[dict[str, Any]]:
    """Cuts a long measurement into equal spans of time, with the temperature and frequency read nearest to each."""
    ends = np.cumsum(raw_ns) / 1e9
    span = ends[-1] / _CURVE_POINTS
    points = []
    for number in range(_CURVE_POINTS):
        times = raw_ns[(ends > number * span) & (ends <= (number + 1) * span)]
        if not len(times):
            continue
        middle = (number + 0.5) * span
        _, temperature, frequency = min(history, key=lambda entry: abs(entry[0] - middle))
        points.append(
            {
                "seconds": round(middle, 3),
                "p50_ms": float(np.median(times)) / 1e6,
                "frames_per_s": len(times) / span,
                "temperature_c": temperature,
                "frequency_mhz": frequency,
            }
        )
    return points
