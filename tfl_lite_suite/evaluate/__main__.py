"""Measures the accuracy of a `.tflite`, exported or `.keras` model; TensorFlow is loaded for `.keras` only."""

from typing import TYPE_CHECKING

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.files import is_keras_file
from tfl_lite_suite.evaluate import text

if TYPE_CHECKING:
    from tfl_lite_suite.evaluate.result import EngineRow, Evaluation, UnsupportedEngine


def _main() -> "Evaluation | list[EngineRow | UnsupportedEngine]":
    from tfl_lite_suite.evaluate.request import Request

    given = flags.FLAGS
    model, is_local = command_line.required("model"), given.target == "local"
    command_line.only_with(given.recipe is not None, "with --recipe", "set", "workdir")
    command_line.only_with(given.recipe is None or given.unknown is not None, "without --recipe", "on_corrupt")
    command_line.only_with(is_local, "without --target", "unknown")
    command_line.only_with(not is_keras_file(model), "for a .tflite or exported file", "threads", "workers", "kernels")
    recipe = None if given.recipe is None else command_line.recipe_from_flags()
    if recipe is None:
        command_line.required("data")
    return command_line.values_for(Request, recipe=recipe).evaluate()


if __name__ == "__main__":
    command_line.define_recipe_flags()
    flags.DEFINE_string("model", None, "The .tflite, .onnx, .ncnn.param, .mnn or .keras file.")
    flags.DEFINE_list("engine", None, "Engine, the first installed if absent; several, comma-separated, make a table.")
    flags.DEFINE_string("unknown", None, "A folder of pictures that are none of the classes.")
    flags.DEFINE_string("workdir", None, "With --recipe: the run's work folder, whose prepared images are used.")
    flags.DEFINE_list("mean", None, "Normalization (pixel - mean) / std of a file that does not contain it.")
    flags.DEFINE_list("std", None, "See --mean; one number, or one for each channel, in pixel units 0-255.")
    flags.DEFINE_integer("limit", None, "Largest number of images.", 1)
    flags.DEFINE_enum(
        "on_corrupt",
        "error",
        ["error", "skip"],
        "Without --recipe: whether an unreadable picture is an error or is skipped and counted.",
    )
    flags.DEFINE_integer("threads", 1, "Threads of each worker's runtime.", 1, 256)
    flags.DEFINE_integer("workers", None, "Worker processes; one for each core if absent.", 1, 256)
    flags.DEFINE_enum("kernels", "default", ["default", "builtin", "reference"], "Which kernels; as in benchmark.")
    flags.DEFINE_string("predictions", None, "Write every picture's answer to this JSON file.")
    flags.DEFINE_string("target", "local", "Where to evaluate: local, or ssh:USER@HOST[:PORT], such as a Raspberry Pi.")
    flags.DEFINE_string("wheels", None, "For a device without internet: a folder of wheels to install the suite from.")
    flags.DEFINE_string("logits", None, "Write every score to this NumPy file, float32 (images, classes).")
    command_line.run_verb(
        "evaluate",
        __doc__,
        _main,
        text.show,
        required=("model",),
        example="--model=work/photos/decide/int8_qat/int8_qat.tflite --data=photos",
    )
