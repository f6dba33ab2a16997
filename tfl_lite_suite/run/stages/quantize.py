"""Quantization of the latest float network, with further training, without, or both."""

import dataclasses
from functools import partial

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.quantize.result import PtqResult, QatResult
from tfl_lite_suite.run.stage_results import Quantized
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task


class Quantize(StageKind[Quantized]):
    """Quantization-aware training, post-training quantization, or both.

    The results are those of the tasks together, and under `tasks` each task's own, by its scheme.
    """

    gives_models = True
    keras = ("Keras, fake-quantized", "top1_qat")
    result = Quantized

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        from tfl_lite_suite import quantize

        settings, workdir, model = step.settings, str(state.workdir), state.latest_model().file
        after, aware = f"{step.name}_ptq", step.name
        tasks = {
            "ptq": Task(
                quantize.ptq_stage_of(settings, workdir, model, name=after),
                partial(quantize.quantize_after_training, settings, workdir, model, state.images, name=after),
                PtqResult,
            ),
            "qat": Task(
                quantize.stage_of(settings, workdir, model, aware),
                partial(quantize.quantize, settings, workdir, model, state.images, name=aware),
                QatResult,
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
            made = PtqResult.from_document(tasks["ptq"])
            state.post_training[state.latest_model().file] = dataclasses.replace(made, output=output)

    def outcome(self, results: Quantized) -> str:
        """See `StageKind.outcome`."""
        after = ((results.top1_qat, "fake-quantized"), (results.top1_ptq, "int8, without training"))
        return f"top-1 {percent(results.top1_float)} float" + "".join(
            f", {percent(top1)} {words}" for top1, words in after if top1 is not None
        )


STAGE = Quantize()
