import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import keras_samples
import pytest
import verb_process

from tfl_lite_suite.core import work_folder

RECIPE = """
name: shared
data: {{source: {pictures}, resolution: 24, color: grey, validation_fraction: 0.2, test_fraction: 0.2,
       augment: {{flip: true, crop: 0.1, mixup: 0.2}}}}
model: {{name: micro, alpha: 0.5}}
train: {{epochs: 8, batch_size: 8, learning_rate: 0.002, warmup_epochs: 1, ema: 0.9}}
"""


@pytest.mark.parametrize("flag", [[], ["--recipe=missing.yaml"], ["--nonsense"], ["--recipe=/dev/null", "--workdir=w"]])
def test_mistakes_are_one_line_before_tensorflow_loads(flag, tmp_path):
    verb_process.check_mistake("train", flag, tmp_path)


class Cluster:
    """Two processes that train one network on this machine, their files in one folder."""

    def __init__(self, recipe, workdir):
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
        for listener in listeners:
            listener.close()
        self.arguments = [f"--recipe={recipe}", f"--workdir={workdir}", "--json"]

    def start(self, rank):
        task = {"cluster": {"worker": self.addresses}, "task": {"type": "worker", "index": rank}}
        command = [sys.executable, "-m", "tfl_lite_suite.train", *self.arguments, "--distribution=multi_worker"]
        return subprocess.Popen(
            [*command, "--peer_timeout=120"],
            env={**os.environ, "TF_CONFIG": json.dumps(task)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def test_two_processes_learn_what_one_learns_though_the_chief_is_killed(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(pictures=keras_samples.picture_folder(tmp_path / "pictures", 32)))
    alone = [sys.executable, "-m", "tfl_lite_suite.train", f"--recipe={recipe}", f"--workdir={tmp_path / 'one'}"]
    one = json.loads(subprocess.run([*alone, "--json"], capture_output=True, text=True, check=True).stdout)
    cluster = Cluster(recipe, tmp_path / "two")
    chief, worker = cluster.start(0), cluster.start(1)
    try:
        while "epoch 2/" not in (line := chief.stderr.readline()):
            assert line, chief.wait()
        chief.send_signal(signal.SIGKILL)
        chief.communicate()
        chief = cluster.start(0)
        told, shown = chief.communicate(timeout=300)
        also_told, also_shown = worker.communicate(timeout=300)
    finally:
        for process in (chief, worker):
            process.kill()
    assert (chief.returncode, worker.returncode) == (0, 0), shown + also_shown
    assert "epoch 1/" not in shown and "epoch 8/8" in shown
    assert "another process of the training was lost (UnavailableError); starting again" in also_shown
    two, also_two = json.loads(told), json.loads(also_told)
    assert (two["processes"], two["replicas"], one["replicas"]) == (2, 2, 1)
    assert also_two["history"][-1]["loss"] == two["history"][-1]["loss"]
    for before, after in zip(one["history"], two["history"], strict=True):
        assert after["loss"] == pytest.approx(before["loss"], rel=1e-3)
    # The same stage, so what follows takes it as done.
    again = subprocess.run(
        [*alone[:-1], f"--workdir={tmp_path / 'two'}", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(again.stdout) == two


def test_without_test_and_validation_images_a_run_ends_and_says_so(tmp_path):
    pictures = keras_samples.picture_folder(tmp_path / "pictures", 32)
    (pathlib.Path(pictures) / "loose.txt").write_text("x")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(pictures=pictures))
    settings = ["--set=data.test_fraction=0", "--set=data.validation_fraction=0", "--set=train.epochs=1"]
    given = [f"--recipe={recipe}", f"--workdir={tmp_path / 'work'}", *settings]
    with work_folder.at_work(tmp_path / "work"):
        done = subprocess.run([sys.executable, "-m", "tfl_lite_suite.train", *given], capture_output=True, text=True)
        assert done.returncode == 1 and "another run is using" in done.stderr
    done = subprocess.run([sys.executable, "-m", "tfl_lite_suite.train", *given], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no test images, so accuracy was not measured" in done.stdout
    assert "no validation images" in done.stderr and "% validation" not in done.stderr
    assert "no pictures by their names and were left out: loose.txt" in done.stderr
    done = subprocess.run([sys.executable, "-m", "tfl_lite_suite.run", *given], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: data.test_fraction: 0 leaves no test images")
