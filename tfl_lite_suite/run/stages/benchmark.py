"""Latency of every file on every engine."""

from tfl_lite_suite.run.stages import _measurement
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task


class Benchmark(_measurement.Measurement):
    """Times every file."""

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        chosen = step.settings.benchmark
        options = [f"--threads={chosen.threads}", f"--runs={chosen.runs}", f"--min_seconds={chosen.min_seconds}"]
        options += ["--profile"] if chosen.profile else []
        return _measurement.tasks("benchmark", state, step, {"options": options}, options)


STAGE = Benchmark()
