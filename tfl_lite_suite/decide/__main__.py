"""Fits a decision on validation pictures and writes it into the .tflite file: calibrated probabilities, thresholds."""

import csv
from collections.abc import Sequence

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.decision import Frames
from tfl_lite_suite.decide import FRAMES, REJECTS, Source, decide, text
from tfl_lite_suite.decide.result import DecideResult
from tfl_lite_suite.decide.wishes import Wishes, costs, shares


def _main() -> DecideResult:
    given = flags.FLAGS
    model = command_line.required("model")
    command_line.only_with(given.recipe is not None, "with --recipe", "set", "workdir")
    command_line.only_with(given.recipe is None, "without --recipe", "split")
    command_line.only_with(given.recipe is None or given.unknown is not None, "without --recipe", "on_corrupt")
    wanted = Wishes(
        shares("min_recall", _items(given.min_recall)),
        shares("max_false_alarms", _items(given.max_false_alarms), may_lack_name=True),
        given.keep,
        costs(given.costs),
    )
    settings = command_line.recipe_from_flags() if given.recipe is not None else None
    source = Source(
        "" if settings else command_line.required("data"),
        given.unknown,
        settings,
        f"{given.workdir}/data" if given.workdir else None,
        given.split,
        given.on_corrupt,
        given.engine,
    )
    frames = Frames(given.window, given.share, given.hysteresis)
    return decide(model, given.output or model, source, wanted, reject=given.reject, frames=frames)


def _items(given: Sequence[str]) -> list[str]:
    """Returns what a flag names that may be given several times, each time with items between commas."""
    return [item.strip() for row in csv.reader(given) for item in row]


if __name__ == "__main__":
    command_line.define_recipe_flags()
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_string("unknown", None, "A folder of pictures that are none of the classes.")
    flags.DEFINE_multi_string("min_recall", [], "CLASS=SHARE: smallest share of a class's pictures that must be found.")
    flags.DEFINE_multi_string(
        "max_false_alarms",
        [],
        "[CLASS=]SHARE: largest share of other pictures that may get the class as answer. Without CLASS: the classes "
        "of --min_recall, or all, and any answer to pictures of none of the classes.",
    )
    flags.DEFINE_string("costs", "", "TRUE:ANSWER=COST,… or a CSV file: the cost of each error; 1 by default.")
    flags.DEFINE_float("keep", None, "Share of known pictures that must get an answer; 0.95 with --unknown.", 0, 1)
    flags.DEFINE_enum("reject", "auto", list(REJECTS), "Measure that recognizes pictures of none of the classes.")
    flags.DEFINE_integer("window", FRAMES.window, "Video: frames that count.", 1, 1000)
    flags.DEFINE_float("share", FRAMES.share, "Video: share of these frames that must agree.", 0.001, 1)
    flags.DEFINE_float(
        "hysteresis",
        FRAMES.hysteresis,
        "Video: how much smaller the share may become before the class is dropped.",
        0,
        1,
    )
    flags.DEFINE_string("split", "validation", "Which split to use if --data is split already.")
    flags.DEFINE_enum(
        "on_corrupt", "error", ["error", "skip"], "Whether an unreadable picture is an error or is skipped and counted."
    )
    flags.DEFINE_string("engine", None, "What runs the file; the first engine installed if absent.")
    flags.DEFINE_string("workdir", None, "With --recipe: the run's work folder, whose prepared images are used.")
    flags.DEFINE_string("output", None, "Where to write the file; --model itself if absent.")
    command_line.run_verb(
        "decide",
        __doc__,
        _main,
        text.show,
        required=("model",),
        example="--model=mine.tflite --data=photos --unknown=other_photos --output=decided.tflite",
    )
