"""What `evaluate` and `benchmark` share: every file on every engine, each in a process without TensorFlow."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Document, JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.result import ConvertedFile
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task
from tfl_lite_suite.runtime import engines

M = TypeVar("M", bound=Result)


class Measurement(StageKind[list[M]]):
    """Runs a verb on every file and engine."""

    needs_files = True
    lists = True

    def outcome(self, results: list[M]) -> str:
        """See `StageKind.outcome`."""
        return f"{len(results)} measurement{'s' * (len(results) != 1)}, one for each file and runtime"


def tasks(
    verb: str,
    kind: type[Result],
    state: RunState,
    step: Step,
    inputs: Document,
    options: Sequence[str],
    written: Mapping[str, str] | None = None,
) -> list[Task]:
    """Returns a task for every file and engine.

    Args:
        verb: The verb that measures.
        kind: What it finds.
        state: What the run has made so far.
        step: The step.
        inputs: What the results depend on, beside file and engine.
        options: The verb's flags.
        written: Files that it writes to the task's folder, by the flag that names them.
    """
    found = []
    for file in state.files.values():
        for engine in step.settings.benchmark.engines or engines.installed_for(""):
            of_file = {"file": sha256(file.output), "engine": engine, "version": engines.get(engine).version}
            stage = Stage(state.workdir / verb, f"{file.name}_{engine}", {**of_file, **inputs})
            found.append(Task(stage, partial(_measure, verb, file, engine, stage, options, written or {}), kind))
    return found


def _measure(
    verb: str,
    file: ConvertedFile,
    engine: str,
    stage: Stage,
    options: Sequence[str],
    written: Mapping[str, str],
) -> JsonObject:
    print(f"{verb} {file.name} on {engine}", file=sys.stderr, flush=True)
    files = [f"--{flag}={stage.folder / name}" for flag, name in written.items()]
    command = verb_command(verb, f"--model={file.output}", f"--engine={engine}", "--json", *options, *files)
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode:
        raise SuiteError(f"{verb} of {file.output} on {engine} failed with status {child.returncode}; see above")
    return stage.finish({"name": file.name, **json.loads(child.stdout)}, list(written.values()))
