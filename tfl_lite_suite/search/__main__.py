"""Searches width, resolution, pruning, quantization and training settings for the best trade-offs, without hand tuning.

Every trial is a `run` in a folder of its own. Several workers may call the same command at once, on one machine, or on
many with a PostgreSQL database; a trial whose worker dies is done again.
"""

import json
import pathlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError

if TYPE_CHECKING:
    pass
from tfl_lite_suite.search import Search, first_trials, show


def _fits(network: str, side: int) -> bool:
    from tfl_lite_suite import models

    try:
        models.check_side(network, side, side)
    except SuiteError:
        return False
    return True


def search() -> dict[str, Any]:
    """Does what the flags say.

    Returns:
        `front` (`trial`, `params`, `top1`, `top1_unseen`, `ms`, `bytes`, `engine`, `recipe`, …), `trials`, `counts`,
        `space`, `objectives`, `study`, `seconds`.
    """
    from tfl_lite_suite import models, train
    from tfl_lite_suite.core import recipe
    from tfl_lite_suite.core.files import make_folder
    from tfl_lite_suite.search import space, trial_process
    from tfl_lite_suite.search import study as studies

    given = flags.FLAGS
    base, workdir = command_line.recipe_from_flags(), command_line.required("workdir")
    models.check_name(base.model.name)
    train.inputs(base)
    knobs = space.knobs(base, given.vary, partial(_fits, base.model.name))
    studies.require()
    make_folder(workdir)
    url = given.storage or f"sqlite:///{pathlib.Path(workdir).resolve() / 'study.db'}"
    same = json.dumps([recipe.dump(base), repr(knobs)])
    begin = time.monotonic()
    # Two workers that begin a study at once would both make its tables.
    with trial_process.locked(pathlib.Path(workdir)):
        study = studies.Study(url, given.study or base.name, same, knobs, base.seed, given.heartbeat)
        if not study.slots():
            study.enqueue(first_trials(base, knobs, given.warm_start))
    worker = Search(base, knobs, study, workdir, given.trials)
    try:
        worker.run(given.seconds)
    except KeyboardInterrupt:
        study.requeue_lost()
        worker.write()
        raise
    return worker.write() | {"study": given.study or base.name, "seconds": time.monotonic() - begin}


if __name__ == "__main__":
    command_line.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for the study, the trials and the results; a stopped search goes on.")
    flags.DEFINE_multi_string("vary", [], "Values to search: --vary='model.alpha=[0.5, 1.0]'. The space if repeated.")
    flags.DEFINE_integer("trials", 20, "Number of trials of the study, those of other workers included.", 1)
    flags.DEFINE_float("seconds", None, "Greatest time; the trial at hand goes on with the next call.", 1)
    flags.DEFINE_string(
        "storage", None, "Database, such as postgresql://user@host/name; SQLite in --workdir if absent."
    )
    flags.DEFINE_string("study", None, "The study's name in the database; the recipe's name if absent.")
    flags.DEFINE_bool("warm_start", True, "Begin with the networks that advise ranks best on this data.")
    flags.DEFINE_integer("heartbeat", 15, "Seconds between signs of life; a worker silent for four counts as dead.", 1)
    command_line.run_verb("search", __doc__, search, show)
