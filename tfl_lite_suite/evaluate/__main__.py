"""Measures the accuracy of a `.tflite`, exported or `.keras` model; TensorFlow is loaded for `.keras` only."""

import dataclasses
import functools
import pathlib
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path, is_keras_file, write_bytes
from tfl_lite_suite.evaluate import (
    evaluate,
    open_data,
    open_model,
    open_recipe,
    preprocessing,
    text,
    write_predictions,
)

if TYPE_CHECKING:
    from tfl_lite_suite.evaluate import answers as accuracy


def _on_target(model: str) -> dict[str, Any]:
    """Has a device evaluate, with the pictures copied there."""
    from tfl_lite_suite import data
    from tfl_lite_suite.runtime import engines, exporting, targets
    from tfl_lite_suite.runtime.session import TFLITE

    given = flags.FLAGS
    if given.recipe is not None or is_keras_file(model):
        raise SuiteError("--target: a device evaluates a .tflite or exported file on --data alone, without --recipe")
    source = command_line.required("data")
    if given.engine is not None and len(given.engine) > 1:
        raise SuiteError(f"--engine: a device evaluates on one engine at a time. Received: '{','.join(given.engine)}'")
    names = ("limit", "on_corrupt", "threads", "workers", "kernels")
    settings = {name: given[name].value for name in names if given[name].value is not None}
    engine = given.engine or ([] if engines.format_of(model) == TFLITE else engines.names_for(model))
    settings |= {name: ",".join(given[name].value) for name in ("mean", "std") if given[name].value is not None}
    settings |= {"engine": engine[0]} if engine else {}
    wanted = {name: given[name].value for name in ("predictions", "logits") if given[name].value is not None}
    with targets.get(given.target, given.wheels) as target:
        known = source if source == data.fashion_mnist.NAME else None
        model = exporting.file_for(model, settings["engine"]) if "engine" in settings else model
        document, files = target.evaluate(model, data.files_of(source), known, settings, list(wanted))
    for name, path in wanted.items():
        write_bytes(path, files[name])
    return document


def _document(path: str, engine: str) -> tuple[dict[str, Any], "accuracy.Answers"]:
    """Evaluates as the flags say, on one engine."""
    from tfl_lite_suite import data
    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.runtime import exporting, machine

    given = flags.FLAGS
    keras = engine == "keras"
    settings = command_line.recipe_from_flags() if given.recipe is not None else None
    source = None if settings else command_line.required("data")
    path = path if keras else exporting.file_for(path, engine)
    model = open_model(path, engine, preprocessing.normalization_of(given.mean, given.std))
    if settings is None:
        images = open_data(model.contract, str(source), given.limit, given.on_corrupt)
    else:
        cache_dir = str(pathlib.Path(given.workdir) / "data") if given.workdir else None
        model, images = open_recipe(model, settings, cache_dir, given.limit)
    workers = 1 if keras else given.workers or max(1, machine.usable_cores() // given.threads)
    if given.unknown is not None:
        unknown = data.open_unknown(given.unknown, model.contract, on_corrupt=given.on_corrupt)
        images = dataclasses.replace(images, unknown=unknown)
    runner = accuracy.Runner(path, engine, given.threads, workers, given.kernels, keep_logits=True)
    document, answers = evaluate(runner, model, images)
    if given.predictions is not None:
        write_predictions(given.predictions, model, images.split, answers)
    return document, answers


def _main() -> Any:
    import numpy as np

    from tfl_lite_suite.evaluate import engine_table
    from tfl_lite_suite.runtime import engines

    given = flags.FLAGS
    path = command_line.required("model")
    if given.target != "local" or given.wheels is not None:
        return _on_target(path)
    keras = is_keras_file(path)
    if keras and given.engine not in (None, ["keras"]):
        raise SuiteError(f"--engine: a .keras file is run by Keras. Received: '{','.join(given.engine)}'")
    names = given.engine or ["keras" if keras else engines.default(path)]
    if len(names) > 1:
        if given.predictions or given.logits:
            raise SuiteError("--engine: --predictions and --logits write one engine's answers. Name one engine")
        for name in names:
            engines.get(name).require()
        evaluation = functools.partial(_document, path)
        return engine_table.rows(path, names, evaluation, given.threads, given.kernels)
    document, answers = _document(path, names[0])
    if given.logits is not None:
        if answers.logits is None:
            raise SuiteError(
                "--logits: too many pictures and classes to keep every score. --limit leaves fewer pictures"
            )
        with atomic_path(given.logits) as temporary, open(temporary, "wb") as file:
            np.save(file, answers.logits)
    return document


if __name__ == "__main__":
    command_line.define_recipe_flags()
    flags.DEFINE_string("model", None, "The .tflite, .onnx, .ncnn.param, .mnn or .keras file.")
    flags.DEFINE_list("engine", None, "Engine, the first installed if absent; several, comma-separated, make a table.")
    flags.DEFINE_string("unknown", None, "A folder of pictures that are none of the classes.")
    flags.DEFINE_string("workdir", None, "With --recipe: the run's work folder, whose prepared images are used.")
    flags.DEFINE_list("mean", None, "How the model was trained, where its file does not say: (pixel - mean) / std.")
    flags.DEFINE_list("std", None, "See --mean; one number, or one for each channel, in pixel units 0-255.")
    flags.DEFINE_integer("limit", None, "Greatest number of images.", 1)
    flags.DEFINE_enum("on_corrupt", "error", ["error", "skip"], "With --data alone: what an unreadable picture does.")
    flags.DEFINE_integer("threads", 1, "Threads of each worker's runtime.", 1, 256)
    flags.DEFINE_integer("workers", None, "Worker processes; one for each core if absent.", 1, 256)
    flags.DEFINE_enum("kernels", "default", ["default", "builtin", "reference"], "Which kernels; as in benchmark.")
    flags.DEFINE_string("predictions", None, "Write every picture's answer to this JSON file.")
    flags.DEFINE_string("target", "local", "Where to evaluate: local, or ssh:USER@HOST[:PORT], such as a Raspberry Pi.")
    flags.DEFINE_string("wheels", None, "For a device without internet: a folder of wheels to install the suite from.")
    flags.DEFINE_string("logits", None, "Write every score to this NumPy file, float32 (images, classes).")
    command_line.run_verb("evaluate", __doc__, _main, text.show)
