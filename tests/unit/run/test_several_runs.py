import dataclasses
import subprocess
import sys

import pytest

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import LimitBroken, SuiteError
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.run import several_runs
from tfl_lite_suite.run.several_runs import Job


@dataclasses.dataclass(frozen=True)
class Imitation(Job):
    """A job whose process is a line of Python."""

    code: str = ""

    def start(self):
        self.workdir.mkdir(parents=True)
        with (
            open(self.workdir / several_runs.LOG, "wb") as log,
            open(self.workdir / several_runs.DOCUMENT, "wb") as document,
        ):
            return subprocess.Popen([sys.executable, "-c", self.code], stdout=document, stderr=log)


def job(folder, name, seed, code=""):
    settings = recipe.Recipe(name, recipe.Data("pictures"), recipe.Model("vgg16"), seed=seed)
    return Imitation(settings, folder / name / f"seed_{seed}", (), code)


def answers(top1):
    row = {"name": "train", "runtime": "TensorFlow", "n": 1, "top1": top1}
    return f"import json; print(json.dumps({{'ledger': [{row!r}]}}))"


def test_runs_are_summarised_in_their_order(tmp_path, capsys):
    third = str(tmp_path / "b" / "seed_1")
    slow = f"import os, time\nwhile not os.path.exists({third!r}): time.sleep(0.05)\n" + answers(0.5)
    jobs = [job(tmp_path, "a", 0, slow), job(tmp_path, "a", 1, answers(0.7)), job(tmp_path, "b", 1, answers(0.8))]
    document = several_runs.run_all(jobs, at_once=2, workdir=tmp_path)
    assert [(run["recipe"], run["seed"], run["status"]) for run in document["runs"]] == [
        ("a", 0, 0),
        ("a", 1, 0),
        ("b", 1, 0),
    ]
    assert [row.top1 for row in document["summary"]] == [pytest.approx(0.6), 0.8]
    assert "+10.00 | 1 of 1" in (tmp_path / several_runs.TABLE).read_text()
    kept = read_json(tmp_path / several_runs.SUMMARY)["summary"]
    assert [row["top1"] for row in kept] == [row.top1 for row in document["summary"]]
    assert "[1/3] a, seed 1: done\nb, seed 1: begins" in capsys.readouterr().err


def test_a_failure_stops_no_other_and_is_told(tmp_path):
    broken = "import sys; print('epoch 1', file=sys.stderr); sys.exit('error: disk full')"
    jobs = [job(tmp_path, "a", 0, broken), job(tmp_path, "a", 1, answers(0.7))]
    with pytest.raises(LimitBroken, match="^1 of 2 runs failed: a, seed 0: disk full$") as caught:
        several_runs.run_all(jobs, at_once=1, workdir=tmp_path)
    runs = caught.value.document["runs"]
    assert [(run["status"], run["error"]) for run in runs] == [(1, "disk full"), (0, None)]
    assert caught.value.document["summary"][0].seeds == (1,)


def test_no_more_than_asked_run_at_once_and_none_is_left_behind(tmp_path, monkeypatch):
    jobs = [job(tmp_path, "a", seed, "import time; time.sleep(60)") for seed in range(3)]
    started = []

    def interrupted(seconds):
        raise KeyboardInterrupt

    real = Imitation.start
    monkeypatch.setattr(Imitation, "start", lambda self: started.append(real(self)) or started[-1])
    monkeypatch.setattr(several_runs.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        several_runs.run_all(jobs, at_once=2, workdir=tmp_path)
    assert len(started) == 2 and all(child.poll() is not None for child in started)


def test_two_runs_in_one_folder_are_refused(tmp_path):
    with pytest.raises(SuiteError, match="two runs are called 'a, seed 0'"):
        several_runs.run_all([job(tmp_path, "a", 0), job(tmp_path, "a", 0)], at_once=1, workdir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_plans_are_shown_run_by_run(tmp_path):
    runs = [job(tmp_path, "a", seed).described([{"stage": "train", "state": "to do"}]) for seed in (0, 1)]
    assert several_runs.show_plans(runs) == "a, seed 0\n[1/1] train: to do\n\na, seed 1\n[1/1] train: to do"


def test_the_command_is_runs_own(tmp_path):
    settings = recipe.Recipe("x", recipe.Data("pictures"), recipe.Model("vgg16"))
    child = Job(settings, tmp_path / "work", ("--recipe=nowhere.yaml",)).start()
    assert child.wait() == 1
    found = Job(settings, tmp_path / "work", ()).ended(1)
    assert found["error"] == "recipe: no such file 'nowhere.yaml'" and found["results"] is None
