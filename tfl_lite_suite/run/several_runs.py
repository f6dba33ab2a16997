"""Several recipes or seeds, each `run` in a process and a work folder of its own."""

import dataclasses
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.core.errors import SuiteError, Unmet
from tfl_lite_suite.core.files import make_folder, read_json, write_json, write_text
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.run import plan as plan_of
from tfl_lite_suite.run import seed_comparison

LOG, DOCUMENT = "run.log", "run.json"
SUMMARY, TABLE = "seeds.json", "seeds.md"
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
        return f"{self.settings.name}, seed {self.settings.seed}"

    def start(self) -> "subprocess.Popen[bytes]":
        """Starts it, with stderr in the work folder's `LOG` and the JSON document in `DOCUMENT`."""
        make_folder(self.workdir)
        command = verb_command("run", *self.flags, f"--workdir={self.workdir}", "--json")
        with open(self.workdir / LOG, "wb") as log, open(self.workdir / DOCUMENT, "wb") as document:
            return subprocess.Popen(command, stdout=document, stderr=log)

    def ended(self, status: int) -> dict[str, Any]:
        """Returns what `described` returns, and `status`, the `error` if it has one, and the `results`."""
        last = (self.workdir / LOG).read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        error = last.removeprefix("error: ") if status else None
        # A run that failed has printed nothing there, or its results up to a broken limit.
        document = self.workdir / DOCUMENT
        results = read_json(document) if document.stat().st_size else None
        return {**self.described(), "status": status, "error": error, "results": results}

    def described(self, plan: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Returns `recipe`, `seed`, `workdir`, and the `plan` if there is one."""
        found = {"recipe": self.settings.name, "seed": self.settings.seed, "workdir": str(self.workdir)}
        return found if plan is None else {**found, "plan": plan}


def run_all(jobs: Sequence[Job], at_once: int, workdir: pathlib.Path) -> dict[str, Any]:
    """Runs jobs; one that fails does not stop the others. Says on stderr what begins and ends.

    Args:
        jobs: What to run; no two in the same work folder.
        at_once: How many at a time.
        workdir: Where the summary goes: `seeds.json`, and `seeds.md` as a table.

    Returns:
        `runs`, what each `Job.ended` returned in the order of the jobs, and their `seeds.summary`.

    Raises:
        SuiteError: If two jobs would share a work folder.
        Unmet: If a run failed; it holds what is returned otherwise.
    """
    folders = [job.workdir for job in jobs]
    twice = next((job for job in jobs if folders.count(job.workdir) > 1), None)
    if twice:
        raise SuiteError(f"--recipe: two runs are called '{twice.name}'. Give the recipes different names")
    runs = _run_all(jobs, at_once)
    with_ledger = [{**run, "ledger": run["results"]["ledger"]} for run in runs if "ledger" in (run["results"] or {})]
    document = {"runs": runs, "summary": seed_comparison.summary(with_ledger)}
    write_json(workdir / SUMMARY, {"summary": document["summary"]})
    write_text(workdir / TABLE, seed_comparison.table(document["summary"]))
    failed = [f"{job.name}: {run['error']}" for job, run in zip(jobs, runs, strict=True) if run["status"]]
    if failed:
        raise Unmet(f"{len(failed)} of {len(jobs)} runs failed: {'; '.join(failed)}", document)
    return document


def show(runs: Sequence[dict[str, Any]], summary: Sequence[dict[str, Any]] | None) -> str:
    """Returns the summary of runs, or their plans where there is none, as text."""
    if summary is not None:
        return seed_comparison.table(summary)
    return "\n\n".join(f"{run['recipe']}, seed {run['seed']}\n{plan_of.show(run['plan'])}" for run in runs)


def _run_all(jobs: Sequence[Job], at_once: int) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
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
