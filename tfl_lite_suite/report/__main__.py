"""Writes one HTML page, and Markdown tables, about one or several work folders. Never imports TensorFlow."""

import contextlib
import os

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.work_folder import at_work
from tfl_lite_suite.report import show, write
from tfl_lite_suite.report.result import WrittenReport


def _main() -> WrittenReport:
    folders = command_line.paths(command_line.required("workdir"))
    with at_work(folders[0]) if flags.FLAGS.output is None and os.path.isdir(folders[0]) else contextlib.nullcontext():
        return write(folders, flags.FLAGS.output)


if __name__ == "__main__":
    flags.DEFINE_list("workdir", None, "Work folder of run; several, separated by commas, are shown side by side.")
    flags.DEFINE_string("output", None, "The page to write; report.html in the first work folder if absent.")
    command_line.run_verb(
        "report", __doc__, _main, show, required=("workdir",), example="--workdir=work/photos,work/half"
    )
