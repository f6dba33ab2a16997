"""The decision of every file, fitted with its own scores on the validation images."""

import collections
import csv
import dataclasses
import io
import json
import subprocess
import sys
from functools import partial

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.recipe import Decide as Settings
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.decide.result import DecideResult
from tfl_lite_suite.run.result import ConvertedFile
from tfl_lite_suite.run.stage_results import DecidedFile
from tfl_lite_suite.run.stages import StageKind, check_class_names
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task


class Decide(StageKind[list[DecidedFile]]):
    """Writes a copy of each file with its decision; later stages take the copy."""

    needs_files = True
    gives_models = True
    lists = True
    result = DecidedFile

    def check(self, settings: Recipe, before: collections.Counter[str], place: str, text: str) -> None:
        """See `StageKind.check`."""
        super().check(settings, before, place, text)
        check_class_names("decide.min_recall", settings, settings.decide.min_recall)

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import train

        of_images = train.inputs(step.settings)
        options = [
            f"--recipe={state.workdir / train.RECIPE}",
            f"--workdir={state.workdir}",
            *_flags(step.settings.decide),
        ]
        tasks = []
        for file in state.files.values():
            inputs = {"file": sha256(file.output), "decide": step.settings.decide, **of_images}
            stage = Stage(state.workdir / step.name, file.name, inputs)
            tasks.append(Task(stage, partial(_decide, file, stage, options), DecideResult))
        return tasks

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        # The work folder may have been moved since.
        rows = [{**row, "output": str(state.workdir / step.name / row["name"] / _file(row["name"]))} for row in done]
        super().take(state, step, rows)
        for row in rows:
            state.files[row["name"]] = dataclasses.replace(state.files[row["name"]], output=row["output"])

    def outcome(self, results: list[DecidedFile]) -> str:
        """See `StageKind.outcome`."""
        unmet = sum(not wish.met for row in results for wish in row.wishes)
        return f"{len(results)} files: {unmet} wishes out of reach" if unmet else f"{len(results)} files"


def _file(name: str) -> str:
    return f"{name}.tflite"


def _flags(chosen: Settings) -> list[str]:
    given = {key: value for key, value in dataclasses.asdict(chosen).items() if value not in (None, "", {})}
    if chosen.min_recall:
        row = io.StringIO()
        csv.writer(row, lineterminator="").writerow(f"{name}={share}" for name, share in chosen.min_recall.items())
        given["min_recall"] = row.getvalue()
    return [f"--{key}={value}" for key, value in given.items()]


def _decide(file: ConvertedFile, stage: Stage, options: list[str]) -> JsonObject:
    print(f"decide {file.name}", file=sys.stderr, flush=True)
    output = stage.folder / _file(file.name)
    command = verb_command("decide", f"--model={file.output}", f"--output={output}", "--json", *options)
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode:
        raise SuiteError(f"decide of {file.output} failed with status {child.returncode}; see above")
    found = json.loads(child.stdout)
    for note in found["warnings"]:
        print(f"{file.name}: warning: {note}", file=sys.stderr)
    return stage.finish({"name": file.name, **found}, [output.name])


STAGE = Decide()
