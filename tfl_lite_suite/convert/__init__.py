"""Converts a Keras model, or a fresh network, to a TensorFlow Lite file that carries its preprocessing contract."""

import pathlib
import shutil
import time

from tfl_lite_suite import models, train
from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core import contract, recipe
from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.files import atomic_path, write_bytes
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import Array, Document, KerasModel
from tfl_lite_suite.quantize.ptq.description import describe_ops, describe_ptq

IO_TYPES = ("int8", "uint8", "float32")
PTQ = ("auto", "plain", "learned")
HARD_SWISH = ("auto", "operator", "split")
SCORES = ("logits", "probabilities")


def convert(
    model: KerasModel,
    of: contract.Contract,
    output: str,
    scheme: str,
    io_type: str = "int8",
    calibration: Array | None = None,
    ptq: str = "auto",
    hard_swish: str = "auto",
    scores: str = "logits",
) -> Conversion:
    """Writes a `.tflite` file.

    Args:
        model: Keras model; if it carries fake quantization, int8 needs no calibration.
        of: Its contract, which goes into the file.
        output: Path of the file.
        scheme: One of `schemes.SCHEMES`.
        io_type: One of `IO_TYPES`, for int8.
        calibration: uint8 `(n, height, width, channels)` for int8.
        ptq: One of `PTQ`, for int8 without fake quantization: `auto` tries techniques against int8 loss on the
            calibration pictures and keeps those that help, `plain` tries none, `learned` also trains the rounding.
        hard_swish: One of `HARD_SWISH`, for int8: `split` into ADD and MUL, which XNNPACK runs; `auto`: split, and of
            a model with fake quantization the form that it was trained for.
        scores: `logits`, or `probabilities`: with a softmax at the end.

    Returns:
        What was written, and but for `plain` the report of `quantize.ptq.techniques.quantize`.
    """
    from tfl_lite_suite.models import tflite_converter
    from tfl_lite_suite.models.keras_io import names
    from tfl_lite_suite.quantize.ptq import techniques as post_training
    from tfl_lite_suite.tflite import delegated_forms, metadata_writer, shared_buffers, softmax_head
    from tfl_lite_suite.tflite.file import TfliteFile

    start = time.monotonic()
    aware = tflite_converter.is_quantization_aware(model)
    if aware and scheme != "int8":
        raise ArgumentError("scheme", f"a quantization-aware model converts to int8. Received: '{scheme}'")
    report = None
    split = hard_swish != "operator" and (hard_swish == "split" or not aware or _is_split(model))
    if scheme == "int8" and ptq != "plain" and not aware and calibration is not None and len(calibration):
        quantized = post_training.quantize(model, calibration, io_type, ptq=ptq, split_hard_swish=split)
        content, report = quantized.content, quantized.report
    else:
        content = tflite_converter.convert(
            model, scheme, io_type=io_type, calibration=calibration, quantization_aware=aware
        )
        if scheme == "int8":
            content = delegated_forms.rewrite(TfliteFile(content), split_hard_swish=split).content
    content = softmax_head.append(content) if scores == "probabilities" else content
    content = metadata_writer.write(shared_buffers.compact(content), of, name=names.original_name(model))
    write_bytes(output, content)
    return _described(output, scheme, time.monotonic() - start, report)


def _is_split(model: KerasModel) -> bool:
    """Tells whether a model was trained with fake quantization for HARD_SWISH as ADD and MUL."""
    from tfl_lite_suite.models.layers import SplitHardSwish

    return any(isinstance(getattr(layer, "layer", None), SplitHardSwish) for layer in model.layers)


def keep(
    made: str, output: str, scheme: str, seconds: float, ptq: Document | None, scores: str = "logits"
) -> Conversion:
    """Copies a `.tflite` file that was made already.

    Args:
        made: The file.
        output: Path of the copy.
        scheme: One of `schemes.SCHEMES`.
        seconds: Time of making it.
        ptq: How it was made without training, if it was.
        scores: See `convert`.
    """
    if scores == "probabilities":
        _keep_with_softmax(made, output)
        return _described(output, scheme, seconds, ptq)
    with atomic_path(output) as temporary:
        shutil.copyfile(made, temporary)
    return _described(output, scheme, seconds, ptq)


def _keep_with_softmax(made: str, output: str) -> None:
    from tfl_lite_suite.tflite import metadata_writer, shared_buffers, softmax_head
    from tfl_lite_suite.tflite.file import TfliteFile

    content = pathlib.Path(made).read_bytes()
    file = TfliteFile(content)
    assert file.contract is not None and file.metadata is not None
    bare = shared_buffers.compact(softmax_head.append(metadata_writer.strip(content)))
    write_bytes(output, metadata_writer.write(bare, file.contract, name=file.metadata.name))


def _described(output: str, scheme: str, seconds: float, ptq: Document | None) -> Conversion:
    from tfl_lite_suite.tflite.file import TfliteFile

    written = TfliteFile.read(output)
    document = {
        "output": output,
        "scheme": scheme,
        "file_bytes": pathlib.Path(output).stat().st_size,
        "fully_int8": written.fully_int8,
        "float_ops": written.float_ops,
        "seconds": seconds,
    }
    return Conversion.from_document(document if ptq is None else {**document, "ptq": ptq})


def open_model(path: str) -> tuple[KerasModel, contract.Contract, Recipe | None]:
    """Opens a saved model that is to be converted.

    Args:
        path: A `.keras` or `.h5` file.

    Returns:
        The model, its contract (the plainest one where it has none), and the recipe that lies beside it, if any.

    Raises:
        SuiteError: If the file is missing, or no classifier of pictures.
    """
    folder = pathlib.Path(path).parent
    models.check_file(path)
    of = contract.beside(path)
    settings = recipe.load(folder / train.RECIPE) if (folder / train.RECIPE).is_file() else None
    from tfl_lite_suite.models.graph import rewrite, two_classes
    from tfl_lite_suite.models.keras_io import keras_file

    model = keras_file.load(path, of.image_shape if of else None)
    rewrite.check_functional(model)
    model = two_classes.with_two_scores(model)
    return model, of or contract.of_model(model.name, model.input_shape), settings


def show(result: Conversion) -> str:
    """Returns the result as a sentence."""
    kept = "" if result.ptq is None else f"; {describe_ptq(result.ptq)}"
    floats = "operators that compute in float: " + describe_ops(result.float_ops)
    return (
        f"{result.output}: {result.scheme}, {result.file_bytes:,} bytes, {result.seconds:.1f} s; "
        f"{'entirely integer' if result.fully_int8 else floats}{kept}"
    )
