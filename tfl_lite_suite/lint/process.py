"""Runs the analysis and a trial of a file that may be hostile in child processes with limits on time and memory."""

import dataclasses
import functools
import importlib.metadata
import json
import os
import signal
import subprocess
import tempfile
import time
from typing import IO

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.lint import analysis
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.lint.result import LintReport, Trial

# Of the processor's time, which the child keeps to; the clock on the wall may run longer, for others use the machine.
_ANALYSIS_SECONDS, _TOTAL_SECONDS = 6, 9
_WALL = 10
_PACKAGES = {"tflite_runtime": "tflite-runtime", "ai_edge_litert": "ai-edge-litert"}
_PHASES = {"": "starting", "load": "loading", "allocate": "preparing", "invoke": "running"}


@dataclasses.dataclass
class _Child:
    """A child process, the file that its output goes to, and when it has to be done."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    until: float

    def wait(self) -> str | None:
        """Waits; returns what the child wrote, or `None` if it took too long."""
        try:
            self.process.wait(max(self.until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.process.kill()
            self.process.wait()
        if self.process.returncode == -signal.SIGXCPU:
            return None
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")


def run(path: str | os.PathLike[str], target: str, *, trial: bool) -> LintReport:
    """Analyses a file, and tries it on the installed runtimes.

    Args:
        path: The `.tflite` file.
        target: The runtime it must run on, such as `tflite_runtime-2.14`.
        trial: Whether to load and run it once on each installed runtime, with zeros as input.

    Returns:
        The report of the analysis, with the trials and their problems added. Analysis and each trial take together at
        most about 9 seconds of the processor.

    Raises:
        SuiteError: If the file is not a whole TensorFlow Lite file, or its analysis exceeds its limits.
    """
    begin = _spent()
    report = _analysis(path, target)
    left = max(1, round(_TOTAL_SECONDS - (_spent() - begin)))
    engines = [name for name in _PACKAGES if trial and _version(name)]
    children = {engine: _start("trial", engine, path, left) for engine in engines}
    done = [_trial(engine, child) for engine, child in children.items()]
    problems = [*report.problems, *(problem for _, problem in done if problem)]
    trials = tuple(trial for trial, _ in done)
    return dataclasses.replace(report, trials=trials, problems=tuple(analysis.sort(problems)))


def _analysis(path: str | os.PathLike[str], target: str) -> LintReport:
    child = _start("analyse", target, path, _ANALYSIS_SECONDS)
    text = child.wait()
    if text is None:
        raise SuiteError(
            f"{path}: the analysis did not end within {_ANALYSIS_SECONDS} s of the processor, or {_WALL} times as long "
            "by the clock. The file is hostile or huge"
        )
    try:
        document = json.loads(text.rsplit("\n", 1)[-1])
    except ValueError as error:
        ended = _ended(child.process.returncode)
        raise SuiteError(f"{path}: the analysis {ended}. The file is hostile or huge") from error
    if "error" in document:
        # Where it arose in the child, for --traceback.
        raise SuiteError(document["error"]) from RuntimeError(document.get("traceback", ""))
    return LintReport.from_document(document, os.fspath(path))


def _trial(engine: str, child: _Child) -> tuple[Trial, Problem | None]:
    name = f"{engine} {_version(engine)}"
    text = child.wait()
    failed = functools.partial(Trial, engine, _version(engine), False)
    if text is None:
        return failed("did not end in time"), Problem(
            "slow_trial", "info", f"one inference on {name} did not end in the time allowed", "time it with benchmark"
        )
    lines = text.strip().split("\n")
    if child.process.returncode == 0 and lines[-1].startswith("{"):
        answer = json.loads(lines[-1])
        if "error" not in answer:
            return Trial(engine, _version(engine), True), None
        return failed(answer["error"]), Problem(
            "refused_by_runtime",
            "error",
            f"{name} refuses it: {answer['error']}",
            "see the other problems for the cause",
        )
    ended = _ended(child.process.returncode)
    phase = _PHASES.get(next((line for line in reversed(lines) if line in _PHASES), ""), "starting")
    return failed(f"{phase}: {ended}"), Problem(
        "crashes_runtime",
        "error",
        f"{phase} it on {name}, the process {ended}",
        "do not ship it: the app would die the same way. Convert again from the source model",
    )


def _start(work: str, argument: str, path: str | os.PathLike[str], seconds: int) -> _Child:
    output = tempfile.TemporaryFile()
    command = verb_command("lint.child", work, argument, os.fspath(path), str(seconds))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
    return _Child(process, output, time.monotonic() + _WALL * seconds)


def _spent() -> float:
    """Returns the seconds of the processor that this process's children took."""
    times = os.times()
    return times.children_user + times.children_system


def _version(engine: str) -> str:
    try:
        return importlib.metadata.version(_PACKAGES[engine])
    except importlib.metadata.PackageNotFoundError:
        return ""


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
