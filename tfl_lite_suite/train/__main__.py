"""Trains the float network of a recipe."""

import contextlib

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.work_folder import at_work
from tfl_lite_suite.train import MIRRORED, MULTI_WORKER, NONE, Placement, cluster, show, train
from tfl_lite_suite.train.result import TrainResult


def _main() -> TrainResult:
    settings, workdir, spread = (
        command_line.recipe_from_flags(),
        command_line.required("workdir"),
        flags.FLAGS.distribution,
    )
    command_line.only_with(spread == MULTI_WORKER, f"with --distribution={MULTI_WORKER}", "peer_timeout")
    members = cluster.from_environment() if spread == MULTI_WORKER else None
    place = Placement(spread, members, flags.FLAGS.peer_timeout)
    # The other processes of a cluster may share the folder, and write no results.
    with at_work(workdir) if place.is_chief else contextlib.nullcontext():
        return train(settings, workdir, place=place)


if __name__ == "__main__":
    command_line.define_recipe_flags(trains=True)
    flags.DEFINE_string("workdir", None, "Folder for models and results.")
    flags.DEFINE_enum(
        "distribution",
        NONE,
        [NONE, MIRRORED, MULTI_WORKER],
        "mirrored divides each batch among the GPUs of this machine; multi_worker among the processes that the "
        "environment variable TF_CONFIG lists, which all run this command.",
    )
    flags.DEFINE_float(
        "peer_timeout", 300.0, "Seconds to wait for the other processes, at the start and after one was lost.", 1.0
    )
    command_line.run_verb(
        "train",
        __doc__,
        _main,
        show,
        required=("recipe", "workdir"),
        example="--recipe=photos_transfer --data=photos --workdir=work/photos",
    )
