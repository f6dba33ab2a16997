"""Workers on one SQLite study; what a trial does is made up, so that it takes a moment."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

pytest.importorskip("optuna")

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.search.space import Dimension
from tfl_lite_suite.search.study import Failed, Stopped, Study

DIMENSIONS = (
    Dimension("model.alpha", (0.25, 0.5, 1.0)),
    Dimension("train.learning_rate", (), 0.01, 0.1, log=True),
)
OUTCOME = {"top1": 0.5, "ms": 1.0, "bytes": 10, "loss": 0.0}

WORKER = """
import json, sys, time
from tfl_lite_suite.search.space import Dimension
from tfl_lite_suite.search.study import Study

name, url, log, most = sys.argv[1:]
dimensions = (Dimension("model.alpha", (0.25, 0.5, 1.0)), Dimension("train.learning_rate", (), 0.01, 0.1, log=True))
study = Study(url, "s", "base", dimensions, 0, 60)

def is_stuck(row):
    return row[0] == "doomed" and row[2] >= 2

def judge(params, number):
    def say(what):
        with open(log, "a") as file:
            file.write(json.dumps([name, what, number, params]) + "\\n")
    say("begin")
    if is_stuck([name, "begin", number]):
        time.sleep(600)
    # The other one may not do everything before the doomed one has begun.
    while name == "other" and not any(map(is_stuck, map(json.loads, open(log)))):
        time.sleep(0.05)
    say("end")
    return {"top1": params["model.alpha"], "ms": params["model.alpha"], "bytes": 10, "loss": 0.0}, [0.5]

while True:
    study.requeue_lost()
    slots = study.slots()
    if sum(slot.is_done for slot in slots) >= int(most):
        break
    if len([s for s in slots if s.state != "waiting"]) < int(most) or any(s.state == "waiting" for s in slots):
        study.step(int(most), judge)
    else:
        time.sleep(0.2)
"""


def open_study(folder, base="base", dimensions=DIMENSIONS):
    return Study(f"sqlite:///{folder}/study.db", "s", base, dimensions, 0, 60)


def signs_of_life(folder, statement):
    """Executes a statement about the table that has the latest sign of life of each trial; returns its rows."""
    with contextlib.closing(sqlite3.connect(folder / "study.db", timeout=60)) as database, database:
        return database.execute(statement).fetchall()


def test_of_two_workers_one_is_killed_and_nothing_is_lost_or_done_twice(tmp_path):
    study, log = open_study(tmp_path), tmp_path / "log"
    log.touch()
    wanted = {"model.alpha": 0.25, "train.learning_rate": 0.05}
    study.enqueue([wanted])

    def start(name):
        command = [sys.executable, "-c", WORKER, name, f"sqlite:///{tmp_path}/study.db", str(log), "6"]
        return subprocess.Popen(command)

    def lines():
        return [json.loads(line) for line in log.read_text().splitlines()]

    doomed, other = start("doomed"), start("other")
    while not any(name == "doomed" and number >= 2 for name, _, number, _ in lines()):
        assert other.poll() is None and doomed.poll() is None
        time.sleep(0.05)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    lost = next(row for row in reversed(lines()) if row[0] == "doomed")
    assert lost[1] == "begin"
    # As if it had been silent for long: no test may depend on how quickly a busy machine does anything.
    running = f"SELECT trial_id FROM trials WHERE number = {lost[2]} AND state = 'RUNNING'"
    assert len(signs_of_life(tmp_path, running)) == 1
    signs_of_life(tmp_path, f"UPDATE trial_heartbeats SET heartbeat = '2000-01-01' WHERE trial_id IN ({running})")
    assert other.wait(300) == 0
    ended = [number for _, what, number, _ in lines() if what == "end"]
    assert len(ended) == 6 and len(set(ended)) == 6
    assert ["other", "end", *lost[2:]] in lines()
    slots = study.slots()
    assert [slot.state for slot in slots] == ["complete"] * 6
    assert slots[0].trial.params == wanted
    assert len({json.dumps(slot.trial.params) for slot in slots}) == 6


def test_an_interrupted_trial_goes_on_first(tmp_path):
    study, seen = open_study(tmp_path), []

    def interrupted(params, number):
        seen.append((number, params))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.step(1, interrupted)
    assert [slot.state for slot in study.slots()] == ["lost"]
    again = open_study(tmp_path)
    again.requeue_lost()
    again.requeue_lost()
    assert [slot.state for slot in again.slots()] == ["waiting"]

    def judge(params, number):
        seen.append((number, params))
        return OUTCOME, [0.1]

    assert again.step(1, judge)
    assert seen[0] == seen[1]
    assert [slot.state for slot in again.slots()] == ["complete"]
    assert not again.step(1, judge) and len(seen) == 2 and len(again.slots()) == 1


def test_a_trial_that_has_values_has_given_a_sign_of_life(tmp_path, monkeypatch):
    import optuna

    idle = optuna.storages._heartbeat.NullHeartbeatThread
    monkeypatch.setattr("optuna.study._optimize.get_heartbeat_thread", lambda *given: idle())
    counts = []

    def judge(params, number):
        counts.append(signs_of_life(tmp_path, "SELECT count(*) FROM trial_heartbeats"))
        return OUTCOME, []

    assert open_study(tmp_path).step(1, judge) and counts == [[(1,)]]


def test_a_trial_whose_worker_died_before_its_first_sign_of_life_is_done_again(tmp_path, monkeypatch):
    import optuna

    study = open_study(tmp_path)
    wanted = {"model.alpha": 0.25, "train.learning_rate": 0.05}
    study.enqueue([wanted])
    # As a worker does that is killed between taking the trial and beginning it.
    optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path}/study.db").ask()
    study.requeue_lost()
    assert [slot.state for slot in study.slots()] == ["running"]

    monkeypatch.setattr("tfl_lite_suite.search.study._MISSED", 0)
    study.requeue_lost()
    assert [slot.state for slot in study.slots()] == ["waiting"]
    seen = []
    study.step(1, lambda params, number: seen.append((params, number)) or (OUTCOME, []))
    assert seen == [(wanted, 0)]
    assert [slot.state for slot in study.slots()] == ["complete"]


def test_a_worker_that_was_paused_gives_up_what_another_one_took_over(tmp_path):
    import optuna

    study, other = open_study(tmp_path), open_study(tmp_path)

    def taken_over(params, number):
        other._study.tell(number, state=optuna.trial.TrialState.FAIL)
        other.requeue_lost()
        assert other.step(1, lambda *_: (OUTCOME, [0.2]))
        return OUTCOME, [0.1]

    study.step(1, taken_over)
    (slot,) = study.slots()
    assert (slot.number, slot.state, slot.trial.user_attrs["curve"]) == (0, "complete", [0.2])


def test_of_two_retries_one_is_done(tmp_path):
    study = open_study(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        study.step(9, interrupt)
    (lost,) = study.slots()
    study._requeue(lost)
    study._requeue(lost)
    seen = []

    def judge(params, number):
        seen.append(number)
        if len(seen) == 1:
            assert not open_study(tmp_path).step(9, judge)
        return OUTCOME, [0.1]

    assert study.step(9, judge) and seen == [0]
    assert [slot.state for slot in study.slots()] == ["complete"]


def test_workers_that_begin_together_draw_different_values(tmp_path, monkeypatch):
    study, other, begin = open_study(tmp_path), open_study(tmp_path), None

    def after_the_other(*given, **named):
        assert other.step(9, lambda *_: (OUTCOME, []))
        begin(*given, **named)

    begin = study._study.optimize
    monkeypatch.setattr(study._study, "optimize", after_the_other)
    assert study.step(9, lambda *_: (OUTCOME, []))
    first, second = study.slots()
    assert first.trial.params != second.trial.params


def test_a_lost_trial_whose_values_another_one_has_is_not_done(tmp_path):
    study = open_study(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        study.step(9, interrupt)
    (lost,) = study.slots()
    study._study.enqueue_trial(lost.trial.params)
    assert study.step(9, lambda *_: (OUTCOME, []))
    study.requeue_lost()
    assert not study.step(9, interrupt)
    study.requeue_lost()
    assert [(slot.number, slot.state) for slot in study.slots()] == [(1, "complete")]


def interrupt(params, number):
    raise KeyboardInterrupt


def test_a_failure_and_an_early_stop_are_ends_with_reasons(tmp_path):
    study = open_study(tmp_path)

    def fails(params, number):
        raise Failed("error: no such thing")

    def stops(params, number):
        raise Stopped("after epoch 1")

    assert study.step(9, fails) and study.step(9, stops)
    study.requeue_lost()
    failed, stopped = study.slots()
    assert (failed.state, stopped.state) == ("failed", "stopped") and failed.is_done and stopped.is_done
    assert failed.trial.user_attrs["error"] == "error: no such thing"
    assert stopped.trial.user_attrs["why"] == "after epoch 1"
    assert study.references() == []


def test_values_that_were_tried_are_not_tried_again(tmp_path):
    dimensions = (Dimension("model.alpha", (0.5, 1.0)),)
    study, seen = open_study(tmp_path, dimensions=dimensions), []

    def judge(params, number):
        seen.append(params["model.alpha"])
        return OUTCOME, [0.1]

    counted = [study.step(9, judge) for _ in range(12)]
    assert sorted(seen) == [0.5, 1.0] and sum(counted) == 2
    assert [reference.curve for reference in study.references()] == [(0.1,), (0.1,)]


def test_another_recipe_or_a_bad_database_is_one_line(tmp_path):
    open_study(tmp_path)
    with pytest.raises(SuiteError, match="'s' was begun with another recipe or space"):
        open_study(tmp_path, base="other")
    (tmp_path / "text.db").write_text("no database" * 500)
    for url, message in (
        (f"sqlite:///{tmp_path}/text.db", "file is not a database"),
        (f"sqlite:///{tmp_path}/no/such/folder.db", "unable to open database file"),
        ("postgresql://me:secret@localhost:1/x", r"cannot use 'postgresql.*me:\*\*\*@localhost:1/x'"),
        ("nonsense", "storage: expected a URL"),
    ):
        with pytest.raises(SuiteError, match=message) as caught:
            Study(url, "s", "base", DIMENSIONS, 0, 1)
        assert "\n" not in str(caught.value) and "secret" not in str(caught.value)
