"""A work folder that the code made before its modules had rooms; tests/golden has it as an archive."""

import json
import subprocess
import zipfile

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from places import GOLDEN

from tfl_lite_suite import report
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.verb_process import verb_command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("former")
    zipfile.ZipFile(GOLDEN / "former_work_folder.zip").extractall(folder)
    return folder


def test_its_report_has_every_model_with_the_recorded_figures(folder):
    found = report.write([folder])
    recorded = json.loads((folder / "results.json").read_text())
    assert len(found.models) >= len(recorded["evaluate"]) == 3
    page = (folder / "report.html").read_text()
    for row in recorded["evaluate"]:
        assert f"{100 * row['top1']:.2f} %" in page


def test_its_recipe_is_read(folder):
    assert recipe.load(folder / "recipe.yaml").model.name == "micro"


def scores(path, pixels):
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_its_fake_quantized_network_converts_to_the_same_answers(folder, tmp_path):
    model, output = folder / "quantize" / "model.keras", tmp_path / "x.tflite"
    command = verb_command("convert", f"--model={model}", "--hard_swish=operator", f"--output={output}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for seed in range(20):
        pixels = np.random.default_rng(seed).integers(-128, 128, (1, 16, 16, 1), np.int8)
        former = scores(folder / "convert" / "int8_qat" / "int8_qat.tflite", pixels)
        np.testing.assert_array_equal(scores(output, pixels), former)


def test_its_float_network_converts(folder, tmp_path):
    model, output = folder / "train" / "model.keras", tmp_path / "x.tflite"
    command = verb_command("convert", f"--model={model}", "--scheme=float32", f"--output={output}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == (folder / "convert" / "float32" / "float32.tflite").read_bytes()
