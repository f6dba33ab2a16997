"""Searches width, resolution, pruning, quantization and training settings for the best trade-offs, without hand tuning.

Every trial is a `run` in a folder of its own. Several workers may call the same command at once, on one machine, or on
many with a PostgreSQL database; a trial whose worker died is repeated.
"""

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.search import show
from tfl_lite_suite.search.result import SearchResult


def _main() -> SearchResult:
    from tfl_lite_suite.search.request import Request

    base = command_line.recipe_from_flags()
    command_line.required("workdir")
    return command_line.values_for(Request, base=base).search()


if __name__ == "__main__":
    command_line.define_recipe_flags()
    flags.DEFINE_string(
        "workdir", None, "Folder for the study, the trials and the results; a stopped search continues from it."
    )
    flags.DEFINE_multi_string("vary", [], "Key and values to search: --vary='model.alpha=[0.5, 1.0]'. May be repeated.")
    flags.DEFINE_integer("trials", 20, "Number of trials of the study, including those of other workers.", 1)
    flags.DEFINE_float("seconds", None, "Longest time; the next call continues the current trial.", 1)
    flags.DEFINE_string(
        "storage", None, "Database, such as postgresql://user@host/name; SQLite in --workdir if absent."
    )
    flags.DEFINE_string("study", None, "The study's name in the database; the recipe's name if absent.")
    flags.DEFINE_bool("warm_start", True, "Begin with the networks that advise ranks best on this data.")
    flags.DEFINE_integer(
        "heartbeat", 15, "Seconds between a worker's signals; after four without a signal it counts as dead.", 1
    )
    command_line.run_verb(
        "search",
        __doc__,
        _main,
        show,
        required=("recipe", "workdir"),
        example="--recipe=micro_photos --data=photos --workdir=work/search --trials=20",
    )
