"""Trains the float network of a recipe."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import Any

from absl import flags

from tfl_lite_suite import cli, contract, data, models, predictions, recipe
from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.recipe import Distill, Model, Recipe
from tfl_lite_suite.results import atomic_path, sha256
from tfl_lite_suite.workdir import Stage

MODEL = "model.keras"
RECIPE = "recipe.yaml"
STAGE, TEACHER = "train", "teacher"


def train(
    settings: Recipe,
    workdir: str,
    load: Callable[[], Any] | None = None,
    *,
    name: str = STAGE,
    start: str | None = None,
) -> dict[str, Any]:
    """Trains, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes to one of its subfolders.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.
        name: The subfolder's name.
        start: The model to go on with, a `.keras` file; a new network if absent.

    Returns:
        `top1` and `top5` (shares of the test images), `epochs`, `seconds`, and what else was measured.
    """
    models.check_side(settings.model.name, settings.data.resolution, settings.data.resolution)
    load = load or functools.cache(lambda: load_images(settings, workdir))
    teacher = teacher_of(settings, workdir, "train", load)
    stage = stage_of(settings, workdir, name, start)
    done = stage.finished()
    if done is not None:
        return done
    images = load()
    from tfl_lite_suite.framework import keras
    from tfl_lite_suite.optimize import keras_file, mixed_precision
    from tfl_lite_suite.optimize.training import Training, accuracy_function, phases

    keras.utils.set_random_seed(settings.seed)
    policy = mixed_precision.policy() if settings.train.mixed_precision == "auto" and not start else "float32"
    with mixed_precision.layers_of(policy):
        trained = keras_file.load_classifier(start, images) if start else _network(settings, images)
    loss, augment = loss_of(settings, teacher, images), settings.data.augment
    training = Training(trained, images, settings.train, augment, settings.seed, stage.folder, stage.key, loss)
    history = training.run(phases(trained, settings.train))
    model = trained
    if policy != "float32":
        model = _network(settings, images)
        model.set_weights(trained.get_weights())
    measured = accuracy_function(model)(images.test)
    results = {
        "top1": measured["top1"],
        "top5": measured["top5"],
        "epochs": len(history),
        "seconds": sum(record["seconds"] for record in history),
        "model": settings.model.name,
        "params": model.count_params(),
        "precision": policy,
        "images": {name: len(getattr(images, name)) for name in ("train", "validation", "test")},
        "notes": images.notes,
        "history": history,
    }
    results = stage.finish(results, save_artifacts(stage.folder, model, images, settings, measured["top"]))
    training.forget_checkpoint()
    return results


def _network(settings: Recipe, images: Any) -> Any:
    chosen = settings.model
    shape, classes = images.contract.image_shape, len(images.class_names)
    return models.build(chosen.name, shape, classes, alpha=chosen.alpha, dropout=chosen.dropout, weights=chosen.weights)


def stage_of(settings: Recipe, workdir: str, name: str = STAGE, start: str | None = None) -> Stage:
    """Returns the stage that `train` makes; the teacher, if there is one, must be there already."""
    before = {"float": sha256(start)} if start else {}
    return Stage(workdir, name, {**inputs(settings), **before, **teacher_inputs(settings, workdir, "train")})


def inputs(settings: Recipe) -> dict[str, Any]:
    """Returns what the trained weights depend on, but for a teacher."""
    return {
        "data": settings.data,
        "source": data.listing_of(settings.data.source).fingerprint,
        "model": settings.model,
        "train": settings.train,
        "seed": settings.seed,
    }


def of_teacher(settings: Recipe) -> Recipe:
    """Returns the recipe by which a recipe's teacher is trained."""
    chosen = settings.distill
    epochs = settings.train.epochs if chosen.epochs is None else chosen.epochs
    return dataclasses.replace(
        settings,
        model=Model(str(chosen.teacher), chosen.alpha, chosen.weights, settings.model.dropout),
        train=dataclasses.replace(settings.train, epochs=epochs),
        distill=Distill(),
    )


def teacher_of(settings: Recipe, workdir: str, stage: str, load: Callable[[], Any]) -> str | None:
    """Returns the file of the teacher that a stage asks, `None` without one; a network is trained first, once."""
    file = teacher_file(settings, workdir, stage)
    if file and settings.distill.trains_teacher:
        train(of_teacher(settings), workdir, load, name=TEACHER)
    return file


def teacher_file(settings: Recipe, workdir: str, stage: str) -> str | None:
    """Returns the `.keras` file of the teacher that a stage asks; it need not be there yet; `None` without one.

    Raises:
        SuiteError: If the recipe names a file that is not there, or a network that the suite has not.
    """
    chosen = settings.distill
    if chosen.teacher is None or stage not in chosen.during:
        return None
    if chosen.trains_teacher:
        models.check_name(chosen.teacher, "distill.teacher")
        return str(pathlib.Path(workdir) / TEACHER / MODEL)
    if not pathlib.Path(chosen.teacher).is_file():
        raise SuiteError(f"distill.teacher: no such file '{chosen.teacher}'")
    return chosen.teacher


def loss_of(settings: Recipe, teacher: str | None, images: Any) -> Any:
    """Returns the loss for `Training`: by the labels, and by a teacher if there is a file of one."""
    from tfl_lite_suite.optimize import distill
    from tfl_lite_suite.optimize.training import cross_entropy

    hard = cross_entropy(settings.train.label_smoothing)
    return distill.loss_of(settings.distill, teacher, hard, images) if teacher else hard


def teacher_inputs(settings: Recipe, workdir: str, stage: str) -> dict[str, Any]:
    """Returns what a stage depends on if it asks a teacher.

    Raises:
        SuiteError: If the teacher is not there.
    """
    file = teacher_file(settings, workdir, stage)
    if file is None:
        return {}
    if not pathlib.Path(file).is_file():
        raise SuiteError(f"distill.teacher: there is no '{file}'; it is trained first")
    return {"distill": settings.distill, "teacher": sha256(file)}


def load_images(settings: Recipe, workdir: str) -> Any:
    """Returns the recipe's images, prepared by its contract; the prepared copy is kept in the work folder."""
    return data.load(settings.data, settings.seed, pathlib.Path(workdir) / "data")


def save_artifacts(folder: pathlib.Path, model: Any, images: Any, settings: Recipe, top: Any) -> list[str]:
    """Writes a model with the contract and the recipe that belong to it, and its answers to the test images.

    Args:
        folder: Where to.
        model: Keras model.
        images: `data.Dataset`.
        settings: The recipe.
        top: The model's best classes of each test image, int64 `(n, k)`.

    Returns:
        The names of the files.
    """
    from tfl_lite_suite.optimize import keras_file

    keras_file.save(model, folder / MODEL)
    for name, text in ((contract.FILE_BESIDE, images.contract.to_json()), (RECIPE, recipe.dump(settings))):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    test = images.test
    predictions.write(folder / predictions.FILE, images.class_names, test.keys, test.labels, top)
    return [MODEL, contract.FILE_BESIDE, RECIPE, predictions.FILE]


def show(results: dict[str, Any]) -> str:
    """Returns the results as a sentence."""
    return (
        f"{results['model']}: top-1 {100 * results['top1']:.2f} %, top-5 {100 * results['top5']:.2f} % on "
        f"{results['images']['test']} test images; {results['params']:,} parameters; {results['epochs']} epochs in "
        f"{results['seconds']:.0f} s"
    )


if __name__ == "__main__":
    cli.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for models and results.")
    cli.run_verb("train", __doc__, lambda: train(cli.recipe_from_flags(), cli.required("workdir")), show)
