"""Conversion of the latest networks to `.tflite` files."""

import dataclasses

from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core.figures import size
from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.recipe import Convert as Settings
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.result import ConvertedFile
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.state import KerasModel, RunState
from tfl_lite_suite.run.step import Step, Task


class Convert(StageKind[list[ConvertedFile]]):
    """Writes a file for each scheme of the recipe, and one for a network that was trained for int8."""

    gives_models = True
    lists = True
    result = ConvertedFile

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """See `StageKind.tasks`."""
        chosen, model, tasks = step.settings.convert, state.latest_model(), []
        schemes: tuple[str, ...] = chosen.schemes
        if model.file in state.post_training and "int8" not in schemes:
            schemes = (*schemes, "int8")
        wanted = [(scheme, model, "int8_ptq" if scheme == "int8" else scheme) for scheme in schemes]
        if state.aware_model:
            wanted.append(("int8", state.aware_model, "int8_qat"))
        for scheme, source, name in wanted:
            if _conversion(source.step, scheme, chosen) not in state.conversions:
                name = name if name not in state.files else f"{source.step}_{name}"
                tasks.append(_task(state, scheme, source, name, step.settings))
        return tasks

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """See `StageKind.take`."""
        # The work folder may have been moved since.
        rows = [{**row, "output": str(state.tflite_file(row["name"]))} for row in done]
        super().take(state, step, rows)
        files = [ConvertedFile.from_document(row) for row in rows]
        state.files |= {file.name: file for file in files}
        state.conversions |= {_conversion(file.source, file.scheme, step.settings.convert) for file in files}

    def outcome(self, results: list[ConvertedFile]) -> str:
        """See `StageKind.outcome`."""
        return ", ".join(f"{file.name} {size(file.file_bytes)}" for file in results)


def _task(state: RunState, scheme: str, source: KerasModel, name: str, settings: Recipe) -> Task:
    from tfl_lite_suite import convert

    chosen = dataclasses.replace(settings.convert, schemes=())
    inputs = {"model": sha256(source.file), "convert": chosen, "scheme": scheme, "seed": settings.seed}
    inputs["split_hard_swish"] = settings.splits_hard_swish
    quantized = state.post_training.get(source.file) if scheme == "int8" else None
    if quantized:
        inputs["quantized"] = sha256(quantized.output)
    elif scheme == "int8":
        inputs["ptq"] = settings.quantize.ptq
    stage = Stage(state.workdir / "convert", name, inputs)

    def make() -> JsonObject:
        output = state.tflite_file(name)
        if quantized:
            facts = quantized.seconds, quantized.ptq, chosen.output
            done = convert.keep(quantized.output, str(output), scheme, *facts)
        else:
            done = _converted(state, source, str(output), scheme, settings)
        return stage.finish({"name": name, "source": source.step, **done.document()}, [output.name])

    return Task(stage, make, Conversion)


def _converted(state: RunState, source: KerasModel, output: str, scheme: str, settings: Recipe) -> Conversion:
    from tfl_lite_suite import convert
    from tfl_lite_suite.models.keras_io import keras_file

    chosen, calibration = settings.convert, None
    if scheme == "int8" and source != state.aware_model:
        calibration = state.images().train.sample(chosen.calibration_images, settings.seed)
    model = keras_file.load(source.file)
    form = "split" if settings.splits_hard_swish else "operator"
    of, ptq = state.images().contract, settings.quantize.ptq
    forms = {"hard_swish": form, "scores": chosen.output}
    return convert.convert(model, of, output, scheme, chosen.io_type, calibration, ptq, **forms)


def _conversion(source: str | None, scheme: str | None, chosen: Settings) -> tuple[object, ...]:
    """Returns what makes two conversions the same."""
    return source, scheme, chosen.io_type, chosen.calibration_images, chosen.hard_swish, chosen.output


STAGE = Convert()
