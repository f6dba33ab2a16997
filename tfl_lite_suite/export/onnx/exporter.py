"""`.tflite` to ONNX, for ONNX Runtime, by the suite's own converter and the package `onnx`."""

import pathlib

import tfl_lite_suite
from tfl_lite_suite.export import foreign_converter
from tfl_lite_suite.tflite.file import TfliteFile

ENGINE = "onnxruntime"
SUFFIXES = (".onnx",)
KEEPS_TYPES = True


def require() -> None:
    """Checks that the converter is installed; raises `SuiteError` if not."""
    foreign_converter.require("onnx", ENGINE)


def convert(model: pathlib.Path, outputs: tuple[pathlib.Path, ...]) -> str:
    """Converts a file.

    Args:
        model: The `.tflite` file.
        outputs: What to write, one path for each of `SUFFIXES`.

    Returns:
        What converted it.

    Raises:
        SuiteError: If it cannot be converted.
    """
    from tfl_lite_suite.export.onnx import graph

    converted = graph.model_of(TfliteFile.read(model))
    outputs[0].write_bytes(converted.SerializeToString())
    return f"tfl_lite_suite {tfl_lite_suite.__version__}, opset {graph.OPSET}"
