"""Looks at a folder of pictures and writes the recipe that fits it: tfl-lite-suite init FOLDER."""

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.init import init, show


def _main() -> JsonObject:
    return init(command_line.required("data"), flags.FLAGS.output, flags.FLAGS.minutes)


if __name__ == "__main__":
    flags.DEFINE_string("data", None, "The pictures: a folder with one subfolder for each class, or a CSV of labels.")
    flags.DEFINE_string("output", None, "The recipe to write; FOLDER.yaml in the current folder if absent.")
    flags.DEFINE_float("minutes", 30.0, "How long the whole run may take on two x86 cores.", 0.1)
    command_line.run_verb("init", __doc__, _main, show, positional="data", required=("data",), example="photos")
