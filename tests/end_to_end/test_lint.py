import json
import subprocess
import sys

import pytest
import tflite_samples

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.tflite import metadata_writer


def lint(*flags):
    command = [sys.executable, "-m", "tfl_lite_suite.lint", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "x.tflite"
    contract = Contract(8, 8, 3, 8, 8, labels=("a", "b", "c", "d"))
    path.write_bytes(metadata_writer.write(tflite_samples.int8_classifier(), contract, name="x"))
    return path


def test_json_is_alone_on_stdout(model):
    shown = lint(f"--model={model}", "--json")
    document = json.loads(shown.stdout)
    assert shown.returncode == 0
    keys = {"ops", "fully_int8", "float_ops", "min_runtime", "contract", "labels", "problems"}
    assert keys <= set(document)


def test_text_names_operators_and_page_is_written(model, tmp_path):
    shown = lint(f"--model={model}", "--notrial", f"--html={tmp_path / 'x.html'}")
    assert "CONV_2D version 3" in shown.stdout and "all operators compute in 8 bits" in shown.stdout
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("content", [None, b"", b"\0" * 4096, b"not a model at all", "cut"])
def test_wrong_files_are_one_line_and_status_1(tmp_path, content):
    path = tmp_path / "x.tflite"
    if content is not None:
        path.write_bytes(tflite_samples.int8_classifier()[:700] if content == "cut" else content)
    shown = lint(f"--model={path}", "--json")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.startswith("error: ") and shown.stderr.count("\n") == 1


def test_a_missing_model_and_an_unknown_target_are_told(model):
    assert "--model" in lint().stderr
    shown = lint(f"--model={model}", "--target_runtime=tflite-2")
    assert shown.returncode == 1 and "--target_runtime" in shown.stderr


def test_names_cannot_steer_the_terminal(tmp_path):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a\x1b[31m\nerror: forged", (1, 4)), graph.tensor("b", (1, 4))
    graph.operator("RELU", [a], [b])
    path = tmp_path / "x.tflite"
    path.write_bytes(graph.bytes([a], [b]))
    shown = lint(f"--model={path}", "--notrial")
    assert "\x1b" not in shown.stdout and "\nerror: forged" not in shown.stdout
