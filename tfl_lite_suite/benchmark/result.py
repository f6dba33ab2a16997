"""What measuring a model gave; `docs/benchmark_schema.md` describes every key."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Interval, Result, omitted


@dataclasses.dataclass(frozen=True)
class Latency(Result):
    """A latency distribution, in milliseconds; `ci95` is the bootstrap interval of the median."""

    mean: float
    std: float
    min: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    ci95: Interval


@dataclasses.dataclass(frozen=True)
class Device(Result):
    """The machine that measured; `None` where it does not tell.

    Attributes:
        machine: Architecture, such as `aarch64`.
        board: The board's name.
        cpu: The processor's name.
        cores: Its cores.
        usable_cores: Those that the process might use.
        os: The operating system.
        governor: What sets the clock rate.
        frequency_mhz: Clock rate after the runs.
        temperature_c: Temperature after the runs.
    """

    machine: str | None = None
    board: str | None = None
    cpu: str | None = None
    cores: int | None = None
    usable_cores: int | None = None
    os: str | None = None
    governor: str | None = None
    frequency_mhz: float | None = None
    temperature_c: float | None = None

    @property
    def name(self) -> str:
        """Its board, else its processor; empty where neither is known."""
        return self.board or self.cpu or ""


@dataclasses.dataclass(frozen=True)
class InputTensor(Result):
    """Shape and NumPy type of the input."""

    shape: tuple[int, ...]
    dtype: str


@dataclasses.dataclass(frozen=True)
class StageTimes(Result):
    """Median milliseconds of what an app does for one picture; `None` where the model is no image classifier.

    Attributes:
        preprocessing: From a decoded picture to the input tensor.
        inference: The model.
        postprocessing: From the output tensor to the five best classes.
        picture: Height and width of the picture.
    """

    preprocessing: float | None
    inference: float
    postprocessing: float | None
    picture: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class OperatorTime(Result):
    """What one operator takes.

    Attributes:
        name: Its name in the engine's words, where known.
        type: Its type in the engine's words.
        share: Share of the time of all operators.
        median_ns: Median nanoseconds.
    """

    name: str | None
    type: str
    share: float
    median_ns: int


@dataclasses.dataclass(frozen=True)
class Profile(Result):
    """What each operator takes, in runs of their own.

    Attributes:
        method: Where the times come from, in words.
        resolution_ns: Smallest difference that they show.
        runs: Number of runs.
        run_ns: Median nanoseconds of a whole run, recording included.
        operators: The operators, in the order of execution.
    """

    method: str
    resolution_ns: int
    runs: int
    run_ns: int
    operators: tuple[OperatorTime, ...]


@dataclasses.dataclass(frozen=True)
class CpuInstructions(Result):
    """Instructions of one inference on one emulated CPU, over several runs.

    Attributes:
        cpu: Its name.
        board: A board that has it.
        per_inference: The median.
        min: The least.
        max: The most.
    """

    cpu: str
    board: str
    per_inference: int
    min: int
    max: int


@dataclasses.dataclass(frozen=True)
class Instructions(Result):
    """Instructions of one inference under emulation.

    Attributes:
        what: What they stand for, in words.
        emulator: Name and version.
        engine: What ran the model there.
        engine_version: Its version.
        runs: Inferences that were counted.
        cpus: Each emulated CPU.
    """

    what: str
    emulator: str
    engine: str
    engine_version: str
    runs: int
    cpus: tuple[CpuInstructions, ...]


@dataclasses.dataclass(frozen=True)
class CurvePoint(Result):
    """A span of time of a long measurement, with the temperature and clock rate read nearest to it."""

    seconds: float
    p50_ms: float
    frames_per_s: float
    temperature_c: float | None
    frequency_mhz: float | None


@dataclasses.dataclass(frozen=True)
class Measurement(Result):
    """The result of `benchmark`; `docs/benchmark_schema.md` describes every key, including those in `others`.

    Attributes:
        model: The file.
        engine: What ran it.
        engine_version: Its version.
        kernels: Which kernels.
        device: The machine.
        target: Where it ran.
        threads: Threads given to the runtime.
        input: The input tensor.
        warmup_runs: Inferences before the timed ones.
        runs: Timed inferences.
        latency_ms: Their times.
        frames_per_s: Pictures a second at the median latency.
        stages_ms: Times of preprocessing, inference and postprocessing of one picture.
        cold_start_ms: Time from the start of the process to the first result; `None` if it is unknown.
        cold_start_parts_ms: The parts of `cold_start_ms`.
        peak_rss_bytes: Largest resident size of the process.
        arena_bytes: Memory for activations in bytes; `None` if the engine does not report it.
        model_bytes: Size of the file.
        energy_j: Joules for one inference; `None` without a counter.
        energy_method: What counted them.
        load: Load of the machine by other programs.
        valid: Whether the measurement is valid.
        warnings: Why it is not valid, and other warnings.
        seed: Of the input's noise and of the bootstrap.
        raw_ms: Time of each inference.
        raw_ns: The same in whole nanoseconds.
        curve: Latency over time, if requested.
        profile: Time of each operator, if requested and known.
        instructions: Number of instructions under emulation, if requested.

    Example:
        >>> measured = tls.TfliteModel("leaf.tflite").benchmark(runs=20)
        >>> measured.runs >= 20, measured.latency_ms.min <= measured.latency_ms.p50
        (True, True)
    """

    model: str
    engine: str
    engine_version: str
    kernels: str
    device: Device
    target: str
    threads: int
    input: InputTensor
    warmup_runs: int
    runs: int
    latency_ms: Latency
    frames_per_s: float
    stages_ms: StageTimes
    cold_start_ms: float | None
    cold_start_parts_ms: Mapping[str, float | None]
    peak_rss_bytes: int | None
    arena_bytes: int | None
    model_bytes: int
    energy_j: float | None
    energy_method: str | None
    load: Mapping[str, float | None]
    valid: bool
    warnings: tuple[str, ...]
    seed: int
    # Recorded results are kept without them.
    raw_ms: tuple[float, ...] = ()
    raw_ns: tuple[int, ...] = ()
    curve: tuple[CurvePoint, ...] | None = omitted()
    profile: Profile | None = omitted()
    instructions: Instructions | None = omitted()


def without_profile(measured: Measurement, why: str) -> Measurement:
    """Returns a measurement with a null for the profile that was asked for, and why there is none."""
    return dataclasses.replace(measured.with_null("profile"), warnings=(*measured.warnings, f"profile: {why}"))


@dataclasses.dataclass(frozen=True)
class ComparedModel(Result):
    """One of two models that were run by turns: its file, size, and median latency."""

    model: str
    model_bytes: int
    p50_ms: float


@dataclasses.dataclass(frozen=True)
class Comparison(Result):
    """What `benchmark --compare` prints; `docs/benchmark_schema.md` describes every key.

    Attributes:
        engine: What ran both.
        engine_version: Its version.
        kernels: Which kernels.
        device: The machine.
        target: Where it ran.
        threads: Threads given to the runtime.
        rounds: Processes, one after another.
        pairs: Times that both ran, in all rounds together.
        models: The two files.
        ratio: Time of the second by that of the first.
        ratio_ci99: 99 % interval of the ratio.
        round_ratios: Each round's ratio.
        raw_ns: Of each round the times of each pair.
        valid: Whether the comparison counts.
        warnings: Why it does not.
    """

    engine: str
    engine_version: str
    kernels: str
    device: Device
    target: str
    threads: int
    rounds: int
    pairs: int
    models: tuple[ComparedModel, ...]
    ratio: float
    ratio_ci99: Interval
    round_ratios: tuple[float, ...]
    raw_ns: tuple[tuple[tuple[int, ...], ...], ...]
    valid: bool
    warnings: tuple[str, ...]
