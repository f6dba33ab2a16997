"""Float training of the recipe's network."""

from functools import partial

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task


class Train(StageKind[JsonObject]):
    """Trains the network, from the model of an earlier step if there is one."""

    gives_models = True
    keras = ("Keras float32", "top1")

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import train

        start, workdir = state.float_model.file if state.float_model else None, str(state.workdir)
        stage = train.stage_of(step.settings, workdir, step.name, start)
        make = partial(train.train, step.settings, workdir, state.images, name=step.name, start=start)
        return [Task(stage, make)]

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        from tfl_lite_suite import train

        super().take(state, step, done)
        state.enter_keras(step.name)
        state.float_model = KerasModel(step.name, str(state.workdir / step.name / train.MODEL))

    def outcome(self, results: JsonObject) -> str:
        """See `StageKind.outcome`."""
        images = results.get("images", {})
        told = (
            f"{results.get('model', '')}: {results.get('params', 0):,} parameters, {results.get('epochs')} epochs on "
            f"{images.get('train', 0):,} images; top-1 {percent(results.get('top1'))} on {images.get('test', 0):,}"
        )
        if "linear_probe" in results:
            figures = [("this network", results), ("linear probe", results["linear_probe"])]
            both = "; ".join(f"{name} {percent(of.get('balanced_accuracy'))}" for name, of in figures)
            told += f", of the linear probe {percent(results['linear_probe']['top1'])}; balanced accuracy: {both}. "
            told += results["transfer"]["reason"]
        return told


STAGE = Train()
