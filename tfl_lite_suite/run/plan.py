"""The stages of a recipe as steps and tasks: what is done already, what is to do, and how far a run is."""

import collections
import dataclasses
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.progress import duration
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.budget import MEASURED_BY

TEACHER, BUDGET = "teacher", "budget"
_TAKE_FILES = ("lint", "evaluate", "benchmark", BUDGET)
# Later steps cannot be told before these are done.
_GIVE_MODELS = (TEACHER, "train", "prune", "quantize", "convert")


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
    """

    stage: Stage
    make: Callable[[], dict[str, Any]]

    def kept(self) -> dict[str, Any] | None:
        """Returns the results that an earlier run kept; a measurement that did not count is to be made again."""
        done = self.stage.finished()
        return None if done is None or done.get("valid") is False else done


def steps(settings: Recipe) -> tuple[Step, ...]:
    """Returns what a run does, in order.

    A teacher that has to be trained comes first, and limits that no stage `budget` checks are checked at the end.

    Raises:
        SuiteError: If a stage lacks one that must come before it.
    """
    found, counts = [], collections.Counter[str]()
    if settings.distill.trains_teacher:
        found.append(Step(TEACHER, TEACHER, settings))
    for index, text in enumerate(settings.stages):
        kind, own = settings.step(index)
        if kind in _TAKE_FILES and not counts["convert"]:
            raise SuiteError(f"stages[{index}]: {kind} comes after convert. Received: '{text}'")
        counts[kind] += 1
        name = kind if counts[kind] == 1 else f"{kind}_{counts[kind]}"
        found.append(Step(name, kind, own))
        if kind == BUDGET:
            _check_budget(own, counts, f"stages[{index}]")
    if settings.budget.limits and not counts[BUDGET]:
        _check_budget(settings, counts, BUDGET)
        found.append(Step(BUDGET, BUDGET, settings))
    return tuple(found)


def _check_budget(settings: Recipe, before: collections.Counter[str], where: str) -> None:
    if not settings.budget.limits:
        raise SuiteError(f"{where}: budget has no limit. Set one, such as budget: {{max_top1_drop: 0.01}}")
    for limit in settings.budget.limits:
        if not before[MEASURED_BY[limit]]:
            raise SuiteError(f"budget.{limit}: the stage {MEASURED_BY[limit]} must come before it")


class Clock:
    """Says on stderr which step a run is at, and how long it has taken."""

    def __init__(self, count: int) -> None:
        """Starts.

        Args:
            count: Number of steps.
        """
        self._count, self._number, self._start = count, 0, time.monotonic()

    def begin(self, name: str, tasks: int, kept: int) -> None:
        """Announces a step.

        Args:
            name: The step's name.
            tasks: Number of its tasks.
            kept: Number of those that are kept from an earlier run.
        """
        self._number += 1
        passed = f", {duration(time.monotonic() - self._start)} since the start" if self._number > 1 else ""
        state = f" ({state_of(tasks, kept)})" if kept else ""
        print(f"[{self._number}/{self._count}] {name}{state}{passed}", file=sys.stderr, flush=True)


def state_of(tasks: int, kept: int) -> str:
    """Returns how much of a step is kept from an earlier run."""
    return "cached" if tasks == kept else "to do" if not kept else f"{kept} of {tasks} cached"


def plan(
    of: Sequence[Step],
    tasks_of: Callable[[Step], Sequence[Task]],
    take: Callable[[Step, list[dict[str, Any]]], None],
) -> list[dict[str, Any]]:
    """Finds out what a run would do, without doing any of it.

    Args:
        of: The steps.
        tasks_of: Returns a step's tasks, given that the steps before it are taken.
        take: Told the results of a step that is cached.

    Returns:
        `stage` and `state` of each step.
    """
    rows, known = [], True
    for step in of:
        tasks = tasks_of(step) if known else []
        kept = [done for done in (task.kept() for task in tasks) if done is not None]
        whole = known and len(kept) == len(tasks)
        if whole and step.kind != BUDGET:
            take(step, kept)
        elif step.kind in _GIVE_MODELS:
            known = False
        state = state_of(len(tasks), len(kept)) if tasks else "to do"
        rows.append({"stage": step.name, "state": state})
    return rows


def show(rows: Sequence[dict[str, Any]]) -> str:
    """Returns a plan as text, a line a step."""
    return "\n".join(f"[{number}/{len(rows)}] {row['stage']}: {row['state']}" for number, row in enumerate(rows, 1))
