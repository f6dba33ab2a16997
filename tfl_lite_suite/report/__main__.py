"""Writes one HTML page, and Markdown tables, about one or several work folders. Never imports TensorFlow."""

from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line

if TYPE_CHECKING:
    pass
from tfl_lite_suite.report import show, write


def _main() -> dict[str, Any]:
    return write(command_line.required("workdir"), flags.FLAGS.output)


if __name__ == "__main__":
    flags.DEFINE_list("workdir", None, "Work folder of run; several, separated by commas, are shown side by side.")
    flags.DEFINE_string("output", None, "The page to write; report.html in the first work folder if absent.")
    command_line.run_verb("report", __doc__, _main, show)
