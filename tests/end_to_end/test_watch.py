"""The verb watch: a folder and a video to their end, a folder until it is stopped, a broker, mistakes."""

import http.client
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys

import mosquitto
import numpy as np
import pytest
import watching
from PIL import Image
from verb_process import check_mistake, run_without_tensorflow

WATCH = [sys.executable, "-m", "tfl_lite_suite.watch"]


@pytest.fixture
def folder(tmp_path):
    watching.write_model(tmp_path / "x.tflite", watching.REJECTING)
    (tmp_path / "in").mkdir()
    for number in range(3):
        Image.fromarray(watching.bright(number)).save(tmp_path / "in" / f"{number}.png")
    return tmp_path


def flags(folder, **given):
    wanted = {"model": folder / "x.tflite", "source": folder / "in", **given}
    return [f"--{name}={value}" for name, value in wanted.items()]


def watch(folder, **given):
    return subprocess.run([*WATCH, *flags(folder, **given)], capture_output=True, text=True, timeout=60, cwd=folder)


def test_a_folder_to_its_end(folder):
    done = watch(folder, once="true", json="true")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["label"] for row in found] == list(watching.NAMES[:3])
    summary = json.loads(done.stderr)
    assert summary["frames"] == 3 and summary["stopped_by"] == "end of source" and summary["mqtt"] is None
    done = watch(folder, once="true")
    assert "3 frames decided" in done.stderr and len(done.stdout.splitlines()) == 3


def test_pictures_that_arrive_are_decided_until_it_is_stopped(folder):
    process = subprocess.Popen(
        [*WATCH, *flags(folder, page="true", page_address="127.0.0.1:0")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = [json.loads(process.stdout.readline()) for _ in range(3)]
    Image.fromarray(watching.bright(3)).save(folder / "new.png")
    (folder / "new.png").rename(folder / "in" / "new.png")
    last = json.loads(process.stdout.readline())
    address = re.search(r"http://([\d.:]+)/", process.stderr.readline())[1]
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", "/decision.json")
    assert json.loads(connection.getresponse().read())["frame"] == 4
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "") and "stopped by signal" in errors
    assert last["label"] == "south-east" and last["picture"].endswith("new.png") and len(first) == 3


def test_frames_worth_labelling_go_back_into_data(folder):
    for number in range(2):
        pixels = watching.bright(number)
        # Two quadrants of nearly the same brightness.
        Image.fromarray(np.maximum(pixels, watching.bright(number + 2))).save(folder / "in" / f"two{number}.png")
    Image.fromarray(watching.bright(-1)).save(folder / "in" / "none.png")
    watching.write_model(folder / "x.tflite", watching.Decision(reject=watching.Reject("max_probability", 0.4)))
    done = watch(folder, once="true", keep="uncertain,unknown", json="true")
    summary = json.loads(done.stderr)
    assert summary["kept"] == 3, done.stdout
    assert len(list((folder / "kept" / "unknown").iterdir())) == 1
    health = subprocess.run(
        [sys.executable, "-m", "tfl_lite_suite.data", f"--data={folder / 'kept' / 'uncertain'}", "--json"],
        capture_output=True,
        text=True,
    )
    assert health.returncode == 0, health.stderr
    assert sum(row["count"] for row in json.loads(health.stdout)["classes"]) == 2


def test_a_broker_gets_every_decision(folder):
    found = mosquitto.program()
    if isinstance(found, str):
        pytest.skip(found)
    broker = mosquitto.Broker(folder).start()
    listener = mosquitto.Listener(broker.port)
    done = watch(folder, once="true", json="true", mqtt=f"mqtt://127.0.0.1:{broker.port}/yard")
    assert json.loads(done.stderr.splitlines()[-1])["mqtt"]["delivered"] == 3
    assert mosquitto.wait_for(lambda: len(listener.of("yard/decision")) == 3)
    assert listener.of("yard/decision") == done.stdout.splitlines()
    listener.close()
    broker.kill()


def test_a_full_disk_and_a_closed_pipe_end_nothing_badly(folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*WATCH, *flags(folder, once="true")], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and "3 decisions could not be written" in done.stderr
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*WATCH, *flags(folder)], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert done.returncode == 0 and "stopped by stdout closed" in done.stderr


def test_a_unit_for_systemd_holds_the_command(folder):
    done = watch(folder, systemd="true", mqtt="mqtt://broker")
    assert done.returncode == 0 and "--mqtt=mqtt://broker" in done.stdout and "--systemd" not in done.stdout


MISTAKES = {
    "source": ["--source=nowhere"],
    "inside": ["--source=IN", "--keep=unknown", "--keep_dir=IN/kept"],
    "page": ["--source=IN", "--page", "--page_address=0.0.0.0:0"],
    "camera": ["--source=camera:97"],
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_line(folder, tmp_path_factory, mistake):
    if mistake == "camera":
        if importlib.util.find_spec("cv2") is None:
            pytest.skip("opencv-python-headless is not installed")
    given = [argument.replace("IN", str(folder / "in")) for argument in MISTAKES[mistake]]
    check_mistake("watch", [f"--model={folder / 'x.tflite'}", *given], tmp_path_factory.mktemp("empty"))


def test_it_runs_without_tensorflow(folder):
    assert run_without_tensorflow("watch", *flags(folder, once="true")) == 0
