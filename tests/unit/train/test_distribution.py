import json
import os
import pathlib
import signal
import subprocess
import sys

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import Restart, SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.train import distribution
from tfl_lite_suite.train.loop import Training

_MIRRORED = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
import keras_samples
from tfl_lite_suite.core.framework import keras, tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tfl_lite_suite.train import distribution
from tfl_lite_suite.train.loop import Phase, Training
from tfl_lite_suite.core.recipe import Augment, Train
found = []
for spread in (distribution.here(), distribution.mirrored()):
    keras.utils.set_random_seed(0)
    with spread.strategy.scope():
        model = keras_samples.tiny_network()
    model.get_layer("dropout").rate = 0.0
    training = Training(
        model, keras_samples.bright_or_dark(), Train(batch_size=16, warmup_epochs=0, ema=0.9),
        Augment(flip=True, crop=0.1, mixup=0.2), 0, pathlib.Path(sys.argv[2]) / str(spread.replicas),
        distribution=spread,
    )
    history = training.run([Phase("classifier", 1, 0.01, 0, "classifier"), Phase("network", 2, 0.02)])
    weights = [array.tolist() for array in spread.weights(model)]
    found.append({"replicas": spread.replicas, "history": history, "weights": weights})
print(json.dumps(found))
"""


def test_two_replicas_learn_what_one_learns(tmp_path):
    """With moving averages, mixup over the border between the parts, and statistics of the whole batch."""
    tests = os.path.dirname(keras_samples.__file__)
    command = [sys.executable, "-c", _MIRRORED, tests, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one, two = json.loads(done.stdout)
    assert (one["replicas"], two["replicas"]) == (1, 2)
    for before, after in zip(one["history"], two["history"], strict=True):
        assert after["loss"] == pytest.approx(before["loss"], rel=1e-4)
    for before, after in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(before, after, rtol=2e-3, atol=2e-4)


def test_a_batch_that_cannot_be_shared_is_refused():
    class Three(distribution.Distribution):
        replicas = 3

    three = Three(tf.distribute.get_strategy())
    with pytest.raises(SuiteError, match="train.batch_size: 16 pictures cannot .* 3 replicas. Try 15"):
        Training(
            keras_samples.tiny_network(),
            keras_samples.bright_or_dark(),
            Train(batch_size=16),
            Augment(),
            0,
            pathlib.Path("unused"),
            distribution=three,
        )


def test_here_is_one_replica_that_keeps_the_files(tmp_path):
    here = distribution.here()
    assert here.is_chief and here.replicas == 1 and here.parts.count == 1
    assert here.sum(3) == 3 and here.chiefs_file(tmp_path / "none") == tmp_path / "none"
    model = keras_samples.tiny_network()
    for one, other in zip(here.weights(model), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    here.synchronize(model)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert layers and not any(layer.synchronized for layer in layers)


def test_a_lost_process_asks_for_a_restart():
    with pytest.raises(Restart, match="another process of the training was lost .UnavailableError."):
        with distribution.restarting_when_lost():
            raise tf.errors.UnavailableError(None, None, "gone")
    with pytest.raises(tf.errors.InvalidArgumentError):
        with distribution.restarting_when_lost():
            raise tf.errors.InvalidArgumentError(None, None, "ours")


@pytest.mark.parametrize(("takes", "status"), [(30, -signal.SIGKILL), (0, 0)])
def test_joining_that_never_ends_ends_the_process_with_one_line(takes, status):
    script = f"""
import time
from tfl_lite_suite.train.distribution import _killed_after
with _killed_after(1.5):
    time.sleep({takes})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == status
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == (1 if status else 0)
