"""Converts a Keras model, or a fresh network, to a TensorFlow Lite file that carries its preprocessing contract."""

import collections
import dataclasses
import pathlib
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import flags

from tfl_lite_suite import cli, contract, data, models, recipe, train
from tfl_lite_suite.errors import SuiteError, unknown_name
from tfl_lite_suite.recipe import Recipe
from tfl_lite_suite.results import atomic_path

SCHEMES = ("float32", "float16", "dynamic", "int8")
IO_TYPES = ("int8", "uint8", "float32")
PTQ = ("auto", "plain")


def convert(
    model: Any,
    of: contract.Contract,
    output: str,
    scheme: str,
    io_type: str = "int8",
    calibration: np.ndarray | None = None,
    ptq: str = "auto",
) -> dict[str, Any]:
    """Writes a `.tflite` file.

    Args:
        model: Keras model; if it carries fake quantization, int8 needs no calibration.
        of: Its contract, which goes into the file.
        output: Path of the file.
        scheme: One of `SCHEMES`.
        io_type: One of `IO_TYPES`, for int8.
        calibration: uint8 `(n, height, width, channels)` for int8.
        ptq: One of `PTQ`, for int8 without fake quantization: `auto` tries techniques against int8 loss on the
            calibration pictures and keeps those that help, `plain` tries none.

    Returns:
        `output`, `file_bytes`, `seconds`, `fully_int8`, `float_ops` (operators that compute in float), and with `auto`
        the report `ptq` of `deploy.ptq.quantize`.
    """
    from tfl_lite_suite.deploy import compact, converter, metadata
    from tfl_lite_suite.deploy import ptq as post_training

    start = time.monotonic()
    aware = converter.is_quantization_aware(model)
    if aware and scheme != "int8":
        raise SuiteError(f"--scheme: a quantization-aware model converts to int8. Received: '{scheme}'")
    report = {}
    if scheme == "int8" and ptq == "auto" and not aware and calibration is not None and len(calibration):
        quantized = post_training.quantize(model, calibration, io_type)
        content, report = quantized.content, {"ptq": quantized.report}
    else:
        content = converter.convert(model, scheme, io_type=io_type, calibration=calibration, quantization_aware=aware)
    content = metadata.write(compact.compact(content), of, name=model.name)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    return {**_described(output, scheme), "seconds": time.monotonic() - start, **report}


def keep(made: str, output: str, scheme: str) -> dict[str, Any]:
    """Copies a `.tflite` file that was made already; returns what `convert` returns, but for `seconds` and `ptq`."""
    with atomic_path(output) as temporary:
        shutil.copyfile(made, temporary)
    return _described(output, scheme)


def _described(output: str, scheme: str) -> dict[str, Any]:
    from tfl_lite_suite.tflite_file import TfliteFile

    written = TfliteFile.read(output)
    return {
        "output": output,
        "scheme": scheme,
        "file_bytes": pathlib.Path(output).stat().st_size,
        "fully_int8": written.fully_int8,
        "float_ops": written.float_ops,
    }


def show(results: dict[str, Any]) -> str:
    """Returns the results as a sentence."""
    floats = describe_ops(results["float_ops"])
    report = results.get("ptq")
    kept = "" if report is None else f"; {describe_ptq(report)}"
    return (
        f"{results['output']}: {results['scheme']}, {results['file_bytes']:,} bytes, {results['seconds']:.1f} s; "
        f"{'entirely integer' if results['fully_int8'] else 'operators that compute in float: ' + floats}{kept}"
    )


def describe_ops(ops: Sequence[dict[str, Any]]) -> str:
    """Returns how many operators there are of each name."""
    counts = collections.Counter(op["name"] for op in ops)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def describe_ptq(report: dict[str, Any]) -> str:
    """Returns the report of post-training quantization as a phrase, its notes on lines of their own."""
    techniques = " and ".join(name.replace("_", " ") for name in report["techniques"]) or "plain conversion"
    text = (
        f"{techniques}: top-1 agrees with float on {100 * report['agreement']:.1f} % of "
        f"{report['pictures']['judging']} calibration pictures, KL divergence {report['kl']:.4f}"
    )
    return "\n".join([text, *report["notes"]])


def _main() -> dict[str, Any]:
    given = flags.FLAGS
    name, output = cli.required("model"), cli.required("output")
    if given.scheme not in SCHEMES:
        raise unknown_name("--scheme", given.scheme, SCHEMES, "scheme")
    if given.io_type not in IO_TYPES:
        raise unknown_name("--io_type", given.io_type, IO_TYPES, "type")
    if given.ptq not in PTQ:
        raise unknown_name("--ptq", given.ptq, PTQ, "choice")
    if name.endswith(".keras"):
        model, of, settings = _from_file(name)
    else:
        models.check_name(name, "--model")
        model, of, settings = _fresh(name)
    # A network that was never trained has no accuracy to keep.
    untrained = not name.endswith(".keras") and given.weights == "none"
    ptq = "plain" if untrained else given.ptq
    return convert(model, of, output, given.scheme, given.io_type, _calibration(model, of, settings), ptq)


def _from_file(path: str) -> tuple[Any, contract.Contract, Recipe | None]:
    """Returns a saved model, and the contract and recipe that lie beside it."""
    folder = pathlib.Path(path).parent
    if not pathlib.Path(path).is_file():
        raise SuiteError(f"--model: no such file '{path}'")
    of = contract.beside(path)
    settings = recipe.load(folder / train.RECIPE) if (folder / train.RECIPE).is_file() else None
    from tfl_lite_suite.optimize import graph, keras_file

    model = keras_file.load(path, of.image_shape if of else None)
    graph.check_functional(model)
    return model, of or _plain_contract(model), settings


def _fresh(name: str) -> tuple[Any, contract.Contract, None]:
    side = flags.FLAGS.resolution
    model = models.build(
        name,
        (side, side, flags.FLAGS.channels),
        flags.FLAGS.classes,
        alpha=flags.FLAGS.alpha,
        weights=flags.FLAGS.weights,
    )
    return model, _plain_contract(model), None


def _plain_contract(model: Any) -> contract.Contract:
    """Returns the contract of a model that has none of its own: the centre square, scaled to its input."""
    if len(model.input_shape) != 4 or None in model.input_shape[1:]:
        raise SuiteError(
            f"model '{model.name}': expected pictures of one size, (batch, height, width, channels), as input. "
            f"Received: {model.input_shape}. Build it on keras.Input((224, 224, 3)) or the like, and save it again"
        )
    height, width, channels = model.input_shape[1:]
    return contract.Contract(height, width, channels, height, width)


def _calibration(model: Any, of: contract.Contract, settings: Recipe | None) -> np.ndarray | None:
    """Returns calibration pictures: from `--calibration`, else the recipe's training images."""
    from tfl_lite_suite.deploy.converter import is_quantization_aware

    if flags.FLAGS.scheme != "int8" or is_quantization_aware(model):
        return None
    count = flags.FLAGS.calibration_images
    if flags.FLAGS.calibration is not None:
        source = flags.FLAGS.calibration
        any_label = dataclasses.replace(of, labels=data.listing_of(source).class_names)
        return data.open_all(source, any_label, "train", limit=count).sample(count, 0)
    if settings is not None:
        return data.load(settings.data, settings.seed).train.sample(count, settings.seed)
    if flags.FLAGS.model.endswith(".keras"):
        raise SuiteError("--calibration: missing. int8 needs training images: a folder, or fashion_mnist")
    print("calibrated with noise: good for size and speed, not for accuracy", file=sys.stderr)
    return np.random.default_rng(0).integers(0, 256, (8, *of.image_shape), np.uint8)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "A .keras file, or the name of a network to convert freshly initialised.")
    flags.DEFINE_string("scheme", "int8", "float32, float16, dynamic or int8.")
    flags.DEFINE_string("io_type", "int8", "Type of input and output of an int8 file: int8, uint8 or float32.")
    flags.DEFINE_string(
        "calibration", None, "Training images for int8: a folder or fashion_mnist; the recipe's if absent."
    )
    flags.DEFINE_integer("calibration_images", 200, "How many of them.", 1)
    flags.DEFINE_string(
        "ptq", "auto", "int8 of a trained network: auto keeps the techniques that help, plain uses none."
    )
    flags.DEFINE_string("output", None, "The .tflite file to write.")
    flags.DEFINE_integer("resolution", 224, "Network by name: height and width in pixels.", 16, 1024)
    flags.DEFINE_integer("channels", 3, "Network by name: 3 for RGB, 1 for grey.", 1, 3)
    flags.DEFINE_integer("classes", 1000, "Network by name: number of classes.", 2)
    flags.DEFINE_float("alpha", 1.0, "Network by name: width multiplier.", 0.05, 4)
    flags.DEFINE_string("weights", "none", "Network by name: none, imagenet or a weights file.")
    cli.run_verb("convert", __doc__, _main, show)
