import json
import os
import signal
import subprocess
import sys
import time

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.train.loop import Phase, Training, accuracy_function, classifier, phases

SETTINGS = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0)


def make(folder, settings=SETTINGS, model=None, key="", data=None):
    keras.utils.set_random_seed(0)
    model = model or keras_samples.tiny_network()
    return Training(model, data or keras_samples.bright_or_dark(), settings, Augment(flip=True), 0, folder, key)


def test_the_network_learns(tmp_path):
    training = make(tmp_path)
    history = training.run([Phase("network", 4, 0.05)])
    assert [record["epoch"] for record in history] == [1, 2, 3, 4]
    assert history[-1]["loss"] < history[0]["loss"] / 2
    measured = accuracy_function(training.model)(training.data.test)
    assert measured["top1"] >= 0.9 and measured["top5"] == 1.0 and len(measured["top"]) == 32
    assert list((tmp_path / "tensorboard").iterdir())


def test_the_best_epoch_is_kept(tmp_path):
    training = make(tmp_path)
    history = training.run([Phase("network", 3, 0.05), Phase("ruin", 1, 50.0)])
    best = max(record["validation_top1"] for record in history)
    assert accuracy_function(training.model)(training.data.validation)["top1"] == best


def test_the_start_is_kept_where_training_ruins_it(tmp_path):
    training = make(tmp_path / "good")
    training.run([Phase("network", 3, 0.05)])
    assert training.start is None and training.kept > 0
    weights = training.model.get_weights()
    ruined = make(tmp_path / "ruined", model=training.model)
    ruined.keeps_start = True
    history = ruined.run([Phase("ruin", 2, 50.0)])
    assert ruined.kept == 0 and ruined.start["validation_top1"] >= max(record["validation_top1"] for record in history)
    for kept, before in zip(ruined.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(kept, before)


def test_the_start_is_kept_where_an_epoch_gains_less_than_chance(tmp_path, monkeypatch):
    kept = []
    for gains in (True, False):
        monkeypatch.setattr("tfl_lite_suite.train.loop.selection.gains", lambda one, other, gains=gains: gains)
        training = make(tmp_path / str(gains))
        training.keeps_start = True
        training.run([Phase("network", 3, 0.05)])
        kept.append(training.kept)
    assert kept[0] > 0 and kept[1] == 0


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_stopped_training_resumes_as_if_never_stopped(tmp_path, ema):
    settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0.5, ema=ema)
    plan = [Phase("classifier", 1, 0.01, 0, "classifier"), Phase("network", 3, 0.05, 0.5)]
    whole = make(tmp_path / "whole", settings)
    whole.run(plan)

    class Stopped(Exception):
        pass

    stopping = make(tmp_path / "stopped", settings)
    save = stopping._save

    def save_then_stop(index, epoch, *rest):
        save(index, epoch, *rest)
        if (index, epoch) == (1, 1):
            raise Stopped

    stopping._save = save_then_stop
    with pytest.raises(Stopped):
        stopping.run(plan)
    resumed = make(tmp_path / "stopped", settings)
    resumed.run(plan)
    for one, other in zip(whole.history, resumed.history, strict=True):
        assert (one["phase"], one["epoch"]) == (other["phase"], other["epoch"])
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_a_checkpoint_of_other_inputs_is_not_resumed(tmp_path):
    make(tmp_path, key="one").run([Phase("network", 1, 0.05)])
    assert len(make(tmp_path, key="two").run([Phase("network", 2, 0.05)])) == 2
    again = make(tmp_path, key="two")
    again.forget_checkpoint()
    assert not (tmp_path / "checkpoint.npz").exists()


def test_early_stopping_ends_the_phase(tmp_path):
    settings = Train(batch_size=16, warmup_epochs=0, early_stopping=2)
    history = make(tmp_path, settings).run([Phase("still", 9, 0.0), Phase("next", 1, 0.0)])
    assert [record["phase"] for record in history] == ["still"] * 3 + ["next"]


def test_only_the_layers_from_the_first_trainable_change(tmp_path):
    training = make(tmp_path)
    frozen = training.model.get_layer("stem").get_weights()[0].copy()
    statistics = training.model.get_layer("stem_bn").get_weights()
    head = classifier(training.model).get_weights()[0].copy()
    training.run([Phase("head", 1, 0.05, 0, "classifier")])
    np.testing.assert_array_equal(training.model.get_layer("stem").get_weights()[0], frozen)
    for before, after in zip(statistics, training.model.get_layer("stem_bn").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert np.abs(classifier(training.model).get_weights()[0] - head).max() > 0
    with pytest.raises(SuiteError, match="train.fine_tune_from: unknown layer 'steem'. Did you mean 'stem'"):
        make(tmp_path / "other").run([Phase("network", 1, 0.05, 0, "steem")])


def test_phases_of_a_recipe():
    model = keras_samples.tiny_network()
    plan = phases(model, Train(epochs=5, head_epochs=2, fine_tune_from="project", learning_rate=0.2))
    assert [(phase.epochs, phase.first_trainable) for phase in plan] == [(2, "classifier"), (5, "project")]
    assert phases(model, Train(epochs=0)) == []
    assert phases(model, Train(epochs=1, warmup_epochs=5))[0].warmup_epochs == 0.5


def test_a_diverging_training_says_so(tmp_path):
    with pytest.raises(SuiteError, match="train.learning_rate"):
        make(tmp_path).run([Phase("network", 2, 1e30)])


_KILLED = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import keras_samples
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.train.loop import Phase, Training
from tfl_lite_suite.core.recipe import Augment, Train
keras.utils.set_random_seed(0)
training = Training(
    keras_samples.tiny_network(), keras_samples.bright_or_dark(), Train(batch_size=16), Augment(), 0,
    pathlib.Path(sys.argv[2]),
)
training.run([Phase("network", int(sys.argv[3]), 0.05)])
"""


def test_kill_9_loses_no_finished_epoch(tmp_path):
    tests = os.path.dirname(keras_samples.__file__)
    command = [sys.executable, "-c", _KILLED, tests, str(tmp_path)]
    child = subprocess.Popen([*command, "100000"], stderr=subprocess.PIPE, text=True)
    while "epoch 3/" not in child.stderr.readline():
        assert child.poll() is None
    time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stderr.close()
    with np.load(tmp_path / "checkpoint.npz") as file:
        kept = json.loads(str(file["state"]))["history"]
    assert len(kept) >= 2
    again = subprocess.run([*command, str(len(kept) + 1)], capture_output=True, text=True, check=True)
    assert f"epoch {len(kept) + 1}/{len(kept) + 1}" in again.stderr and "epoch 1/" not in again.stderr
