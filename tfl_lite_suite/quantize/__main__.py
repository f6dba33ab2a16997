"""Prepares a trained network for int8, by quantization-aware training or without further training."""

import dataclasses
import pathlib

from absl import flags

from tfl_lite_suite import train
from tfl_lite_suite.core import command_line, recipe
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.schemes import QUANTIZATION_SCHEMES
from tfl_lite_suite.core.work_folder import at_work
from tfl_lite_suite.quantize import FALLBACKS, PTQ, quantize, quantize_after_training, show
from tfl_lite_suite.quantize.result import QuantizeResult


def _settings(model: str) -> Recipe:
    """Returns the recipe that the flags name, or that lies beside the model; any model needs `--data` alone."""
    beside = pathlib.Path(model).parent / train.RECIPE
    given = flags.FLAGS
    if given.data is not None and given.recipe is None and not beside.is_file():
        name = pathlib.Path(model).stem
        document = {"name": name, "data": {"source": given.data}, "model": {"name": name}}
        return recipe.parsed(document, given.set)
    return command_line.recipe_from_flags(beside=str(beside))


def _main() -> QuantizeResult:
    if flags.FLAGS.scheme not in QUANTIZATION_SCHEMES:
        raise unknown_name("--scheme", flags.FLAGS.scheme, QUANTIZATION_SCHEMES, "scheme")
    model = command_line.required("model")
    settings = _settings(model)
    workdir = flags.FLAGS.workdir or str(pathlib.Path(model).parent)
    debug = flags.FLAGS.debug
    given = {key: flags.FLAGS[key].value for key in ("min_agreement", "fallback", "ptq") if flags.FLAGS[key].present}
    if flags.FLAGS.scheme == "ptq":
        settings = dataclasses.replace(settings, quantize=dataclasses.replace(settings.quantize, **given))
        if settings.quantize.fallback not in FALLBACKS:
            raise unknown_name("--fallback", settings.quantize.fallback, FALLBACKS, "value")
        if settings.quantize.ptq not in PTQ:
            raise unknown_name("--ptq", settings.quantize.ptq, PTQ, "choice")
        if "fallback" in given and settings.quantize.min_agreement is None:
            raise SuiteError(f"--fallback goes with --min_agreement. Received: --fallback={given['fallback']} alone")
        with at_work(workdir, model):
            return quantize_after_training(settings, workdir, model, debug=debug)
    if debug or given:
        raise SuiteError(
            "--debug, --min_agreement, --fallback and --ptq work with --scheme=ptq only. Received: --scheme=qat"
        )
    with at_work(workdir, model):
        return quantize(settings, workdir, model)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "Trained float model, a .keras file.")
    flags.DEFINE_string("scheme", "qat", "qat: quantization-aware training; ptq: int8 without training.")
    flags.DEFINE_bool(
        "debug", False, "ptq: list and draw the worst layers, and test smaller numbers of calibration pictures."
    )
    flags.DEFINE_float(
        "min_agreement",
        None,
        "ptq: share of calibration pictures that must keep their top-1; the worst layers get finer arithmetic for it.",
        0,
        1,
    )
    flags.DEFINE_string(
        "fallback", "float", "ptq: the finer arithmetic of --min_agreement: float, or int16 (16-bit activations)."
    )
    flags.DEFINE_string(
        "ptq",
        "auto",
        "ptq: auto keeps the techniques that help, plain uses none, learned also trains the rounding for minutes, on "
        "the calibration pictures, without labels.",
    )
    command_line.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for model and results; the model's own folder if absent.")
    command_line.run_verb(
        "quantize", __doc__, _main, show, required=("model",), example="--model=work/photos/train/model.keras"
    )
