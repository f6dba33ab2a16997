"""Looks at a folder of pictures and writes the recipe that fits it: tfl-lite-suite init FOLDER."""

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.init import init, show, write_notebook
from tfl_lite_suite.init.result import WrittenNotebook, WrittenRecipe


def _main() -> WrittenRecipe | WrittenNotebook:
    given = flags.FLAGS
    if given.notebook is not None:
        command_line.only_with(False, "without --notebook", "data", "output", "minutes")
        return write_notebook(given.notebook)
    return init(command_line.required("data"), given.output, given.minutes)


if __name__ == "__main__":
    flags.DEFINE_string("data", None, "The pictures: a folder with one subfolder for each class, or a CSV of labels.")
    flags.DEFINE_string("output", None, "The recipe to write; FOLDER.yaml in the current folder if absent.")
    flags.DEFINE_float("minutes", 30.0, "How long the whole run may take on two x86 cores.", 0.1)
    flags.DEFINE_string("notebook", None, "Write the example notebook to this file instead; it needs no pictures.")
    command_line.run_verb("init", __doc__, _main, show, positional="data", required=("data",), example="photos")
