"""The limits of the recipe, checked on what was measured so far."""

import collections

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run import budget, ledger, result
from tfl_lite_suite.run.stage_results import BudgetResult
from tfl_lite_suite.run.stages import StageKind, check_class_names
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step, Task


class Budget(StageKind[BudgetResult]):
    """Ends the run where a limit is broken."""

    needs_files = True
    result = BudgetResult

    def check(self, settings: Recipe, before: collections.Counter[str], place: str, text: str) -> None:
        """See `StageKind.check`."""
        super().check(settings, before, place, text)
        if not settings.budget.limits:
            raise SuiteError(f"{place}: budget has no limit. Set one, such as budget: {{max_top1_drop: 0.01}}")
        for limit in settings.budget.limits:
            if not before[budget.measured_by(limit)]:
                raise SuiteError(f"budget.{limit}: the stage {budget.measured_by(limit)} must come before it")
        check_class_names("budget.min_recall", settings, settings.budget.min_recall)

    def tasks(self, state: RunState, step: Step) -> list[Task]:
        """Returns none: limits are checked anew by every run."""
        return []

    def take(self, state: RunState, step: Step, done: list[JsonObject]) -> None:
        """Checks the limits."""
        timed, answered = result.timed(state.results), result.evaluated(state.results)
        files, compared = list(state.files.values()), ledger.rows(state.entries)
        checks = budget.check(step.settings.budget, files, compared, timed, answered)
        state.results[step.name] = BudgetResult(ok=not budget.failure(checks), checks=tuple(checks)).document()

    def unmet(self, state: RunState, step: Step) -> str:
        """See `StageKind.unmet`."""
        return budget.failure(BudgetResult.from_document(state.results[step.name]).checks)

    def outcome(self, results: BudgetResult) -> str:
        """See `StageKind.outcome`."""
        return "kept" if results.ok else "broken"


STAGE = Budget()
