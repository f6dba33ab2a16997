"""A flag that would have no effect is an error, before anything else is looked at."""

import subprocess
import sys

import pytest

CASES = {
    "evaluate --model=x.tflite --data=d --set=train.epochs=1": "--set: has an effect only with --recipe",
    "evaluate --model=x.tflite --data=d --workdir=w": "--workdir: has an effect only with --recipe",
    "evaluate --model=x.keras --data=d --threads=2": "--threads: has an effect only for a .tflite or exported file",
    "benchmark --model=x.tflite --classes=3": "--classes: has an effect only for a network by name",
    "benchmark --compare=a.tflite,b.tflite --model=x.tflite": "--model: has an effect only without --compare",
    "convert --model=micro --output=y.tflite --scheme=float32 --calibration=d": "--calibration: has an effect only",
    "convert --model=x.keras --output=y.tflite --classes=3": "--classes: has an effect only for a network by name",
    "decide --model=x.tflite --data=d --set=seed=1": "--set: has an effect only with --recipe",
    "export --model=x.tflite --output_dir=o --to=onnx --frame=8x8x3": "--frame: has an effect only with --to=micro",
    "predict --model=x.keras --picture=p.jpg --threads=2": "--threads: has an effect only for a .tflite",
    "prune --model=x.keras --sparsity=0.5 --steps=2": "--sparsity: thins weights and cannot be combined with --steps",
    "run --list --seeds=1": "--seeds: has an effect only without --list",
    "run --recipe=quickstart_fashion_mnist --workdir=w --jobs=2": "--jobs: has an effect only with several recipes",
    "train --recipe=quickstart_fashion_mnist --workdir=w --peer_timeout=9": "--peer_timeout: has an effect only with",
    "watch --model=x.tflite --source=camera --certain=0.5": "--certain: has an effect only with --keep",
}


@pytest.mark.parametrize("call", CASES)
def test_an_ignored_flag_is_refused(call, tmp_path):
    verb, *given = call.split()
    command = [sys.executable, "-m", f"tfl_lite_suite.{verb}", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith(f"error: {CASES[call]}") and not list(tmp_path.iterdir())
