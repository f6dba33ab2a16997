"""What is to be measured, and the measurement itself, which runs in a child process."""

import dataclasses
import gc
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.benchmark import timing
from tfl_lite_suite.benchmark.result import Profile
from tfl_lite_suite.core import image
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.runtime.isolation import Emit, one_inference
from tfl_lite_suite.runtime.machine import LoadWatch
from tfl_lite_suite.runtime.session import Kernels, Session
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import RAW, Normalization

PICTURE_SIZE = (480, 640)
_STAGE_RUNS = 10


@dataclasses.dataclass(frozen=True)
class Job:
    """One measurement.

    Attributes:
        model: The model's file.
        engine: Name of the engine.
        threads: Threads that the runtime may use.
        kernels: Which kernels; see `Engine.open`.
        runs: Smallest number of timed inferences.
        min_seconds: Shortest time, in seconds, during which inferences are timed.
        contract: The file's preprocessing contract, if it has one; the target fills it in.
        normalization: How a pixel becomes the input's real value; the target fills it in.
        seed: Of the input's random values and of the bootstrap.
        profile: Whether to time single operators as well.
        made_in_seconds: Time this process spent on making the model's file, which is no part of a cold start.
    """

    model: str
    engine: str
    threads: int = 1
    kernels: Kernels = "default"
    runs: int = 50
    min_seconds: float = 0.1
    contract: Contract | None = None
    seed: int = 0
    profile: bool = False
    made_in_seconds: float = 0.0
    normalization: Normalization = RAW

    @property
    def title(self) -> str:
        """What messages call the job."""
        return f"'{self.model}' on {self.engine}"


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What the child process found.

    Attributes:
        raw_ns: Time of each inference, int64.
        warmup: How the warm-up went.
        cold_ns: Nanoseconds of importing the runtime, opening the model, and the first inference, by name.
        input: The input tensor.
        preprocessing_ms: Median time from decoded picture to input tensor, if the input is a picture.
        postprocessing_ms: Median time from output tensor to ranking, if the output is one row of scores.
        peak_rss_bytes: Largest resident size of the process.
        arena_bytes: Memory for activations in bytes; `None` if the engine does not report it.
        load: Figures of `LoadWatch`.
        reasons: Why the measurement does not count; empty if it does.
        remarks: What else a user should know.
    """

    raw_ns: Array
    warmup: timing.Warmup
    cold_ns: dict[str, int]
    input: TensorSpec
    preprocessing_ms: float | None
    postprocessing_ms: float | None
    peak_rss_bytes: int
    arena_bytes: int | None
    load: dict[str, float | None]
    reasons: list[str]
    remarks: list[str] = dataclasses.field(default_factory=list)


def measure(job: Job, emit: Emit) -> Recorded:
    """Measures a model; to be called in a child process.

    Args:
        job: What to measure.
        emit: Told `timed` before and `done` after the timed inferences.
    """
    begin = time.perf_counter_ns()
    engine = engines.get(job.engine)
    engine.load()
    loaded = time.perf_counter_ns()
    session = engine.open(job.model, threads=job.threads, kernels=job.kernels)
    opened = time.perf_counter_ns()
    tensor = random_tensor(session.input, job.seed)
    ready = time.perf_counter_ns()
    try:
        with one_inference():
            output = session.invoke(tensor)
    except (RuntimeError, ValueError) as error:
        raise SuiteError(f"{job.title}: it does not run on random input: {error}") from error
    first = time.perf_counter_ns()
    watch = LoadWatch(job.threads)
    warmup = timing.warm_up(session.run, most_seconds=max(0.2, job.min_seconds))
    gc.collect()
    emit("timed")
    raw_ns = timing.measure(session.run, runs=job.runs, min_seconds=job.min_seconds)
    emit("done")
    load, reasons = watch.finish()
    preprocessing_ms, remarks = _preprocessing(session.input, job)
    recorded = Recorded(
        raw_ns=raw_ns,
        warmup=warmup,
        cold_ns={"runtime": loaded - begin, "model": opened - loaded, "first_inference": first - ready},
        input=session.input,
        preprocessing_ms=preprocessing_ms,
        remarks=remarks,
        postprocessing_ms=_postprocessing_ms(session, output),
        peak_rss_bytes=peak_rss_bytes(),
        arena_bytes=session.arena_bytes,
        load=load,
        reasons=reasons,
    )
    session.close()
    return recorded


def profile(job: Job, runs: int, emit: Emit) -> Profile:
    """Times a model's operators; to be called in a child process.

    Args:
        job: What to measure.
        runs: Number of runs to record.
        emit: Not used.

    Returns:
        See `Trace.profile`.
    """
    session = engines.get(job.engine).open_profiled(job.model, threads=job.threads, kernels=job.kernels)
    session.set_input(random_tensor(session.input, job.seed))
    for _ in range(runs // 5 + 1):
        session.run()
    trace = session.profile(runs)
    session.close()
    return trace.profile()


def random_tensor(spec: TensorSpec, seed: int) -> Array:
    """Returns an input of noise: pixel values 0 to 255 as floats, every value of 8 bits, 0 and 1 of wider integers.

    Raises:
        SuiteError: If the tensor holds no numbers.
    """
    generator = np.random.default_rng(seed)
    dtype = np.dtype(spec.dtype)
    if dtype.kind == "f":
        return generator.integers(0, 256, spec.shape, np.uint8).astype(dtype)
    if dtype.kind not in "iu":
        raise SuiteError(f"input '{spec.name}' holds {spec.dtype}; expected integers or floats")
    limits = np.iinfo(dtype)
    if dtype.itemsize > 1:
        # Numbers of words and the like, which index tables of an unknown size.
        return generator.integers(0, 2, spec.shape, dtype)
    return generator.integers(limits.min, limits.max, spec.shape, dtype, endpoint=True)


def peak_rss_bytes() -> int:
    """Returns the largest resident size that this process had, Python and NumPy included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def contract_of(shape: tuple[int, ...]) -> Contract | None:
    """Returns the plainest contract for an input: scale to cover it, crop the centre; `None` if it is no picture."""
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or not 1 <= min(shape) <= max(shape) <= 4096:
        return None
    _, height, width, channels = shape
    return Contract(height, width, channels, height, width)


def _preprocessing(spec: TensorSpec, job: Job) -> tuple[float | None, list[str]]:
    """Returns its time, and why there is none although the input looks like a picture."""
    contract = job.contract or contract_of(spec.shape)
    if contract is None or (1, *contract.image_shape) != spec.shape:
        return None, []
    try:
        encoder = pixels.encoder(spec, job.normalization)
    except SuiteError as error:
        return None, [f"preprocessing was not timed: {error}"]
    picture = np.random.default_rng(job.seed).integers(0, 256, (*PICTURE_SIZE, contract.channels), np.uint8)
    return _median_ms(lambda: encoder.encode(image.prepare(picture, contract)[None])), []


def _postprocessing_ms(session: Session, output: Array) -> float | None:
    if len(session.outputs) != 1 or output.ndim != 2 or output.shape[0] != 1:
        return None
    k = min(5, output.shape[1])
    return _median_ms(lambda: pixels.rank(pixels.dequantize(output, session.output), k))


def _median_ms(run: Callable[[], object]) -> float:
    run()
    return float(np.median(timing.measure(run, runs=_STAGE_RUNS, min_seconds=0))) / 1e6
