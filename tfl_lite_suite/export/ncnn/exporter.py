"""`.tflite` to NCNN, by the suite's own converter, which needs no other package."""

import pathlib

import tfl_lite_suite
from tfl_lite_suite.export.ncnn import graph, net
from tfl_lite_suite.tflite.file import TfliteFile

ENGINE = "ncnn"
SUFFIXES = (".ncnn.param", ".ncnn.bin")
KEEPS_TYPES = False


def require() -> None:
    """Checks that the converter is installed: it always is."""


def convert(model: pathlib.Path, outputs: tuple[pathlib.Path, ...]) -> str:
    """Converts a file; see `to_onnx.convert`."""
    text, weights = net.save(graph.layers_of(TfliteFile.read(model)))
    outputs[0].write_text(text)
    outputs[1].write_bytes(weights)
    return f"tfl_lite_suite {tfl_lite_suite.__version__}"
