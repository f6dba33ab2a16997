"""Training of the network that teaches the recipe's own, where the recipe names one."""

from functools import partial

from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.stages.train import Train
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task
from tfl_lite_suite.train.result import TrainResult


class Teacher(Train):
    """Trains the teacher; a run adds this stage by itself."""

    keras = ("Keras float32, the teacher", "top1")

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import train

        settings, workdir = train.of_teacher(step.settings), str(state.workdir)
        stage = train.stage_of(settings, workdir, train.TEACHER)
        return [Task(stage, partial(train.train, settings, workdir, state.images, name=train.TEACHER), TrainResult)]

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        state.results[step.name] = done[0]
        state.enter_keras(step.name, is_teacher=True)


STAGE = Teacher()
