"""Converts a Keras model, or a fresh network, to a TensorFlow Lite file that carries its preprocessing contract."""

from absl import flags

from tfl_lite_suite import models
from tfl_lite_suite.convert import show
from tfl_lite_suite.convert.request import Request
from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core import command_line


def _main() -> Conversion:
    given = flags.FLAGS
    command_line.required("model")
    command_line.required("output")
    by_name, trained = not models.is_file(given.model), given.weights != "none"
    of_int8 = ("calibration", "calibration_images", "ptq", "hard_swish")
    command_line.only_with(given.scheme == "int8", "with --scheme=int8", *of_int8)
    # The tensors of any other file are float32, so that asking for it asks for nothing else.
    command_line.only_with(given.scheme == "int8" or given.io_type == "float32", "with --scheme=int8", "io_type")
    command_line.only_with(by_name, "for a network by name", "resolution", "channels", "classes", "alpha", "weights")
    has_technique = trained or not by_name or given.ptq == "plain"
    command_line.only_with(has_technique, "for a network with trained weights", "ptq")
    return command_line.values_for(Request).convert()


if __name__ == "__main__":
    flags.DEFINE_string(
        "model", None, "A .keras or .h5 file, or a network's name: it is converted with random weights, or --weights."
    )
    flags.DEFINE_string("scheme", "int8", "float32, float16, dynamic or int8.")
    flags.DEFINE_string("io_type", "int8", "Type of input and output of an int8 file: int8, uint8 or float32.")
    flags.DEFINE_string(
        "calibration", None, "Training images for int8: a folder or fashion_mnist; the recipe's if absent."
    )
    flags.DEFINE_integer("calibration_images", 200, "Number of calibration pictures.", 1)
    flags.DEFINE_string(
        "ptq",
        "auto",
        "int8 of a trained network: auto keeps the techniques that help, plain uses none, learned also trains the "
        "rounding for minutes, on the calibration pictures, without labels.",
    )
    flags.DEFINE_string(
        "hard_swish",
        "auto",
        "int8: operator; split into ADD and MUL, which XNNPACK supports; auto: the faster on LiteRT.",
    )
    flags.DEFINE_string("output", None, "The .tflite file to write.")
    flags.DEFINE_string("scores", "logits", "Output of the file: logits, or probabilities from a softmax at its end.")
    flags.DEFINE_integer("resolution", 224, "For a network by name: height and width in pixels.", 16, 1024)
    flags.DEFINE_integer("channels", 3, "For a network by name: 3 for RGB, 1 for grey.", 1, 3)
    flags.DEFINE_integer("classes", 1000, "For a network by name: number of classes.", 2)
    flags.DEFINE_float("alpha", 1.0, "For a network by name: width multiplier.", 0.05, 4)
    flags.DEFINE_string("weights", "none", "For a network by name: none, imagenet or a weights file.")
    command_line.run_verb(
        "convert",
        __doc__,
        _main,
        show,
        required=("model", "output"),
        example="--model=mine.keras --calibration=photos --output=mine.tflite",
    )
