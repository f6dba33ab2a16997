"""Float training of the recipe's network."""

from functools import partial

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.stage_results import Trained
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task
from tfl_lite_suite.train.result import TrainResult


class Train(StageKind[Trained]):
    """Trains the network, from the model of an earlier step if there is one."""

    gives_models = True
    keras = ("Keras float32", "top1")
    result = Trained

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import train

        start, workdir = state.float_model.file if state.float_model else None, str(state.workdir)
        stage = train.stage_of(step.settings, workdir, step.name, start)
        make = partial(train.train, step.settings, workdir, state.images, name=step.name, start=start)
        return [Task(stage, make, TrainResult)]

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        from tfl_lite_suite import train

        super().take(state, step, done)
        state.enter_keras(step.name)
        state.float_model = KerasModel(step.name, str(state.workdir / step.name / train.MODEL))

    def outcome(self, results: Trained) -> str:
        """See `StageKind.outcome`."""
        images, probe = results.images, results.linear_probe
        told = (
            f"{results.model}: {results.params:,} parameters, {results.epochs} epochs on "
            f"{images.get('train', 0):,} images; top-1 {percent(results.top1)} on {images.get('test', 0):,}"
        )
        if probe:
            told += (
                f" (linear probe {percent(probe.top1)}); balanced accuracy {percent(results.balanced_accuracy)} "
                f"(linear probe {percent(probe.balanced_accuracy)})."
            )
        reason = results.transfer.reason if results.transfer else ""
        return f"{told} {reason[:1].upper()}{reason[1:]}".rstrip()


STAGE = Train()
