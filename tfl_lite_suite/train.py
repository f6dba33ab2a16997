"""Trains the float network of a recipe."""

import pathlib
from collections.abc import Callable
from typing import Any

from absl import flags

from tfl_lite_suite import cli, contract, data, models, recipe
from tfl_lite_suite.recipe import Recipe
from tfl_lite_suite.results import atomic_path
from tfl_lite_suite.workdir import Stage

MODEL = "model.keras"
CONTRACT = "contract.json"
RECIPE = "recipe.yaml"


def train(settings: Recipe, workdir: str, load: Callable[[], Any] | None = None) -> dict[str, Any]:
    """Trains, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes to its subfolder `train`.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.

    Returns:
        `top1` and `top5` (shares of the test images), `epochs`, `seconds`, and what else was measured.
    """
    models.check_name(settings.model.name)
    stage = Stage(workdir, "train", inputs(settings))
    done = stage.finished()
    if done is not None:
        return done
    images = load() if load else load_images(settings, workdir)
    from tfl_lite_suite.framework import keras
    from tfl_lite_suite.optimize import mixed_precision
    from tfl_lite_suite.optimize.training import Training, accuracy_function, phases

    keras.utils.set_random_seed(settings.seed)
    policy = mixed_precision.policy() if settings.train.mixed_precision == "auto" else "float32"
    with mixed_precision.layers_of(policy):
        trained = _network(settings, images)
    training = Training(trained, images, settings.train, settings.data.augment, settings.seed, stage.folder, stage.key)
    history = training.run(phases(trained, settings.train))
    model = trained
    if policy != "float32":
        model = _network(settings, images)
        model.set_weights(trained.get_weights())
    measured = accuracy_function(model)(images.test)
    save_artifacts(stage.folder, model, images.contract, settings)
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
    results = stage.finish(results, [MODEL, CONTRACT, RECIPE])
    training.forget_checkpoint()
    return results


def _network(settings: Recipe, images: Any) -> Any:
    chosen = settings.model
    return models.build(
        chosen.name,
        images.contract.image_shape,
        len(images.class_names),
        alpha=chosen.alpha,
        dropout=chosen.dropout,
        weights=chosen.weights,
    )


def inputs(settings: Recipe) -> dict[str, Any]:
    """Returns what the trained weights depend on."""
    return {
        "data": settings.data,
        "source": data.listing_of(settings.data.source).fingerprint,
        "model": settings.model,
        "train": settings.train,
        "seed": settings.seed,
    }


def load_images(settings: Recipe, workdir: str) -> Any:
    """Returns the recipe's images, prepared by its contract; the prepared copy is kept in the work folder."""
    return data.load(settings.data, settings.seed, pathlib.Path(workdir) / "data")


def save_artifacts(folder: pathlib.Path, model: Any, of: contract.Contract, settings: Recipe) -> None:
    """Writes a model with the contract and the recipe that belong to it."""
    from tfl_lite_suite.optimize import keras_file

    keras_file.save(model, folder / MODEL)
    for name, text in ((CONTRACT, of.to_json()), (RECIPE, recipe.dump(settings))):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


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
