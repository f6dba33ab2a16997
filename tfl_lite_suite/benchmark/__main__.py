"""Measures the latency, memory and energy of a `.tflite` model, here or on a device. Never imports TensorFlow."""

import dataclasses
import os
import time
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import InvalidMeasurement, SuiteError, unknown_name

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.targets import Target
from tfl_lite_suite.benchmark import KERNELS, show

_UNITS = {"s": 1, "m": 60, "h": 3600}


def main() -> Any:
    """Measures what the flags say.

    Returns:
        One document; for a sweep a list of them; with `--compare` the comparison's document.
    """
    from tfl_lite_suite.runtime import targets

    with targets.get(flags.FLAGS.target, flags.FLAGS.wheels) as target:
        if flags.FLAGS.kernels not in target.kernels:
            raise unknown_name("--kernels", flags.FLAGS.kernels, target.kernels, "value for this target")
        names = target.engines(_engines())
        if flags.FLAGS.compare:
            flags.FLAGS.compare = command_line.paths(flags.FLAGS.compare)
            return _checked(_compare(target, names[0]))
        begin = time.monotonic()
        path = _model_file()
        files = [(_file_for(path, engine), engine) for engine in names]
        made_in = time.monotonic() - begin
        jobs = [_job(file, engine, threads, made_in) for file, engine in files for threads in _thread_counts()]
        documents = [target.benchmark(job, curve=flags.FLAGS.sustain is not None) for job in jobs]
        if flags.FLAGS.count_instructions:
            _count_instructions(jobs, documents)
    return _checked(documents if len(documents) > 1 else documents[0])


def _engines() -> list[str] | None:
    """The engines asked for; `None` leaves them to the target, but for a file that one engine alone runs."""
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.runtime.session import TFLITE

    first = (flags.FLAGS.compare or [flags.FLAGS.model or ""])[0]
    if flags.FLAGS.engine or engines.format_of(first) == TFLITE:
        return flags.FLAGS.engine
    return engines.names_for(first)


def _file_for(path: str, engine: str) -> str:
    """The file that an engine runs, exported here; an engine that the target chooses takes what it is given."""
    from tfl_lite_suite.runtime import engines, exporting

    return exporting.file_for(path, engine) if engine in engines.names() else path


def _job(model: str, engine: str, threads: int, made_in: float = 0.0) -> Any:
    from tfl_lite_suite.benchmark.job import Job

    seconds = max(flags.FLAGS.min_seconds, _seconds(flags.FLAGS.sustain) if flags.FLAGS.sustain else 0)
    chosen = flags.FLAGS
    return Job(model, engine, threads, chosen.kernels, chosen.runs, seconds, None, chosen.seed, chosen.profile, made_in)


def _compare(target: "Target", engine: str) -> Any:
    if len(flags.FLAGS.compare) != 2:
        raise SuiteError(
            f"--compare: expected two files, as in --compare=a.tflite,b.tflite. Received: {flags.FLAGS.compare}"
        )
    if flags.FLAGS.profile:
        raise SuiteError("--profile: leave it out with --compare, which times whole inferences only")
    models = [_file_for(path, engine) for path in flags.FLAGS.compare]
    first = _job(models[0], engine, _thread_counts()[0])
    return target.compare(first, dataclasses.replace(first, model=models[1]))


def _count_instructions(jobs: list[Any], documents: list[dict[str, Any]]) -> None:
    """Adds to each document what its model costs on an emulated ARM CPU."""
    from tfl_lite_suite.benchmark import instructions

    if flags.FLAGS.target != "local":
        raise SuiteError("--count_instructions: the emulator runs here; leave out --target")
    for job, document in zip(jobs, documents, strict=True):
        document["instructions"] = instructions.count(job)


def _checked(found: Any) -> Any:
    """Returns what was measured, or raises it as invalid, so that scripts see it from the exit status."""
    documents = found if isinstance(found, list) else [found]
    invalid = [document for document in documents if not document.get("valid")]
    reasons = [reason for document in invalid for reason in document.get("warnings", [])[:1]]
    if reasons:
        raise InvalidMeasurement(f"measured, but it does not count: {reasons[0]}", found)
    return found


def _model_file() -> str:
    """The file to measure; a network's name is converted first, in a process of its own."""
    if not flags.FLAGS.model:
        raise SuiteError("--model: missing. Expected a .tflite file or the name of a network")
    if os.path.exists(flags.FLAGS.model) or os.sep in flags.FLAGS.model or "." in flags.FLAGS.model:
        return flags.FLAGS.model
    from tfl_lite_suite import models
    from tfl_lite_suite.runtime import fresh_network

    models.check_name(flags.FLAGS.model, "--model")
    settings = {name: flags.FLAGS[name].value for name in ("scheme", "resolution", "classes", "alpha")}
    return fresh_network.convert(flags.FLAGS.model, settings)


def _thread_counts() -> list[int]:
    counts = []
    for text in flags.FLAGS.threads:
        if not text.strip().isdecimal() or not 1 <= int(text) <= 256:
            raise SuiteError(f"--threads: expected whole numbers from 1 to 256, as in 1,2,4. Received: '{text}'")
        counts.append(int(text))
    return counts


def _seconds(text: str) -> float:
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise SuiteError(f"--sustain: expected a time such as 90s, 30m or 1h. Received: '{text}'")
    return seconds


if __name__ == "__main__":
    flags.DEFINE_string(
        "model", None, "A .tflite or exported file, or the name of a network to measure freshly initialised."
    )
    flags.DEFINE_list("engine", None, "Engines, comma-separated; the first installed if absent.")
    flags.DEFINE_list("threads", ["1"], "Threads the runtime may use; several numbers make a sweep.")
    flags.DEFINE_string(
        "target",
        "local",
        "Where to measure: local; ssh:USER@HOST[:PORT], such as a Raspberry Pi; adb[:SERIAL], Android.",
    )
    flags.DEFINE_string("wheels", None, "For a device without internet: a folder of wheels to install the suite from.")
    flags.DEFINE_integer("runs", 50, "Least number of timed inferences.", 1)
    flags.DEFINE_float("min_seconds", 0.1, "Least time over which inferences are timed.", 0)
    flags.DEFINE_string("sustain", None, "Go on for this long, such as 30m, and record the curve over time.")
    flags.DEFINE_list("compare", None, "Two .tflite files, run by turns: how much slower is the second?")
    flags.DEFINE_enum(
        "kernels",
        "default",
        KERNELS,
        "default: as the runtime comes; builtin: no delegate; reference: plain; nnapi and gpu: on Android.",
    )
    flags.DEFINE_bool("profile", False, "Time every operator as well, in runs of their own.")
    flags.DEFINE_bool(
        "count_instructions",
        False,
        "Count an inference's instructions on an emulated ARM CPU as well: deterministic, but no time.",
    )
    flags.DEFINE_integer("seed", 0, "Seed of the input's noise and of the bootstrap.", 0)
    flags.DEFINE_string("scheme", "int8", "Network by name: float32, float16, dynamic or int8.")
    flags.DEFINE_integer("resolution", 224, "Network by name: height and width in pixels.", 16, 1024)
    flags.DEFINE_integer("classes", 1000, "Network by name: number of classes.", 2)
    flags.DEFINE_float("alpha", 1.0, "Network by name: width multiplier.", 0.05, 4)
    command_line.run_verb("benchmark", __doc__, main, show)
