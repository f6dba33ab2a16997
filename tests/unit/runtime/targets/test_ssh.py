"""Whole commands against a real SSH server on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.tflite import metadata_writer


@pytest.fixture
def command(client, carried, model):
    """Starts `benchmark` on the server, which installs from carried wheels."""

    def begin(*flags, target=f"ssh:{client.address}", wheels=carried):
        fixed = [f"--target={target}", f"--wheels={wheels}", "--json"]
        command = [sys.executable, "-m", "tfl_lite_suite.benchmark", *fixed, *flags]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return begin


def document(child):
    """The document of a benchmark; on a busy machine it is there all the same."""
    out, err = child.communicate(timeout=180)
    assert child.returncode in (0, 3), err
    found = json.loads(out)
    documents = found if isinstance(found, list) else [found]
    assert (child.returncode == 0) == all(item["valid"] for item in documents)
    return found


def running_job(client):
    """Waits until a verb measures on the server; returns the number of its job's process, which leads its group."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for path in client.root.glob("jobs/*/inputs/*"):
            kept = path.parents[1] / "pid"
            if pid := kept.read_text() if kept.exists() else "":
                return int(pid)
        time.sleep(0.02)
    raise AssertionError("no job was started")


def test_the_device_is_set_up_once(client, command, model):
    found = document(command(f"--model={model}", "--runs=20"))
    assert found["target"] == f"ssh:{client.address}"
    assert found["model"] == str(model) and found["model_bytes"] == model.stat().st_size
    assert found["runs"] == len(found["raw_ns"]) >= 20
    kept = {path: path.stat().st_ino for name in ("files", "environments") for path in client.root.glob(f"{name}/*")}
    assert len(kept) >= 3
    again = command(f"--model={model}", "--threads=1,2", "--runs=5", "--min_seconds=0")
    assert [item["threads"] for item in document(again)] == [1, 2]
    assert kept == {
        path: path.stat().st_ino for name in ("files", "environments") for path in client.root.glob(f"{name}/*")
    }
    assert os.listdir(client.root / "jobs") == []


def test_an_engine_by_name_is_installed(command, model):
    assert document(command(f"--model={model}", "--runs=5", "--engine=litert"))["engine"] == "litert"


def write_classifier(model, folder, names):
    """Writes a model with its contract, and pictures that it answers rightly."""
    pictures = np.random.default_rng(4).integers(0, 256, (40, 4, 4, 1), np.uint8)
    quadrant_models.write_answered(folder, pictures, names)
    contract = Contract(4, 4, 1, 4, 4, labels=names)
    model.write_bytes(metadata_writer.write(quadrant_models.quadrants(), contract, name="quadrants"))


def test_engines_with_formats_of_their_own(client, carried_engines, tmp_path):
    """Exported here, copied there: benchmark with a profile, comparison and evaluation."""
    model = tmp_path / "my. $(model).tflite"
    write_classifier(model, tmp_path / "pictures", ("a", "b", "c", "d"))
    fixed = ["--json", f"--target=ssh:{client.address}", f"--wheels={carried_engines}"]
    done = quadrant_models.verb("benchmark", *fixed, f"--model={model}", "--engine=onnxruntime,ncnn,mnn", "--profile")
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(done.stdout)
    assert [row["engine"] for row in found] == ["onnxruntime", "ncnn", "mnn"]
    for row, suffix in zip(found, (".onnx", ".ncnn.param", ".mnn"), strict=True):
        assert row["target"] == f"ssh:{client.address}" and row["model"].endswith("my. $(model)" + suffix)
    assert [op["type"] for op in found[1]["profile"]["operators"]][-1] == "InnerProduct"
    exported = found[1]["model"]
    done = quadrant_models.verb("benchmark", *fixed, f"--compare={exported},{exported}")
    assert done.returncode in (0, 3), done.stderr
    assert [entry["model"] for entry in json.loads(done.stdout)["models"]] == [exported, exported]
    done = quadrant_models.verb("evaluate", *fixed, f"--model={model}", "--engine=ncnn", f"--data={tmp_path}/pictures")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["top1"] == 1.0


def test_exported_files_without_their_description_or_with_foreign_names(command, tmp_path):
    def message(path):
        out, err = command(f"--model={path}").communicate(timeout=120)
        assert out == "" and err.count("\n") == 1
        return err

    path = tmp_path / "x.onnx"
    path.write_bytes(b"no model")
    assert "no 'x.onnx.json' beside it" in message(path)
    tensor = {"name": "a", "shape": [1], "dtype": "int8", "scale": 1.0, "zero_point": 0}
    document = {"version": 2, "files": ["x.onnx", "other"], "input": tensor, "output": tensor, "contract": None}
    document["normalization"] = {"mean": [0.0], "std": [1.0], "source": "contract", "problem": ""}
    (tmp_path / "x.onnx.json").write_text(json.dumps(document | {"labels": [], "source": {}}))
    assert "its file 'other' is missing" in message(path)
    (tmp_path / "other").touch()
    assert "are not named as export names them" in message(path)


def test_a_hostile_file_name_is_a_name(command, tmp_path, model):
    hostile = tmp_path / "-x;touch owned $(touch owned) `touch owned` 'a' \"b\" & .t;f"
    hostile.write_bytes(model.read_bytes())
    assert document(command(f"--model={hostile}", "--runs=5"))["model"] == str(hostile)
    assert not list(tmp_path.rglob("owned"))


def test_the_time_of_each_operator(command, tmp_path):
    path = tmp_path / "wide.tflite"
    path.write_bytes(quadrant_models.quadrants(side=256))
    found = document(command(f"--model={path}", "--profile", "--engine=litert"))
    assert "mean0" in [op["name"] for op in found["profile"]["operators"]]


def test_comparison(command, model, tmp_path):
    other = tmp_path / "other.tflite"
    other.write_bytes(quadrant_models.quadrants(dtype="int8", copies=30))
    found = document(command(f"--compare={model},{other}", "--kernels=builtin"))
    assert [item["model"] for item in found["models"]] == [str(model), str(other)]
    assert found["ratio"] > 1 and found["target"].startswith("ssh:")


def test_a_curve(command, model):
    assert len(document(command(f"--model={model}", "--sustain=1s"))["curve"]) > 10


def test_the_job_goes_on_while_the_connection_is_broken(client, command, model):
    child = command(f"--model={model}", "--min_seconds=1")
    pid = running_job(client)
    # So that it lasts until the connection is there again, however busy the machine is.
    os.killpg(pid, signal.SIGSTOP)
    client.stop()
    time.sleep(1)
    os.kill(pid, 0)
    client.start()
    assert running_job(client) == pid
    os.killpg(pid, signal.SIGCONT)
    out, err = child.communicate(timeout=180)
    assert child.returncode in (0, 3) and json.loads(out)["runs"] >= 50, err
    assert "starting it again" not in err
    assert os.listdir(client.root / "jobs") == []


def test_a_job_that_the_device_lost_is_done_again(client, command, model):
    child = command(f"--model={model}", "--min_seconds=2")
    os.killpg(running_job(client), signal.SIGKILL)
    out, err = child.communicate(timeout=120)
    assert child.returncode in (0, 3) and json.loads(out)["runs"] >= 50
    assert "starting it again" in err


def test_ctrl_c_ends_the_job_on_the_device(client, command, model):
    child = command(f"--model={model}", "--min_seconds=60")
    running_job(client)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130 and out == "" and "interrupted" in err
    assert os.listdir(client.root / "jobs") == []


@pytest.mark.parametrize(
    ("flags", "fixed", "message"),
    [
        (["--model=missing.tflite"], {}, "--model: no such file 'missing.tflite'"),
        (["--model={folder}/cut.tflite"], {}, r"127.0.0.1:\d+: {folder}/cut.tflite"),
        (["--model={model}", "--engine=tflite"], {}, "unknown engine 'tflite'. Did you mean"),
        (["--model={model}"], {"wheels": "missing"}, "--wheels: no such folder 'missing'"),
        (["--model={model}"], {"target": "ssh:-oProxyCommand=touch"}, "--target: expected ssh:USER@HOST"),
        (["--model={model}"], {"target": "ssh"}, "--target: expected ssh:USER@HOST"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(command, model, flags, fixed, message):
    (model.parent / "cut.tflite").write_bytes(model.read_bytes()[:400])
    child = command(*(flag.format(model=model, folder=model.parent) for flag in flags), **fixed)
    out, err = child.communicate(timeout=120)
    assert (child.returncode, out) == (1, "")
    lines = [line for line in err.splitlines() if "installing the suite (once)" not in line]
    assert len(lines) == 1 and lines[0].startswith("error: ")
    assert re.search(message.format(folder=model.parent), lines[0]), lines[0]


def test_evaluation_is_the_same_there(client, carried, tmp_path):
    model = tmp_path / "model.tflite"
    write_classifier(model, tmp_path / "pictures of 'mine'", ("north_west", "north_east", "south_west", "south_east"))
    found = {}
    for place, flags in (("here", []), ("there", [f"--target=ssh:{client.address}", f"--wheels={carried}"])):
        flags += [
            f"--predictions={tmp_path / place}.json",
            f"--logits={tmp_path / place}.npy",
            "--engine=tflite_runtime",
        ]
        flags += [f"--model={model}", f"--data={tmp_path / 'pictures of '}'mine'"]
        done = quadrant_models.verb("evaluate", "--json", *flags)
        assert done.returncode == 0, done.stderr
        found[place] = json.loads(done.stdout)
    for key in ("model", "n", "top1", "input_sha256", "confusion"):
        assert found["here"][key] == found["there"][key]
    assert found["here"]["top1"] == 1.0 and found["there"]["target"] == f"ssh:{client.address}"
    assert (tmp_path / "here.json").read_bytes() == (tmp_path / "there.json").read_bytes()
    assert np.array_equal(np.load(tmp_path / "here.npy"), np.load(tmp_path / "there.npy"))
