"""Lists the versions of the packages, finds those that do not work together, and says what to install instead."""

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.doctor import examine, show

if __name__ == "__main__":
    flags.DEFINE_string(
        "python", None, "Python version to list package versions for, such as 3.12; this one if absent."
    )
    command_line.run_verb("doctor", __doc__, lambda: examine(flags.FLAGS.python), show, example="--python=3.12")
