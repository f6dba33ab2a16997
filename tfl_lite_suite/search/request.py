"""What a user asks `search` for: a recipe to start from, and what may be varied for how long."""

import dataclasses
import json
import pathlib
import time
from collections.abc import Sequence
from functools import partial

from tfl_lite_suite import models, train
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import make_folder
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.search import Search, first_trials, space, trial_process
from tfl_lite_suite.search import study as studies
from tfl_lite_suite.search.result import SearchResult


@dataclasses.dataclass(frozen=True)
class Request:
    """The values of the flags of `search`, under the same names; see its `--help`.

    Attributes:
        base: The recipe to start from.
    """

    base: Recipe
    workdir: str
    vary: Sequence[str]
    trials: int
    seconds: float | None
    storage: str | None
    study: str | None
    warm_start: bool
    heartbeat: int

    def search(self) -> SearchResult:
        """Searches, as one worker; returns what all workers have found so far."""
        begin = time.monotonic()
        study, dimensions = self._open()
        worker = Search(self.base, dimensions, study, self.workdir, self.trials)
        try:
            worker.run(self.seconds)
        except KeyboardInterrupt:
            study.requeue_lost()
            worker.write()
            raise
        return dataclasses.replace(worker.write(), study=self._name, seconds=time.monotonic() - begin)

    @property
    def _name(self) -> str:
        return self.study or self.base.name

    def _open(self) -> tuple[studies.Study, tuple[space.Dimension, ...]]:
        """Opens the study, with what is tried first if it is new, and returns the space as well."""
        models.check_name(self.base.model.name)
        train.inputs(self.base)
        dimensions = space.dimensions(self.base, list(self.vary), partial(_fits, self.base.model.name))
        studies.require()
        make_folder(self.workdir)
        workdir = pathlib.Path(self.workdir)
        url = self.storage or f"sqlite:///{workdir.resolve() / 'study.db'}"
        same = json.dumps([recipe.dump(self.base), repr(dimensions)])
        # Two workers that begin a study at once would both make its tables.
        with trial_process.locked(workdir):
            study = studies.Study(url, self._name, same, dimensions, self.base.seed, self.heartbeat)
            if not study.slots():
                study.enqueue(first_trials(self.base, dimensions, self.warm_start))
        return study, dimensions


def _fits(network: str, side: int) -> bool:
    try:
        models.check_side(network, side, side)
    except SuiteError:
        return False
    return True
