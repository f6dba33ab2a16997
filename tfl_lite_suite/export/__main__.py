"""Converts a `.tflite` file for ONNX Runtime, NCNN and MNN, and compares their answers with the file's own."""

import pathlib
import sys
import time
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError

if TYPE_CHECKING:
    import numpy as np

from tfl_lite_suite.export import compare, export, pictures_for, show

_KEYS = (
    *("engine", "format", "files", "max_abs_diff", "top1_agreement"),
    *("pictures", "reference", "bytes", "converter", "seconds", "unsupported"),
)


def _main() -> list[dict[str, Any]]:
    from tfl_lite_suite.core.files import make_folder
    from tfl_lite_suite.export import exporters
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.runtime.session import TFLITE

    given = flags.FLAGS
    model, output_dir = command_line.required("model"), command_line.required("output_dir")
    chosen = [exporters.get(format) for format in given.to]
    reference = engines.get(engines.default(model))
    if reference.format != TFLITE:
        raise SuiteError(f"--model: expected a .tflite file. Received: '{model}'")
    file = reference.inspect(model)
    for exporter in chosen:
        exporter.require()
        engines.get(exporter.ENGINE).require()
    make_folder(output_dir)
    pictures = pictures_for(file, given.data, given.limit)
    if given.data is None:
        print("compared on patches of random colours; --data=DATA compares on pictures", file=sys.stderr)
    rows = [_row(model, format, output_dir, pictures) for format in given.to]
    if all(row["unsupported"] for row in rows):
        raise SuiteError("; ".join(row["unsupported"] for row in rows))
    return rows


def _row(model: str, format: str, output_dir: str, pictures: "np.ndarray") -> dict[str, Any]:
    from tfl_lite_suite.export import exporters

    row: dict[str, Any] = dict.fromkeys(_KEYS)
    row |= {"engine": exporters.get(format).ENGINE, "format": format, "files": []}
    print(f"exporting to {format} …", file=sys.stderr)
    begin = time.monotonic()
    try:
        files, converter = export(model, format, output_dir)
        row |= {
            "files": files,
            "converter": converter,
            "bytes": sum(pathlib.Path(name).stat().st_size for name in files),
        }
        row["seconds"] = time.monotonic() - begin
        row |= compare(model, files[0], row["engine"], pictures)
    except SuiteError as error:
        for name in row["files"]:
            pathlib.Path(name).unlink(missing_ok=True)
        row |= {"files": [], "unsupported": _as_unsupported(row["engine"], str(error))}
    return row


def _as_unsupported(engine: str, reason: str) -> str:
    return reason if reason.startswith("not supported") else f"not supported by {engine}: {reason}"


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_list("to", ["onnx", "ncnn", "mnn"], "Formats, comma-separated.")
    flags.DEFINE_string("output_dir", None, "Folder to write to; made if missing.")
    flags.DEFINE_string("data", None, "Pictures to compare on: fashion_mnist or a folder; random colours if absent.")
    flags.DEFINE_integer("limit", 100, "Greatest number of pictures to compare on.", 1)
    command_line.run_verb("export", __doc__, _main, show)
