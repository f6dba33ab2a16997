"""Accuracy of every file on every engine."""

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.result import EvaluatedFile
from tfl_lite_suite.run.stages import _measurement
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task


class Evaluate(_measurement.Measurement[EvaluatedFile]):
    """Evaluates every file on the recipe's test images, and enters its answers into the ledger."""

    result = EvaluatedFile

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import train

        options = [f"--recipe={state.workdir / train.RECIPE}", f"--workdir={state.workdir}"]
        written = {"predictions": predictions.FILE}
        return _measurement.tasks("evaluate", EvaluatedFile, state, step, train.inputs(step.settings), options, written)

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        super().take(state, step, done)
        for row in map(EvaluatedFile.from_document, done):
            answers = state.workdir / "evaluate" / f"{row.name}_{row.engine}" / predictions.FILE
            state.enter(row.name, f"{row.engine} {row.engine_version}", answers, state.files[row.name].source)


STAGE = Evaluate()
