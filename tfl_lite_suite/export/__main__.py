"""Converts a `.tflite` file for other engines, microcontrollers and browsers, and compares the answers with its own."""

import re

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import export_formats, show
from tfl_lite_suite.export.result import Export


def _main() -> list[Export]:
    given = flags.FLAGS
    model, output_dir = command_line.required("model"), command_line.required("output_dir")
    command_line.only_with("micro" in given.to, "with --to=micro", "frame")
    return export_formats(model, given.to, output_dir, given.data, given.limit, _frame(given.frame))


def _frame(text: str | None) -> tuple[int, int, int] | None:
    """Parses `240x320x3`: height, width and channels."""
    found = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})x([13])", text or "")
    if text is not None and not found:
        raise SuiteError(f"--frame: expected height, width and 3 or 1 channels, such as 240x320x3. Received: '{text}'")
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_list(
        "to",
        ["onnx", "ncnn", "mnn"],
        "Formats, comma-separated: onnx, ncnn, mnn; micro: C++ for TensorFlow Lite Micro; web: a page for browsers.",
    )
    flags.DEFINE_string("output_dir", None, "Folder to write to; made if missing.")
    flags.DEFINE_string("data", None, "Pictures to compare on: fashion_mnist or a folder; random colours if absent.")
    flags.DEFINE_integer("limit", 100, "Largest number of pictures to compare on; 0 compares nothing.", 0)
    flags.DEFINE_string("frame", None, "micro: height, width and channels of the camera's pictures, such as 240x320x3.")
    command_line.run_verb(
        "export",
        __doc__,
        _main,
        show,
        required=("model", "output_dir"),
        example="--model=mine.tflite --to=onnx --data=photos --output_dir=exported",
    )
