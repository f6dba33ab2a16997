"""Converts a Keras model, or a fresh network, to a TensorFlow Lite file that carries its preprocessing contract."""

import dataclasses
import sys
from typing import Any

import numpy as np
from absl import flags

from tfl_lite_suite import data, models
from tfl_lite_suite.convert import HARD_SWISH, IO_TYPES, PTQ, SCORES, convert, open_model, show
from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core import command_line, contract
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.recipe import SCHEMES, Recipe


def _main() -> Conversion:
    given = flags.FLAGS
    name, output = command_line.required("model"), command_line.required("output")
    if given.scheme not in SCHEMES:
        raise unknown_name("--scheme", given.scheme, SCHEMES, "scheme")
    if given.io_type not in IO_TYPES:
        raise unknown_name("--io_type", given.io_type, IO_TYPES, "type")
    if given.ptq not in PTQ:
        raise unknown_name("--ptq", given.ptq, PTQ, "choice")
    if given.hard_swish not in HARD_SWISH:
        raise unknown_name("--hard_swish", given.hard_swish, HARD_SWISH, "choice")
    if given.scores not in SCORES:
        raise unknown_name("--scores", given.scores, SCORES, "choice")
    if is_file := models.is_file(name):
        model, of, settings = open_model(name)
    else:
        models.check_name(name, "--model")
        model, of, settings = _fresh(name)
    # A network that was never trained has no accuracy to keep.
    untrained = not is_file and given.weights == "none"
    ptq = "plain" if untrained else given.ptq
    pictures = _calibration(model, of, settings)
    return convert(model, of, output, given.scheme, given.io_type, pictures, ptq, given.hard_swish, given.scores)


def _fresh(name: str) -> tuple[Any, contract.Contract, None]:
    side = flags.FLAGS.resolution
    model = models.build(
        name,
        (side, side, flags.FLAGS.channels),
        flags.FLAGS.classes,
        alpha=flags.FLAGS.alpha,
        weights=flags.FLAGS.weights,
    )
    return model, contract.of_model(model.name, model.input_shape), None


def _calibration(model: Any, of: contract.Contract, settings: Recipe | None) -> np.ndarray | None:
    """Returns calibration pictures: from `--calibration`, else the recipe's training images."""
    from tfl_lite_suite.models.tflite_converter import is_quantization_aware

    if flags.FLAGS.scheme != "int8" or is_quantization_aware(model):
        return None
    count = flags.FLAGS.calibration_images
    if flags.FLAGS.calibration is not None:
        source = flags.FLAGS.calibration
        if data.is_unlabelled(source):
            pictures = data.open_unknown(source, of)
            return pictures.sample(min(count, len(pictures)), 0)
        any_label = dataclasses.replace(of, labels=data.listing_of(source).class_names)
        pictures = data.open_all(source, any_label, "train", limit=count)
        data.findings.tell(pictures.notes)
        return pictures.sample(count, 0)
    if settings is not None:
        return data.load(settings.data, settings.seed).train.sample(count, settings.seed)
    if models.is_file(flags.FLAGS.model):
        raise SuiteError("--calibration: missing. int8 needs training images: a folder, or fashion_mnist")
    print("calibrated with noise: good for size and speed, not for accuracy", file=sys.stderr)
    return np.random.default_rng(0).integers(0, 256, (8, *of.image_shape), np.uint8)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "A .keras or .h5 file, or the name of a network to convert freshly initialised.")
    flags.DEFINE_string("scheme", "int8", "float32, float16, dynamic or int8.")
    flags.DEFINE_string("io_type", "int8", "Type of input and output of an int8 file: int8, uint8 or float32.")
    flags.DEFINE_string(
        "calibration", None, "Training images for int8: a folder or fashion_mnist; the recipe's if absent."
    )
    flags.DEFINE_integer("calibration_images", 200, "How many of them.", 1)
    flags.DEFINE_string(
        "ptq",
        "auto",
        "int8 of a trained network: auto keeps the techniques that help, plain uses none, learned also trains the "
        "rounding for minutes, on the calibration pictures, without labels.",
    )
    flags.DEFINE_string(
        "hard_swish", "auto", "int8: operator; split into ADD and MUL, which XNNPACK takes; auto: the faster on LiteRT."
    )
    flags.DEFINE_string("output", None, "The .tflite file to write.")
    flags.DEFINE_string("scores", "logits", "What the file gives: logits, or probabilities by a softmax at its end.")
    flags.DEFINE_integer("resolution", 224, "Network by name: height and width in pixels.", 16, 1024)
    flags.DEFINE_integer("channels", 3, "Network by name: 3 for RGB, 1 for grey.", 1, 3)
    flags.DEFINE_integer("classes", 1000, "Network by name: number of classes.", 2)
    flags.DEFINE_float("alpha", 1.0, "Network by name: width multiplier.", 0.05, 4)
    flags.DEFINE_string("weights", "none", "Network by name: none, imagenet or a weights file.")
    command_line.run_verb("convert", __doc__, _main, show)
