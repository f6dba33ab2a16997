import json
import subprocess
import sys

import pytest


def _summary(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tfl_lite_suite.summary", *arguments], capture_output=True, text=True, check=False
    )


def test_json_record():
    done = _summary("--model=mobilenet_v1", "--resolution=96", "--classes=10", "--alpha=0.25", "--channels=1", "--json")
    (record,) = json.loads(done.stdout)
    assert record["model"] == "mobilenet_v1"
    assert record["input_shape"] == [96, 96, 1]
    # 0.25 at 1000 classes has 475,544 parameters (keras.applications); 990 classes and two input channels less.
    assert record["params"] == 475_544 - 990 * 257 - 2 * 9 * 8
    assert record["float_bytes"] == 4 * record["params"]
    assert 0 < record["macs"] < 41_000_000


def test_table_for_people():
    done = _summary("--model=squeezenet_1_1")
    assert "squeezenet_1_1" in done.stdout and "1.24 M" in done.stdout


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--model=mobilenet", "--model: unknown network 'mobilenet'. Did you mean 'mobilenet_v"),
        ("--resolution=16", "at least 32x32"),
        ("--alpha=-1", "model.alpha"),
        ("--classes=0", "classes"),
        ("--channels=2", "channels"),
    ],
)
def test_mistakes_are_one_line(argument, message):
    done = _summary(argument)
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr and done.stderr.count("\n") == 1
