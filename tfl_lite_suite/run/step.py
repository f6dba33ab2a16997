"""The steps of a run, and the tasks that a step is made of."""

import dataclasses
import json
from collections.abc import Callable

from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import Stage


@dataclasses.dataclass(frozen=True)
class Step:
    """One stage of a recipe.

    Attributes:
        name: The key of its results, and its subfolder: the kind, with a number from the second of its kind on.
        kind: What is done.
        settings: The recipe, with the settings of this stage.
    """

    name: str
    kind: str
    settings: Recipe


@dataclasses.dataclass(frozen=True)
class Task:
    """A piece of a step that is kept on its own.

    Attributes:
        stage: Where it is kept.
        make: Does it, and returns its results.
        kind: What the results are.
    """

    stage: Stage
    make: Callable[[], JsonObject | Result]
    kind: type[Result] = Result

    def done(self) -> JsonObject:
        """Does it; returns its results as a document, as the stage kept them."""
        made = self.make()
        return dict(json.loads(made.to_json())) if isinstance(made, Result) else made

    def kept(self) -> JsonObject | None:
        """Returns the results that an earlier run kept; a measurement that did not count is to be made again.

        Raises:
            SuiteError: If they are damaged; the message names their file.
        """
        done = self.stage.kept(self.kind)
        document = {} if done is None else done.document()
        return None if done is None or document.get("valid") is False else document
