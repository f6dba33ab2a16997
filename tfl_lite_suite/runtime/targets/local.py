"""This machine: the model runs in a forked child, this process watches temperature and energy meanwhile."""

import dataclasses
import functools
import os
import time

import numpy as np

from tfl_lite_suite.benchmark import comparison, energy, statistics
from tfl_lite_suite.benchmark.job import PICTURE_SIZE, Job, Recorded, measure, profile
from tfl_lite_suite.benchmark.result import (
    ComparedModel,
    Comparison,
    CurvePoint,
    Device,
    InputTensor,
    Measurement,
    StageTimes,
    without_profile,
)
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array
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
            raise ArgumentError("target", f"local takes no address. Received: 'local:{address}'")
        if wheels is not None:
            raise ArgumentError("wheels", "only a target that installs the suite takes wheels, such as ssh:USER@HOST")

    def engines(self, names: list[str] | None) -> list[str]:
        """See `Target`: the first installed, unless others are asked for."""
        names = names or [engines.default()]
        for name in names:
            engines.get(name).require()
        return names

    def benchmark(self, job: Job, *, curve: bool = False) -> Measurement:
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
        measured = _measurement(job, file.file_bytes, found, watcher, startup_ms)
        if curve:
            measured = dataclasses.replace(measured, curve=_curve(found.raw_ns, watcher.history))
        return with_profile(measured, job) if job.profile else measured

    def compare(self, first: Job, second: Job) -> Comparison:
        """See `Target`."""
        sizes = [_inspect(job).file_bytes for job in (first, second)]
        found = comparison.run(first, second)
        return _comparison(first, second, sizes, found)


TARGET = Local


def _inspect(job: Job) -> ModelFile:
    """Checks what can be checked before a process is started."""
    engine = engines.get(job.engine)
    engine.require()
    return engine.inspect(job.model)


def _comparison(first: Job, second: Job, sizes: list[int], found: comparison.Rounds) -> Comparison:
    ratio, low, high = statistics.ratio_interval(found.ratios)
    return Comparison(
        engine=first.engine,
        engine_version=engines.get(first.engine).version,
        kernels=first.kernels,
        device=Device.from_document(machine.describe()),
        target="local",
        threads=first.threads,
        rounds=len(found.ratios),
        pairs=sum(len(pairs) for pairs in found.pairs_ns),
        models=tuple(
            ComparedModel(job.model, size, round(float(np.median(times)) / 1e6, 6))
            for job, size, times in zip((first, second), sizes, np.concatenate(found.pairs_ns).T, strict=True)
        ),
        ratio=ratio,
        ratio_ci99=(low, high),
        round_ratios=tuple(found.ratios.tolist()),
        raw_ns=tuple(tuple(map(tuple, pairs.tolist())) for pairs in found.pairs_ns),
        valid=not found.reasons,
        warnings=tuple(found.reasons),
    )


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


def _measurement(
    job: Job, model_bytes: int, found: Recorded, watcher: _Watcher, startup_ms: float | None
) -> Measurement:
    raw_ms = found.raw_ns / 1e6
    latency = statistics.summarise(raw_ms, seed=job.seed)
    batch = found.input.shape[0] if found.input.shape else 1
    parts = {"process": startup_ms} | {key: value / 1e6 for key, value in found.cold_ns.items()}
    return Measurement(
        model=job.model,
        engine=job.engine,
        engine_version=engines.get(job.engine).version,
        kernels=job.kernels,
        device=Device.from_document(machine.describe()),
        target="local",
        threads=job.threads,
        input=InputTensor(found.input.shape, found.input.dtype),
        warmup_runs=found.warmup.runs,
        runs=len(raw_ms),
        latency_ms=latency,
        frames_per_s=1000 * batch / latency.p50,
        stages_ms=StageTimes(found.preprocessing_ms, latency.p50, found.postprocessing_ms, PICTURE_SIZE),
        cold_start_ms=None if startup_ms is None else sum(filter(None, parts.values())),
        cold_start_parts_ms=parts,
        peak_rss_bytes=found.peak_rss_bytes,
        arena_bytes=found.arena_bytes,
        model_bytes=model_bytes,
        energy_j=None if watcher.joules is None else watcher.joules / len(raw_ms),
        energy_method=watcher.meter.method if watcher.meter else None,
        load=found.load,
        valid=not found.reasons,
        warnings=(*found.reasons, *found.remarks, *_remarks(found, raw_ms)),
        seed=job.seed,
        raw_ms=tuple(raw_ms.tolist()),
        raw_ns=tuple(found.raw_ns.tolist()),
    )


def with_profile(measured: Measurement, job: Job) -> Measurement:
    """Adds the time of each operator; a runtime that does not tell it, or dies of it, costs the rest nothing."""
    runs = round(_PROFILE_SECONDS * 1000 / measured.latency_ms.p50)
    runs = max(_LEAST_PROFILED, min(runs, _MOST_PROFILED))
    try:
        found = isolation.call(functools.partial(profile, job, runs), job.title)
    except SuiteError as error:
        return without_profile(measured, str(error))
    return dataclasses.replace(measured, profile=found)


def _remarks(found: Recorded, raw_ms: Array) -> list[str]:
    """What does not make the measurement invalid, yet must be told."""
    remarks = statistics.unsteadiness(raw_ms)
    if not found.warmup.steady:
        remarks.append(
            f"latency was not steady after {found.warmup.runs} warm-up runs. Measure longer with benchmark "
            "--min_seconds=…"
        )
    return remarks


def _curve(raw_ns: Array, history: list[tuple[float, float | None, float | None]]) -> tuple[CurvePoint, ...]:
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
        p50_ms = float(np.median(times)) / 1e6
        points.append(CurvePoint(round(middle, 3), p50_ms, len(times) / span, temperature, frequency))
    return tuple(points)
