"""Prints what each network costs before anything is trained: parameters, multiply-adds and float size."""

from absl import flags

from tfl_lite_suite import models
from tfl_lite_suite.core import command_line
from tfl_lite_suite.summary import show, summary
from tfl_lite_suite.summary.result import NetworkCost


def _main() -> list[NetworkCost]:
    given = flags.FLAGS
    if given.model != "all":
        models.check_name(given.model, "model")
    names = models.names() if given.model == "all" else (given.model,)
    return summary(names, (given.resolution, given.resolution, given.channels), given.classes, given.alpha)


if __name__ == "__main__":
    flags.DEFINE_string("model", "all", "A network, or all.")
    flags.DEFINE_integer("resolution", 224, "Height and width of the input, in pixels; at least 32, micro 16.")
    flags.DEFINE_integer("classes", 1000, "Number of classes.")
    flags.DEFINE_float("alpha", 1.0, "Width multiplier.")
    flags.DEFINE_integer("channels", 3, "3 for RGB, 1 for grey.")
    command_line.run_verb("summary", __doc__, _main, show, example="--model=all --resolution=96 --classes=10")
