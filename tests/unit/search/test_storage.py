from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("optuna")

import optuna
from optuna.trial import TrialState

from tfl_lite_suite.search.storage import Storage

TRIALS, WORKERS = 12, 4


def test_each_waiting_trial_goes_to_one_worker(tmp_path):
    storages = [Storage(f"sqlite:///{tmp_path}/study.db", engine_kwargs={"connect_args": {"timeout": 60}})]
    storages += [Storage(f"sqlite:///{tmp_path}/study.db", skip_table_creation=True) for _ in range(WORKERS - 1)]
    study = optuna.create_study(storage=storages[0])
    for number in range(TRIALS):
        study.enqueue_trial({"x": number})
    trials = [trial._trial_id for trial in study.get_trials()]

    def take(storage):
        return [storage.set_trial_state_values(trial, TrialState.RUNNING) for trial in trials]

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = list(pool.map(take, storages))
    assert [sum(of) for of in zip(*taken, strict=True)] == [1] * TRIALS
    assert all(trial.state == TrialState.RUNNING and trial.datetime_start for trial in study.get_trials())
    assert storages[1].set_trial_state_values(trials[0], TrialState.COMPLETE, [0.5])
    assert not storages[1].set_trial_state_values(trials[0], TrialState.RUNNING)
    assert study.get_trials()[0].values == [0.5]
