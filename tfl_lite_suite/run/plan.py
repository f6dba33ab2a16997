"""The stages of a recipe as steps and tasks: what is done already, what is to do, and how far a run is."""

import collections
import sys
import time
from collections.abc import Callable, Sequence

from tfl_lite_suite.core.progress import duration
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run import stages
from tfl_lite_suite.run.step import Step, Task

TEACHER, BUDGET = "teacher", "budget"


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
        stages.get(kind).check(own, counts, f"stages[{index}]", text)
        counts[kind] += 1
        name = kind if counts[kind] == 1 else f"{kind}_{counts[kind]}"
        found.append(Step(name, kind, own))
    if settings.budget.limits and not counts[BUDGET]:
        stages.get(BUDGET).check(settings, counts, BUDGET, BUDGET)
        found.append(Step(BUDGET, BUDGET, settings))
    return tuple(found)


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
    take: Callable[[Step, list[JsonObject]], None],
) -> list[JsonObject]:
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
        kept = [done for done in (stages.get(step.kind).kept(task) for task in tasks) if done is not None]
        whole = known and len(kept) == len(tasks)
        if whole and tasks:
            take(step, kept)
        elif stages.get(step.kind).gives_models:
            known = False
        state = state_of(len(tasks), len(kept)) if tasks else "to do"
        rows.append({"stage": step.name, "state": state})
    return rows


def show(rows: Sequence[JsonObject]) -> str:
    """Returns a plan as text, a line a step."""
    return "\n".join(f"[{number}/{len(rows)}] {row['stage']}: {row['state']}" for number, row in enumerate(rows, 1))
