"""What measuring a model gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Document, Result


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
    ci95: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Measurement(Result):
    """What `benchmark` prints; `docs/benchmark_schema.md` describes every key, those in `others` too.

    Attributes:
        model: The file.
        engine: What ran it.
        engine_version: Its version.
        kernels: Which kernels.
        device: The machine.
        target: Where it ran.
        threads: Threads given to the runtime.
        runs: Timed inferences.
        latency_ms: Their times.
        frames_per_s: Pictures a second at the median latency.
        cold_start_ms: From the start of the process to the first result; `None` where it is not known.
        peak_rss_bytes: Largest resident size of the process.
        model_bytes: Size of the file.
        energy_j: Joules for one inference; `None` without a counter.
        valid: Whether the measurement counts.
        warnings: Why it does not, and what else to know.
        raw_ms: Time of each inference.

    Example:
        >>> measured = tls.TfliteModel("leaf.tflite").benchmark(runs=20)
        >>> measured.runs >= 20, measured.latency_ms.min <= measured.latency_ms.p50
        (True, True)
    """

    model: str
    engine: str
    engine_version: str
    kernels: str
    device: Mapping[str, object]
    target: str
    threads: int
    runs: int
    latency_ms: Latency
    frames_per_s: float
    cold_start_ms: float | None
    peak_rss_bytes: int | None
    model_bytes: int
    energy_j: float | None
    valid: bool
    warnings: tuple[str, ...]
    raw_ms: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Comparison(Result):
    """What `benchmark --compare` prints; `docs/benchmark_schema.md` describes every key.

    Attributes:
        engine: What ran both.
        engine_version: Its version.
        threads: Threads given to the runtime.
        models: The two files, each with its size and median latency.
        ratio: Time of the second by that of the first.
        ratio_ci99: 99 % interval of the ratio.
        valid: Whether the comparison counts.
        warnings: Why it does not.
    """

    engine: str
    engine_version: str
    threads: int
    models: tuple[Document, ...]
    ratio: float
    ratio_ci99: tuple[float, ...]
    valid: bool
    warnings: tuple[str, ...]
