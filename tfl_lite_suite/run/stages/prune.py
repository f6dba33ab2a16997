"""Pruning of the latest float network."""

from functools import partial

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.prune.result import PruneResult
from tfl_lite_suite.run.stage_results import Pruned
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task


class Prune(StageKind[Pruned]):
    """Removes channels, or makes weights sparse or few-valued, and fine-tunes what is left."""

    gives_models = True
    keras = ("Keras, pruned", "top1_after")
    result = Pruned

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import prune

        settings, workdir, model = step.settings, str(state.workdir), state.latest_model().file
        stage = prune.stage_of(settings.prune, workdir, model, settings, step.name)
        make = partial(prune.prune, settings.prune, workdir, model, settings, state.images, name=step.name)
        return [Task(stage, make, PruneResult)]

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        from tfl_lite_suite import train

        super().take(state, step, done)
        state.enter_keras(step.name)
        state.float_model = KerasModel(step.name, str(state.workdir / step.name / train.MODEL))

    def outcome(self, results: Pruned) -> str:
        """See `StageKind.outcome`."""
        return (
            f"parameters {results.params_before:,} → {results.params_after:,}, multiply-adds "
            f"{results.macs_before:,} → {results.macs_after:,}; top-1 {percent(results.top1_before)} → "
            f"{percent(results.top1_after)}"
        )


STAGE = Prune()
