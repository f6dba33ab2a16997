"""Latency of every file on every engine."""

import sys

from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.result import TimedFile
from tfl_lite_suite.run.stages import _measurement
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task


class Benchmark(_measurement.Measurement[TimedFile]):
    """Times every file."""

    result = TimedFile

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        chosen = step.settings.benchmark
        options = [f"--threads={chosen.threads}", f"--runs={chosen.runs}", f"--min_seconds={chosen.min_seconds}"]
        options += ["--profile"] if chosen.profile else []
        inputs, more = {"options": options}, [*options, "--accept_disturbed"]
        return _measurement.tasks("benchmark", TimedFile, state, step, inputs, more)

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        super().take(state, step, done)
        timed = map(TimedFile.from_document, done)
        disturbed = [f"{row.name} on {row.engine}" for row in timed if not row.valid]
        if disturbed:
            which = f"all {len(done)} files" if len(disturbed) == len(done) else ", ".join(disturbed)
            print(
                f"note: other programs disturbed the timing of {which}; the tables mark it as unsteady, and the same "
                "command measures it again",
                file=sys.stderr,
            )


STAGE = Benchmark()
