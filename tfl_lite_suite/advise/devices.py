"""The device that advice is for: its measurements, and the latency model made from them."""

import dataclasses
import json
import os
import pathlib
import re

from tfl_lite_suite.advise import latency_model
from tfl_lite_suite.advise.candidates import size_of
from tfl_lite_suite.advise.latency_model import LatencyModel, Timed
from tfl_lite_suite.benchmark.result import Device as MeasuredDevice
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.schemes import COSTED_SCHEMES
from tfl_lite_suite.report import recorded_run
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size

REFERENCE = pathlib.Path(__file__).with_name("reference_device.json")
# How `benchmark` names the file of a fresh network.
_FRESH = re.compile(r"(\w+)-alpha_([\d.]+)-classes_(\d+)-resolution_(\d+)-scheme_(\w+)\.tflite")
_HOW = "Measure it, in a checkout: python tools/measure_device.py --output=device.json --target=ssh:… (or no target)"


@dataclasses.dataclass(frozen=True)
class Device:
    """What is known of a device.

    Attributes:
        name: Its board, else its CPU.
        latency: Predicts latency on it; `None` where nothing was measured.
        notes: What a user should know.
    """

    name: str
    latency: LatencyModel | None
    notes: tuple[str, ...] = ()


def read(path: str | os.PathLike[str]) -> Device:
    """Reads a device's measurements.

    Args:
        path: JSON of `tools/measure_device.py`, or of `benchmark --json`.

    Raises:
        SuiteError: If it is neither, or holds too little for a latency model.
    """
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ArgumentError("device", f"cannot read '{path}': {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _no_measurements(path) from None
    if isinstance(document, dict) and isinstance(document.get("measurements"), list):
        timed, notes = latency_model.read(document), list[str]()
    else:
        timed, notes = _benchmarks(document, path)
    model = LatencyModel(timed, latency_model.read(read_json(REFERENCE)))
    return Device(timed[0].device, model, tuple(notes))


def here(own: pathlib.Path, cpu: str) -> Device:
    """Returns what is known of this machine.

    Args:
        own: Where `tools/measure_device.py` would have put its measurements.
        cpu: Its CPU.
    """
    if own.is_file():
        return read(own)
    reference = read(REFERENCE)
    if reference.name == cpu:
        return Device(cpu, reference.latency, (f"latency is that of another machine with the same CPU, {cpu}",))
    return Device(cpu, None, (f"latency was never measured on this machine ({cpu}). {_HOW}",))


@dataclasses.dataclass(frozen=True)
class _Median(Result):
    p50: float


@dataclasses.dataclass(frozen=True)
class _Timing(Result):
    """What of a `Measurement` counts here; documents by hand may hold no more."""

    model: str
    engine: str
    latency_ms: _Median
    valid: bool = True
    peak_rss_bytes: int | None = None
    energy_j: float | None = None
    device: MeasuredDevice = MeasuredDevice()


def _benchmarks(document: object, path: str | os.PathLike[str]) -> tuple[list[Timed], list[str]]:
    """Returns the measurements of `benchmark` documents whose network is known, and notes on the others."""
    documents = document if isinstance(document, list) else [document]
    if not all(isinstance(one, dict) and {"model", "engine", "latency_ms"} <= set(one) for one in documents):
        raise _no_measurements(path)
    timed, notes = [], []
    for one in [_timing(one, path) for one in documents]:
        known = _network(one.model)
        if known is None:
            notes.append(f"not used: {one.model} is no network that the suite knows the cost of")
            continue
        size, classes, scheme = known
        if not one.valid:
            notes.append(f"measured on a busy machine: {one.model} on {one.engine}")
        row = Timed(size, scheme, one.engine, one.latency_ms.p50, classes, one.peak_rss_bytes)
        timed.append(dataclasses.replace(row, joules=one.energy_j, device=one.device.name))
    if not timed:
        raise ArgumentError("device", f"no network of the suite in '{path}'. Use benchmark --model=NAME. {_HOW}")
    return timed, notes


def _no_measurements(path: str | os.PathLike[str]) -> ArgumentError:
    return ArgumentError("device", f"'{path}' is no JSON of benchmark or of tools/measure_device.py")


def _timing(document: object, path: str | os.PathLike[str]) -> _Timing:
    try:
        return _Timing.from_document(document, f"'{path}'")
    except SuiteError as error:
        raise ArgumentError("device", str(error)) from None


def _network(model: str) -> tuple[Size, int, str] | None:
    """Returns which network a file is, its number of classes and its scheme; `None` where that is not known."""
    file = pathlib.Path(model)
    fresh = _FRESH.fullmatch(file.name)
    if fresh:
        size, classes, scheme = Size(fresh[1], float(fresh[2]), int(fresh[4])), int(fresh[3]), fresh[5]
    else:
        made = _of_run(file)
        if made is None:
            return None
        size, classes, scheme = made
    return (size, classes, scheme) if scheme in COSTED_SCHEMES and size in costs.sizes() else None


def _of_run(file: pathlib.Path) -> tuple[Size, int, str] | None:
    """Returns the network of a file in a work folder; pruned ones are not known."""
    if len(file.parts) < 4 or not file.is_file() or file.stem not in ("float32", "int8_ptq", "int8_qat"):
        return None
    try:
        run = recorded_run.read(file.parents[2])
    except SuiteError:
        return None
    size, answers = size_of(run), next((row for row in run.evaluated if row.per_class), None)
    return (size, len(answers.per_class), file.stem.partition("_")[0]) if size and answers else None
