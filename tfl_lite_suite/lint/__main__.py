"""Lists what is inside a .tflite file and which problems it will have."""

from typing import TYPE_CHECKING

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint import lint, show
from tfl_lite_suite.lint.analysis import DEFAULT_TARGET

if TYPE_CHECKING:
    from tfl_lite_suite.lint.result import LintReport


def _main() -> "LintReport":
    given = flags.FLAGS
    if not given.model:
        raise SuiteError("--model: a .tflite file is needed, such as --model=x.tflite")
    return lint(given.model, given.target_runtime, trial=given.trial, html=given.html, profile=given.profile)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file; it may come from anywhere.")
    flags.DEFINE_string(
        "target_runtime",
        DEFAULT_TARGET,
        "The runtime it must run on: litert-2.1, tflite_runtime-2.14, …; tflm for TensorFlow Lite Micro.",
    )
    flags.DEFINE_string("html", None, "Also draw the operators into this HTML file.")
    flags.DEFINE_string(
        "profile",
        None,
        "Output of `benchmark --profile --json`: adds the time of the operators that a delegate does not support.",
    )
    flags.DEFINE_bool("trial", True, "Also run it once on the installed runtimes, each in a process of its own.")
    command_line.run_verb(
        "lint", __doc__, _main, show, required=("model",), example="--model=mine.tflite --html=mine.html"
    )
