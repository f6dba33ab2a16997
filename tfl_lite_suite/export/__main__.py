"""Converts a `.tflite` file for ONNX Runtime, NCNN and MNN, and compares their answers with the file's own."""

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.export import export_formats, show
from tfl_lite_suite.export.result import Export


def _main() -> list[Export]:
    given = flags.FLAGS
    model, output_dir = command_line.required("model"), command_line.required("output_dir")
    return export_formats(model, given.to, output_dir, given.data, given.limit)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_list("to", ["onnx", "ncnn", "mnn"], "Formats, comma-separated.")
    flags.DEFINE_string("output_dir", None, "Folder to write to; made if missing.")
    flags.DEFINE_string("data", None, "Pictures to compare on: fashion_mnist or a folder; random colours if absent.")
    flags.DEFINE_integer("limit", 100, "Greatest number of pictures to compare on.", 1)
    command_line.run_verb("export", __doc__, _main, show)
