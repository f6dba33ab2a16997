"""Quantization of the latest float network, with further training, without, or both."""

from functools import partial

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task


class Quantize(StageKind[JsonObject]):
    """Quantization-aware training, post-training quantization, or both.

    The results are those of the tasks together, and under `tasks` each task's own, by its scheme.
    """

    gives_models = True
    keras = ("Keras, fake-quantized", "top1_qat")

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import quantize

        settings, workdir, model = step.settings, str(state.workdir), state.latest_model().file
        after, aware = f"{step.name}_ptq", step.name
        tasks = {
            "ptq": Task(
                quantize.ptq_stage_of(settings, workdir, model, name=after),
                partial(quantize.quantize_after_training, settings, workdir, model, state.images, name=after),
            ),
            "qat": Task(
                quantize.stage_of(settings, workdir, model, aware),
                partial(quantize.quantize, settings, workdir, model, state.images, name=aware),
            ),
        }
        return [task for scheme, task in tasks.items() if settings.quantize.scheme in (scheme, "both")]

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        from tfl_lite_suite import quantize, train

        tasks = {"qat" if "top1_qat" in results else "ptq": results for results in done}
        merged = {key: results[key] for results in done for key in results}
        state.results[step.name] = {**merged, "tasks": tasks} if len(tasks) > 1 else merged
        if "qat" in tasks:
            state.enter_keras(step.name)
            state.aware_model = KerasModel(step.name, str(state.workdir / step.name / train.MODEL))
        if "ptq" in tasks:
            output = str(state.workdir / f"{step.name}_ptq" / quantize.FILE)
            state.post_training[state.latest_model().file] = {**tasks["ptq"], "output": output}

    def outcome(self, results: JsonObject) -> str:
        """See `StageKind.outcome`."""
        after = {key: results[key] for key in ("top1_qat", "top1_ptq") if results.get(key) is not None}
        return f"top-1 {percent(results.get('top1_float'))} float" + "".join(
            f", {percent(value)} {'fake-quantized' if key == 'top1_qat' else 'int8, without training'}"
            for key, value in after.items()
        )


STAGE = Quantize()
