"""Several recipes, seeds or folds, each `run` in a process and a work folder of its own."""

import dataclasses
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence

from tfl_lite_suite.core.errors import ArgumentError, LimitBroken, SuiteError
from tfl_lite_suite.core.files import make_folder, read_json, write_json, write_text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.run import cross_validation, result, seed_comparison
from tfl_lite_suite.run import plan as plan_of
from tfl_lite_suite.run.cross_validation import FoldsRow
from tfl_lite_suite.run.seed_comparison import LedgerOfRun, SeedsRow

LOG, DOCUMENT = "run.log", "run.json"
SUMMARY, TABLE = "seeds.json", "seeds.md"
FOLDS_SUMMARY, FOLDS_TABLE = "folds.json", "folds.md"
_POLL_S = 0.1


@dataclasses.dataclass(frozen=True)
class Job:
    """One run.

    Attributes:
        settings: The recipe, with the run's seed.
        workdir: Its work folder.
        flags: Flags of `run`, without `--workdir` and `--json`.
    """

    settings: Recipe
    workdir: pathlib.Path
    flags: tuple[str, ...]

    @property
    def name(self) -> str:
        """What messages call it."""
        fold = self.settings.data.fold
        number = f", fold {fold[0] + 1} of {fold[1]}" if fold else ""
        return f"{self.settings.name}, seed {self.settings.seed}{number}"

    def start(self) -> "subprocess.Popen[bytes]":
        """Starts it, with stderr in the work folder's `LOG` and the JSON document in `DOCUMENT`."""
        make_folder(self.workdir)
        command = verb_command("run", *self.flags, f"--workdir={self.workdir}", "--json")
        with open(self.workdir / LOG, "wb") as log, open(self.workdir / DOCUMENT, "wb") as document:
            return subprocess.Popen(command, stdout=document, stderr=log)

    def ended(self, status: int) -> JsonObject:
        """Returns what `described` returns, and `status`, the `error` if it has one, and the `results`."""
        last = (self.workdir / LOG).read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        error = last.removeprefix("error: ") if status else None
        # A run that failed has printed nothing there, or its results up to a broken limit.
        document = self.workdir / DOCUMENT
        results = read_json(document) if document.stat().st_size else None
        if not isinstance(results, dict | None):
            raise SuiteError(f"{document}: expected a JSON object. Received: {type(results).__name__}")
        return {**self.described(), "status": status, "error": error, "results": results}

    def described(self, plan: list[JsonObject] | None = None) -> JsonObject:
        """Returns `recipe`, `seed`, `fold` in a cross-validation, `workdir`, and the `plan` if there is one."""
        fold = self.settings.data.fold
        found: JsonObject = {"recipe": self.settings.name, "seed": self.settings.seed}
        found |= {} if fold is None else {"fold": fold[0]}
        found["workdir"] = str(self.workdir)
        return found if plan is None else {**found, "plan": plan}


def folds(settings: Recipe, count: int, workdir: pathlib.Path, flags: tuple[str, ...]) -> list[Job]:
    """Returns the runs of a cross-validation.

    Args:
        settings: The recipe.
        count: Number of folds.
        workdir: Where each gets a work folder.
        flags: Flags of `run` that name the recipe and change it.
    """
    made = []
    for number in range(count):
        data = dataclasses.replace(settings.data, fold=(number, count))
        own = (*flags, f"--set=data.fold=[{number},{count}]")
        made.append(Job(dataclasses.replace(settings, data=data), workdir / f"fold_{number}_of_{count}", own))
    return made


def run_all(jobs: Sequence[Job], at_once: int, workdir: pathlib.Path) -> JsonObject:
    """Runs jobs; one that fails does not stop the others. Says on stderr what begins and ends.

    Args:
        jobs: What to run; no two in the same work folder.
        at_once: How many at a time.
        workdir: Where the summary goes: `seeds.json`, and `seeds.md` as a table; of folds `folds.json` and `folds.md`.

    Returns:
        `runs`, what each `Job.ended` returned in the order of the jobs, and their `summary`: that of
        `seed_comparison`, or of folds that of `cross_validation`.

    Raises:
        SuiteError: If two jobs would share a work folder.
        LimitBroken: If a run failed; it holds what is returned otherwise.
    """
    folders = [job.workdir for job in jobs]
    twice = next((job for job in jobs if folders.count(job.workdir) > 1), None)
    if twice:
        raise ArgumentError("recipe", f"two runs are called '{twice.name}'. Give the recipes different names")
    runs = _run_all(jobs, at_once)
    with_ledger = [
        LedgerOfRun(job.settings.name, job.settings.seed, (job.settings.data.fold or (0,))[0], ledger)
        for job, run in zip(jobs, runs, strict=True)
        if (ledger := result.ledger(run["results"] or {}, str(job.workdir / DOCUMENT)))
    ]
    folds = any(job.settings.data.fold for job in jobs)
    summarise = cross_validation.summary if folds else seed_comparison.summary
    summary: Sequence[SeedsRow | FoldsRow] = summarise(with_ledger)
    document = {"runs": runs, "summary": summary}
    write_json(workdir / (FOLDS_SUMMARY if folds else SUMMARY), {"summary": summary})
    write_text(workdir / (FOLDS_TABLE if folds else TABLE), summarised(summary).markdown())
    failed = [f"{job.name}: {run['error']}" for job, run in zip(jobs, runs, strict=True) if run["status"]]
    if failed:
        raise LimitBroken(f"{len(failed)} of {len(jobs)} runs failed: {'; '.join(failed)}", document)
    return document


def summarised(summary: Sequence[SeedsRow | FoldsRow]) -> Table:
    """Returns the summary of runs with several seeds, or of several folds, as a table."""
    folds = [row for row in summary if isinstance(row, FoldsRow)]
    seeds = [row for row in summary if isinstance(row, SeedsRow)]
    return cross_validation.table(folds) if folds else seed_comparison.table(seeds)


def show_plans(runs: Sequence[JsonObject]) -> str:
    """Returns the plans of runs as text."""
    return "\n\n".join(f"{_named(run)}\n{plan_of.show(run['plan'])}" for run in runs)


def _named(run: JsonObject) -> str:
    return f"{run['recipe']}, seed {run['seed']}" + (f", fold {run['fold'] + 1}" if "fold" in run else "")


def _run_all(jobs: Sequence[Job], at_once: int) -> list[JsonObject]:
    found: dict[int, JsonObject] = {}
    running: dict[int, subprocess.Popen[bytes]] = {}
    waiting = list(range(len(jobs)))
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index = waiting.pop(0)
                _say(f"{jobs[index].name}: begins; its progress is in {jobs[index].workdir / LOG}")
                running[index] = jobs[index].start()
            for index in [index for index, child in running.items() if child.poll() is not None]:
                found[index] = jobs[index].ended(running.pop(index).returncode)
                state = f"failed: {found[index]['error']}" if found[index]["status"] else "done"
                _say(f"[{len(found)}/{len(jobs)}] {jobs[index].name}: {state}")
            time.sleep(_POLL_S)
    finally:
        for child in running.values():
            child.terminate()
            child.wait()
    return [found[index] for index in range(len(jobs))]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
