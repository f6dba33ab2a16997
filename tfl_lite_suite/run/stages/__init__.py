"""The stages of a recipe, one module each, found by name: there is no second list.

A module `NAME.py` defines `STAGE`, an instance of a class derived from `StageKind`. It says what the stage needs, does
it, hands on what it made, and words its outcome for the report. `core/own_modules.py` adds the user's.
"""

import abc
import collections
import importlib
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from tfl_lite_suite.core import own_modules, recipe
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task

__path__ = own_modules.extended(__path__, "run/stages")
# What `StageKind.read` returns.
R = TypeVar("R")
# Stages that a run adds by itself; their modules begin with an underscore.
INTERNAL = ("teacher",)


class StageKind(abc.ABC, Generic[R]):
    """A kind of stage.

    Attributes:
        needs_files: Whether a `convert` must come before it.
        gives_models: Whether later stages cannot be planned before it is done.
        lists: Whether its results are a list, an entry a task; otherwise they are one object.
        keras: What the Keras model it makes is, in words, and the key of its top-1; `None` if it makes none.
        result: What its results, or each of them, are read as; `None` leaves them the document that it is.
    """

    needs_files: ClassVar[bool] = False
    gives_models: ClassVar[bool] = False
    lists: ClassVar[bool] = False
    keras: ClassVar[tuple[str, str] | None] = None
    result: ClassVar[type[Result] | None] = None

    def check(self, settings: Recipe, before: collections.Counter[str], place: str, text: str) -> None:
        """Raises a `SuiteError` if the stage cannot stand at its place.

        Args:
            settings: The recipe, with the stage's own settings.
            before: How many stages of each kind come before it.
            place: Where it stands, as a message names it: `stages[2]`.
            text: What stands there.
        """
        if self.needs_files and not before["convert"]:
            raise SuiteError(f"{place}: {text.split()[0]} comes after convert. Received: '{text}'")

    @abc.abstractmethod
    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """Returns what is to do, given what the steps before it have made."""

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """Notes a step's results, and what later steps take of them."""
        state.results[step.name] = done if self.lists else done[0]

    def unmet(self, state: RunState, step: Step) -> str:
        """Returns why the run must end after the step; empty if it goes on."""
        return ""

    def kept(self, task: Task) -> JsonObject | None:
        """Returns what `task.kept` returns, after reading it as `read` does."""
        done = task.kept()
        if done is not None and self.result:
            task.stage.kept(self.result)
        return done

    def read(self, results: object, where: str) -> R:
        """Returns the results of a step as `result`, or a list of them.

        Args:
            results: As `results.json` has them.
            where: What errors call them.

        Raises:
            SuiteError: If they are damaged.
        """
        if not isinstance(results, list if self.lists else dict):
            raise SuiteError(
                f"{where}: expected {'a list' if self.lists else 'an object'}. Received: {type(results).__name__}"
            )
        kind = self.result or Result
        found: object = (
            [kind.from_document(row, f"{where}[{index}]") for index, row in enumerate(results)]
            if isinstance(results, list)
            else kind.from_document(results, where)
        )
        return found if self.result else results  # type: ignore[return-value]

    @abc.abstractmethod
    def outcome(self, results: R) -> str:
        """Returns the results of a step, as `read` returns them, in a few words for the report."""


def get(kind: str) -> StageKind[Any]:
    """Returns a kind of stage.

    Raises:
        SuiteError: If there is no such stage; it names the nearest.
    """
    known = recipe.known_stages()
    if kind not in (*known, *INTERNAL):
        raise unknown_name("stages", kind, known, "stage")
    module = f"_{kind}" if kind in INTERNAL else kind
    stage: StageKind[Any] = importlib.import_module(f"{__name__}.{module}").STAGE
    return stage


def keras_models() -> dict[str, tuple[str, str]]:
    """Returns, by kind of stage, what the Keras models are that stages make, and the key of their top-1."""
    kinds = {kind: get(kind).keras for kind in (*INTERNAL, *recipe.known_stages())}
    return {kind: found for kind, found in kinds.items() if found is not None}


def with_lists() -> Sequence[str]:
    """Returns the kinds of stages whose results are lists."""
    return [kind for kind in recipe.known_stages() if get(kind).lists]


def check_class_names(key: str, settings: Recipe, names: Iterable[str]) -> None:
    """Finds a class that the pictures do not have before anything is trained.

    Raises:
        SuiteError: If a name is that of no class.
    """
    from tfl_lite_suite import data

    if names:
        known = data.listing_of(settings.data.source).class_names
        for name in names:
            if name not in known:
                raise unknown_name(key, name, known, "class")
