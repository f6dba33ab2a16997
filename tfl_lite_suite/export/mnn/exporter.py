"""`.tflite` to MNN, by the native converter in MNN's own package.

The `mnnconvert` command of that package is not used: it installs a logging package with pip when it runs, and reports
what it converted to a server.
"""

import pathlib

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import foreign_converter
from tfl_lite_suite.tflite.file import TfliteFile

ENGINE = "mnn"
SUFFIXES = (".mnn",)
KEEPS_TYPES = False
_CODE = "import sys, _tools; _tools.mnnconvert(sys.argv)"


def require() -> None:
    """Checks that the converter is installed; raises `SuiteError` if not."""
    foreign_converter.require("_tools", ENGINE)


def convert(model: pathlib.Path, outputs: tuple[pathlib.Path, ...]) -> str:
    """Converts a file; see `to_onnx.convert`."""
    import importlib.metadata

    version = importlib.metadata.version("MNN")
    if any(tensor.dtype in ("int8", "uint8") for tensor in TfliteFile.read(model).subgraphs[0].tensors):
        # Seen with 3.6.1: scales of NaN in dense layers, and no kernel for MEAN and LOGISTIC.
        raise SuiteError(
            f"not supported by mnn: its converter {version} misreads 8-bit .tflite files. Export the float32 file"
        )
    arguments = [
        "-f",
        "TFLITE",
        "--modelFile",
        str(model),
        "--MNNModel",
        str(outputs[0]),
        "--bizCode",
        "tfl_lite_suite",
    ]
    foreign_converter.run(["-c", _CODE, *arguments], outputs[0], ENGINE)
    return f"MNN {version}"
