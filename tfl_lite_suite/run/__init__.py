"""Runs a whole recipe: trains, prunes, quantizes, converts, evaluates, benchmarks, and reports what each step cost.

Every stage is kept in the work folder and is repeated only if its inputs change, so a run that was stopped continues
where it was. Each stage takes the latest model before it. Evaluation and timing run in processes of their own, without
TensorFlow.
"""

import pathlib
import sys

from tfl_lite_suite.core import errors, recipe, terminal
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import write_json, write_text
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import at_work
from tfl_lite_suite.run import ledger, plan, several_runs, stages, verdict
from tfl_lite_suite.run.state import NEEDS_TEST, RunState
from tfl_lite_suite.run.step import Step, Task

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

RECIPE, TABLE, FLIPS = "recipe.yaml", "table.md", "flips.json"


class Run:
    """One recipe in one work folder."""

    def __init__(self, settings: Recipe, workdir: str) -> None:
        """Prepares a run; nothing is done yet.

        Args:
            settings: The recipe.
            workdir: The work folder; made if missing.

        Raises:
            SuiteError: If the recipe names what the suite does not have, or its stages cannot follow each other.
        """
        from tfl_lite_suite import data, models, train
        from tfl_lite_suite.runtime import engines

        models.check_name(settings.model.name)
        self.settings, self.workdir = settings, pathlib.Path(workdir)
        self.steps = plan.steps(settings)
        self._state = RunState(settings, self.workdir)
        for step in self.steps:
            for name in step.settings.benchmark.engines:
                engines.get(name)
        train.inputs(settings)
        self._state.needs_test = any(step.kind == "evaluate" for step in self.steps)
        if self._state.needs_test and not data.can_test(settings.data):
            raise SuiteError(f"data.test_fraction: 0 leaves no test images; {NEEDS_TEST}")

    @property
    def results(self) -> JsonObject:
        """Results of each step so far, by its name."""
        return self._state.results

    def run(self) -> JsonObject:
        """Does every stage of the recipe.

        Returns:
            Each stage's results, by its name, the `ledger`, and the `verdict` where a file was evaluated.

        Raises:
            LimitBroken: If a limit of the budget is broken; it holds the results up to there.
        """
        with at_work(self.workdir):
            return self._run()

    def _run(self) -> JsonObject:
        from tfl_lite_suite import report

        write_text(self.workdir / RECIPE, recipe.dump(self.settings))
        clock, broken = plan.Clock(len(self.steps)), ""
        for step in self.steps:
            stage, tasks = stages.get(step.kind), self._tasks(step)
            kept = [stage.kept(task) for task in tasks]
            clock.begin(step.name, len(tasks), sum(done is not None for done in kept))
            done = [task.done() if old is None else old for task, old in zip(tasks, kept, strict=True)]
            stage.take(self._state, step, done)
            broken = stage.unmet(self._state, step)
            self._write()
            if broken:
                break
        self._judge()
        written = report.write([self.workdir])
        print(f"report: {written.report}", file=sys.stderr)
        if broken:
            raise errors.LimitBroken(f"{step.kind}: {broken}", self.results)
        return self.results

    def plan(self) -> list[JsonObject]:
        """Returns the `stage` and `state` of each step, without doing anything."""
        return plan.plan(self.steps, self._tasks, self._take)

    def _tasks(self, step: Step) -> list[Task]:
        return stages.get(step.kind).tasks(self._state, step)

    def _take(self, step: Step, done: list[JsonObject]) -> None:
        stages.get(step.kind).take(self._state, step, done)

    def _judge(self) -> None:
        """Adds the verdict to the results, where a file was evaluated."""
        from tfl_lite_suite import data
        from tfl_lite_suite.data import cut_away

        of = self.settings.data
        cut = cut_away.share(data.listing_of(of.source), data.contract_for(of, ())) if of.fit == "crop" else 0.0
        found = verdict.give(self.results, self.workdir, cut)
        if found is not None:
            self.results[verdict.KEY] = found.document()
            self._save()

    def _write(self) -> None:
        """Writes what is known so far."""
        self.results.pop("ledger", None)
        self.results["ledger"] = [row.document() for row in ledger.rows(self._state.entries)]
        write_json(self.workdir / FLIPS, ledger.all_flips(self._state.entries))
        self._save()

    def _save(self) -> None:
        write_json(self.workdir / "results.json", self.results)
        write_text(self.workdir / TABLE, markdown(self.results))


def show(document: JsonObject) -> str:
    """Returns the results, or the plan, of one run or of several for a terminal."""
    style = terminal.Style()
    if "summary" in document:
        return terminal.Styled(several_runs.summarised(document["summary"]).terminal(style))
    if "runs" in document:
        return several_runs.show_plans(document["runs"])
    if "recipes" in document:
        width = max(len(recipe["name"]) for recipe in document["recipes"])
        return "\n".join(f"{recipe['name']:<{width}}  {recipe['summary']}" for recipe in document["recipes"])
    if "plan" in document:
        return plan.show(document["plan"])
    from tfl_lite_suite.report import results_table, verdict_view

    parts = [table.terminal(style) for table in results_table.tables(document)]
    parts += [verdict_view.terminal(found, style) for found in _verdict(document)]
    return terminal.Styled("\n".join(filter(None, parts)))


def markdown(results: JsonObject) -> str:
    """Returns the results of one run as Markdown: the verdict, what was measured, and the ledger."""
    from tfl_lite_suite.report import results_table, verdict_view

    parts = [verdict_view.markdown(found) for found in _verdict(results)]
    return "\n".join([*parts, *(table.markdown() for table in results_table.tables(results))])


def _verdict(results: JsonObject) -> list[verdict.Verdict]:
    return [verdict.Verdict.from_document(results[verdict.KEY])] if verdict.KEY in results else []
