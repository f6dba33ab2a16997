"""Prepares a trained network for int8, by quantization-aware training or without further training."""

import dataclasses
import functools
import pathlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tfl_lite_suite import data, models, train
from tfl_lite_suite.core import contract
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.files import sha256, write_bytes
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject, KerasModel
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.quantize.ptq.description import describe_ops, describe_ptq
from tfl_lite_suite.quantize.result import PtqResult, QatResult, QuantizeResult

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Dataset

FALLBACKS = ("float", "int16")
PTQ = ("auto", "plain", "learned")
STAGE, PTQ_STAGE = "quantize", "quantize_ptq"
FILE = "model.tflite"


def quantize(
    settings: Recipe,
    workdir: str,
    model_path: str,
    load: "Callable[[], Dataset] | None" = None,
    *,
    name: str = STAGE,
) -> QatResult:
    """Trains with fake quantization, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes to one of its subfolders.
        model_path: The trained float model, a `.keras` file.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.
        name: The subfolder's name.

    Returns:
        Accuracy before and after, and what else was measured.

    Raises:
        SuiteError: If the model cannot be read, or holds a layer that has no int8 form.
    """
    models.check_file(model_path)
    load = load or functools.cache(lambda: _training_images(settings, workdir, model_path))
    teacher = train.teacher_of(settings, workdir, "quantize", load)
    stage = stage_of(settings, workdir, model_path, name)
    if (done := stage.kept(QatResult)) is not None:
        return done
    images = load()
    from tfl_lite_suite.core.framework import keras
    from tfl_lite_suite.models.keras_io import keras_file, names
    from tfl_lite_suite.quantize.qat import targets, training
    from tfl_lite_suite.train.loop import accuracy_function

    keras.utils.set_random_seed(settings.seed)
    model = keras_file.load_classifier(model_path, images)
    keras_file.warn_of_frozen(model)
    learned = targets.of(settings, model, model_path, images, workdir, teacher)
    trained = training.train(model, settings, images, stage, learned)
    measured = accuracy_function(trained.model)(images.test)
    results = {
        "top1_float": accuracy_function(model)(images.test)["top1"],
        "top1_qat": measured["top1"],
        "top5_qat": measured["top5"],
        "top1_start": accuracy_function(trained.before)(images.test)["top1"],
        **_training(trained, len(images.validation)),
    }
    after = ptq_stage_of(settings, workdir, model_path, name=f"{name}_ptq").kept(PtqResult)
    if after is not None:
        results["top1_ptq_file"] = after.top1_ptq
    names.remember(trained.model, names.original_name(model))
    saved = train.save_artifacts(stage.folder, trained.model, images, settings, measured)
    results = stage.finish(results, saved)
    for done_training in trained.trainings:
        done_training.forget_checkpoint()
    return QatResult.from_document(results)


def _training(trained: KerasModel, validation: int) -> JsonObject:
    """Returns what was trained, which weights were kept, and why."""
    from tfl_lite_suite.train import selection

    first, *_ = trained.trainings
    begun = trained.start
    trials = [trial.to_json() for trial in begun.trials]
    of_start = first.start or {"validation_top1": None, "selected_by": {}}
    scores = {
        "top1_start": of_start["validation_top1"],
        "top1_epochs": [record["validation_top1"] for record in trained.history],
    }
    if (figure := selection.ROOT_KL) in of_start["selected_by"]:
        scores[f"{figure}_start"] = of_start["selected_by"][figure]
        scores[f"{figure}_epochs"] = [record["selected_by"][figure] for record in trained.history]
    return {
        "start": {**begun.chosen.to_json(), "trials": trials, "notes": list(begun.notes)},
        "kept": trained.kept,
        "validation": {"images": validation, **scores},
        "epochs": len(trained.history),
        "seconds": sum(record["seconds"] for record in trained.history),
        "history": trained.history,
    }


def stage_of(settings: Recipe, workdir: str, model_path: str, name: str = STAGE) -> Stage:
    """Returns the stage that `quantize` makes; the teacher, if there is one, must be there already."""
    of_teacher = train.teacher_inputs(settings, workdir, "quantize")
    of_quantize = {
        "quantize": settings.quantize,
        "split_hard_swish": settings.splits_hard_swish,
        "float": sha256(model_path),
    }
    return Stage(workdir, name, {**train.inputs(settings), **of_teacher, **of_quantize})


def quantize_after_training(
    settings: Recipe,
    workdir: str,
    model_path: str,
    load: "Callable[[], Dataset] | None" = None,
    *,
    debug: bool = False,
    name: str = PTQ_STAGE,
) -> PtqResult:
    """Quantizes without further training, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes `model.tflite` to one of its subfolders.
        model_path: The trained float model, a `.keras` file.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.
        debug: Also find the worst layers, draw them, and try fewer calibration pictures.
        name: The subfolder's name.

    Returns:
        `top1_float`, `top1_ptq` (shares of the test images), the report `ptq`, `calibration` findings, and `float_ops`
        (operators that compute in float); with `debug` also `layers`, `worst_layers`, `chart` and `sensitivity`.

    Raises:
        SuiteError: If the model cannot be read or converted.
    """
    models.check_file(model_path)
    stage = ptq_stage_of(settings, workdir, model_path, debug, name)
    if (done := stage.kept(PtqResult)) is not None:
        return done
    from tfl_lite_suite.models.keras_io import keras_file, names
    from tfl_lite_suite.quantize.ptq import diagnosis, techniques
    from tfl_lite_suite.tflite import metadata_writer, shared_buffers
    from tfl_lite_suite.tflite.file import TfliteFile
    from tfl_lite_suite.train.loop import accuracy_function

    start, io_type, split = time.monotonic(), settings.convert.io_type, settings.splits_hard_swish
    images = load() if load else _images(settings, workdir, model_path, 0)
    model = keras_file.load_classifier(model_path, images)
    pictures, findings = _calibration(settings, images)
    chosen = settings.quantize
    quantized = techniques.quantize(model, pictures, io_type, settings.seed, chosen.ptq, split_hard_swish=split)
    if (least := chosen.min_agreement) is not None:
        quantized = techniques.with_fallback(quantized, least, chosen.fallback, io_type)
    content = shared_buffers.compact(quantized.content)
    content = metadata_writer.write(content, images.contract, name=names.original_name(model))
    write_bytes(stage.folder / FILE, content)
    results = {
        "output": str(stage.folder / FILE),
        "top1_float": accuracy_function(model)(images.test)["top1"] if len(images.test) else None,
        "top1_ptq": diagnosis.top1(quantized.content, images.test) if len(images.test) else None,
        "ptq": quantized.report,
        "calibration": findings,
        "float_ops": list(TfliteFile(content).float_ops),
        "seconds": time.monotonic() - start,
    }
    if debug:
        results |= diagnosis.debug(quantized, stage.folder, io_type)
    return PtqResult.from_document(stage.finish(results, [FILE, diagnosis.CHART] if debug else [FILE]))


def ptq_stage_of(settings: Recipe, workdir: str, model_path: str, debug: bool = False, name: str = PTQ_STAGE) -> Stage:
    """Returns the stage that `quantize_after_training` makes."""
    chosen = settings.quantize
    asked = {
        "convert": settings.convert,
        "split_hard_swish": settings.splits_hard_swish,
        "asked": [debug, chosen.min_agreement, chosen.fallback, chosen.ptq],
    }
    return Stage(workdir, name, {**train.inputs(settings), **asked, "float": sha256(model_path)})


def _training_images(settings: Recipe, workdir: str, model_path: str) -> "Dataset":
    """Returns the recipe's images; where the float network is the only teacher, they need no labels."""
    if settings.learns_float_answers:
        return _images(settings, workdir, model_path, settings.data.validation_fraction)
    return train.load_images(settings, workdir)


def _images(settings: Recipe, workdir: str, model_path: str, validation: float) -> "Dataset":
    """Returns the recipe's images.

    Those without labels are prepared by the model's contract; all but a share for validation are training images.
    """
    if not data.is_unlabelled(settings.data.source):
        return train.load_images(settings, workdir)
    import numpy as np

    from tfl_lite_suite.models.keras_io import keras_file

    of = contract.beside(model_path)
    model = keras_file.load(model_path, of.image_shape if of else None)
    of = of or contract.of_model(model.name, model.input_shape)
    names = of.labels or tuple(map(str, range(max(2, model.output_shape[-1]))))  # One score tells two apart.
    named, folder = dataclasses.replace(of, labels=names), pathlib.Path(workdir) / "data"
    pictures = data.open_unknown(settings.data.source, named, on_corrupt=settings.data.on_corrupt, cache_dir=folder)
    order = np.random.default_rng(settings.seed).permutation(len(pictures))
    held_out, others = np.split(order, [round(validation * len(pictures))])
    return data.Dataset(names, of, pictures.subset(others), pictures.subset(held_out), pictures.subset([]), [])


def _calibration(settings: Recipe, images: "Dataset") -> tuple[Any, list[dict[str, str]]]:
    """Returns calibration pictures, and what is wrong with them, which is printed too."""
    import numpy as np

    from tfl_lite_suite.quantize.ptq import calibration

    rows = images.train.evenly(settings.convert.calibration_images, settings.seed)
    pictures = images.train.images(rows)
    test = images.test.images(np.arange(len(images.test))) if len(images.test) else None
    labels = images.train.labels[rows]
    findings = calibration.check(pictures, labels if (labels >= 0).any() else None, images.class_names, test)
    for finding in findings:
        print(f"warning: {finding.message}: {finding.fix}", file=sys.stderr)
    return pictures, [dataclasses.asdict(finding) for finding in findings]


def show(result: QuantizeResult) -> str:
    """Returns the result as a sentence, or several."""
    if isinstance(result, PtqResult):
        return _show_ptq(result)
    assert isinstance(result, QatResult)
    measured, lines = "no test images, so accuracy was not measured", [_reason(result)]
    if result.top1_float is not None and result.top1_qat is not None and result.top1_start is not None:
        shares = [percent(share) for share in (result.top1_float, result.top1_start, result.top1_qat)]
        measured = f"top-1 {shares[0]} float, {shares[1]} int8 before training, {shares[2]} after"
        lost = max(result.top1_start, result.top1_ptq_file or 0.0) - result.top1_qat
        if lost > 0:
            lines.append(
                f"warning: on the test images that is {100 * lost:.2f} points below int8 without training: "
                "quantize --scheme=ptq"
            )
    return "\n".join([f"{measured}; {result.epochs} epochs in {result.seconds:.0f} s", *lines])


def _reason(result: QatResult) -> str:
    """Returns, as a phrase, which weights were kept and why."""
    judged = result.validation or {"images": 0, "top1_start": None, "top1_epochs": []}
    by_kl = "root_kl_start" in judged
    figure = "root_kl" if by_kl else "top1"
    images, start, epochs = judged["images"], judged[f"{figure}_start"], judged[f"{figure}_epochs"]
    if start is None:
        return f"kept {result.kept}; without validation images the start could not be compared"
    best = (min if by_kl else max)(epochs, default=start)
    before, after = (f"{value:.4f}" if by_kl else percent(value) for value in (start, best))
    what = "distance from the float network" if by_kl else "top-1"
    if result.kept == "start":
        chance = ", a gain that chance could give" if (best < start if by_kl else best > start) else ""
        return (
            f"kept the network before training: {what} {before} on {images} validation images, after it {after}{chance}"
        )
    return f"kept {result.kept}: {what} {after} on {images} validation images, before training {before}"


def _show_ptq(result: PtqResult) -> str:
    report, debug = result.ptq, result.others
    lines = [f"{result.output}: {describe_ptq(report)}"]
    if result.top1_float is not None and result.top1_ptq is not None:
        lines.append(f"top-1 {percent(result.top1_float)} float, {percent(result.top1_ptq)} int8")
    if result.float_ops and "float_layers" not in report:
        lines.append(f"operators that compute in float, having no int8 form: {describe_ops(result.float_ops)}")
    for fallback, words in (("float", "left in float"), ("int16", "with 16-bit outputs")):
        if f"{fallback}_layers" in report:
            names, ratio = (report[f"{fallback}_{key}"] for key in ("layers", "latency_ratio"))
            lines.append(f"{words}: {', '.join(names)}; latency here {ratio:.2f} times the int8 file's")
    if "worst_layers" in debug:
        lines += [f"{row['layer']}: {row['own_snr_db']:.1f} dB" for row in debug["worst_layers"]]
        lines += [
            f"{row['pictures']} calibration pictures: agreement {percent(row['agreement'], 1)}, KL {row['kl']:.4f}"
            for row in debug["sensitivity"]
        ]
        lines.append(f"chart: {debug['chart']}")
    return "\n".join(lines)
