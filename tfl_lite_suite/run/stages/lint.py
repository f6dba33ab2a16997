"""A look inside every file: what it costs, and what will go wrong with it."""

import sys
from functools import partial

from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.lint.analysis import DEFAULT_TARGET
from tfl_lite_suite.run.result import ConvertedFile, LintedFile
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task
from tfl_lite_suite.runtime import engines


class Lint(StageKind[list[LintedFile]]):
    """Analyses every file, and runs it once on every installed runtime."""

    needs_files = True
    lists = True
    result = LintedFile

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        tasks = []
        for file in state.files.values():
            versions = {name: engines.get(name).version for name in engines.installed_for("")}
            inputs = {"file": sha256(file.output), "target": DEFAULT_TARGET, "versions": versions}
            stage = Stage(state.workdir / "lint", file.name, inputs)
            tasks.append(Task(stage, partial(_lint, file, stage), LintedFile))
        return tasks

    def outcome(self, results: list[LintedFile]) -> str:
        """See `StageKind.outcome`."""
        found = [problem.severity for row in results for problem in row.problems]
        return f"{len(results)} files: {found.count('error')} errors, {found.count('warning')} warnings"


def _lint(file: ConvertedFile, stage: Stage) -> JsonObject:
    from tfl_lite_suite.lint import process

    report = process.run(file.output, DEFAULT_TARGET, trial=True)
    for problem in report.problems:
        if problem.severity != "info":
            print(f"{file.name}: {problem.severity}: {problem.message}", file=sys.stderr)
    return stage.finish({"name": file.name, **report.document()})


STAGE = Lint()
