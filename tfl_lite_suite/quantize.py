"""Prepares a trained network for int8 by quantization-aware training."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from absl import flags

from tfl_lite_suite import cli, train
from tfl_lite_suite.errors import SuiteError, unknown_name
from tfl_lite_suite.recipe import Recipe
from tfl_lite_suite.results import sha256
from tfl_lite_suite.workdir import Stage

SCHEMES = ("qat",)
# Folded kernels carry the batch normalization's scale, and their gradients with them.
_CLIP_NORM = 1.0


def quantize(settings: Recipe, workdir: str, model_path: str, load: Callable[[], Any] | None = None) -> dict[str, Any]:
    """Trains with fake quantization, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes to its subfolder `quantize`.
        model_path: The trained float model, a `.keras` file.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.

    Returns:
        `top1_float` and `top1_qat` (shares of the test images), and what else was measured.

    Raises:
        SuiteError: If the model cannot be read, or holds a layer that has no int8 form.
    """
    if not pathlib.Path(model_path).is_file():
        raise SuiteError(f"--model: no such file '{model_path}'")
    inputs = {**train.inputs(settings), "quantize": settings.quantize, "float": sha256(model_path)}
    stage = Stage(workdir, "quantize", inputs)
    done = stage.finished()
    if done is not None:
        return done
    images = load() if load else train.load_images(settings, workdir)
    from tfl_lite_suite.framework import keras
    from tfl_lite_suite.optimize import keras_file
    from tfl_lite_suite.optimize.qat import quantization_aware
    from tfl_lite_suite.optimize.training import Phase, Training, accuracy_function

    keras.utils.set_random_seed(settings.seed)
    model = keras_file.load(model_path)
    top1_float = accuracy_function(model)(images.test)["top1"]
    chosen = settings.quantize
    aware = quantization_aware(model, images.train.sample(chosen.calibration_images, settings.seed))
    as_train = dataclasses.replace(
        settings.train, batch_size=chosen.batch_size, ema=0.0, early_stopping=0, clip_norm=_CLIP_NORM
    )
    training = Training(aware, images, as_train, settings.data.augment, settings.seed, stage.folder, stage.key)
    history = training.run([Phase("quantization-aware", chosen.epochs, chosen.learning_rate)])
    measured = accuracy_function(aware)(images.test)
    train.save_artifacts(stage.folder, aware, images.contract, settings)
    results = {
        "top1_float": top1_float,
        "top1_qat": measured["top1"],
        "top5_qat": measured["top5"],
        "epochs": len(history),
        "seconds": sum(record["seconds"] for record in history),
        "history": history,
    }
    results = stage.finish(results, [train.MODEL, train.CONTRACT, train.RECIPE])
    training.forget_checkpoint()
    return results


def show(results: dict[str, Any]) -> str:
    """Returns the results as a sentence."""
    return (
        f"top-1 {100 * results['top1_float']:.2f} % float, {100 * results['top1_qat']:.2f} % with fake quantization; "
        f"{results['epochs']} epochs in {results['seconds']:.0f} s"
    )


def _main() -> dict[str, Any]:
    if flags.FLAGS.scheme not in SCHEMES:
        raise unknown_name("--scheme", flags.FLAGS.scheme, SCHEMES, "scheme")
    model = cli.required("model")
    settings = cli.recipe_from_flags()
    return quantize(settings, flags.FLAGS.workdir or str(pathlib.Path(model).parent), model)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "Trained float model, a .keras file.")
    flags.DEFINE_string("scheme", "qat", "qat: quantization-aware training.")
    cli.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for model and results; the model's own folder if absent.")
    cli.run_verb("quantize", __doc__, _main, show)
