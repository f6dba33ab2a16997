import json
import shutil
import subprocess

import numpy as np
import pytest
import quadrant_models
import tflite_samples

from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.export.micro import exporter
from tfl_lite_suite.runtime import engines

pytest.importorskip("tflite_micro")


def test_the_model_is_an_aligned_array_of_its_bytes():
    text = exporter.model_source(bytes(range(45)))
    assert "alignas(16)" in text and text.count("0x") == 45 and "kModelBytes = 45;" in text


def export(model, folder, *flags):
    command = verb_command("export", f"--model={model}", "--to=micro", f"--output_dir={folder}", "--json", *flags)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_writes_sources_that_compile_and_answer_alike(tmp_path):
    model = tmp_path / "model.tflite"
    model.write_bytes(quadrant_models.quadrants(dtype="int8"))
    done = export(model, tmp_path / "out", "--limit=10", "--frame=20x30x3")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["engine"], row["top1_agreement"], row["max_abs_diff"]) == ("tflm", 1.0, 0.0)
    folder = tmp_path / "out" / "micro"
    facts = json.loads((folder / "micro.json").read_text())
    assert facts["arena_bytes"] == row["arena_bytes"] > 0 and facts["frame"] == [20, 30, 3]
    assert facts["equal_outputs"] == 1.0 and "litert" in facts["reference"]
    if engines.get("tflite_runtime").available():
        assert facts["rounding_alike"]["equal_outputs"] == 1.0
    if shutil.which("g++"):
        sources = ["model.cc", "preparation.cc", "decision.cc", "classify.cc"]
        command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-c", *sources]
        subprocess.run(command, cwd=folder, check=True)


@pytest.mark.skipif(shutil.which("arm-none-eabi-g++") is None, reason="needs Debian's gcc-arm-none-eabi")
@pytest.mark.parametrize("processor", ["cortex-m4", "cortex-m7"])
def test_preparation_and_decision_compile_for_microcontrollers(tmp_path, processor):
    model = tmp_path / "model.tflite"
    model.write_bytes(quadrant_models.quadrants(dtype="int8"))
    assert export(model, tmp_path / "out", "--limit=1").returncode == 0
    flags = ["-std=c++17", "-Os", "-mthumb", f"-mcpu={processor}", "-fno-exceptions", "-fno-rtti", "-Wall", "-Werror"]
    sources = ["preparation.cc", "decision.cc", "classify.cc", "model.cc"]
    subprocess.run(["arm-none-eabi-g++", *flags, "-c", *sources], cwd=tmp_path / "out" / "micro", check=True)


def test_what_cannot_be_written_is_one_line(tmp_path):
    model = tmp_path / "model.tflite"
    model.write_bytes(quadrant_models.quadrants(dtype="float32"))
    done = export(model, tmp_path / "out")
    assert done.returncode == 1 and "an input of type float32. Convert with --io_type=int8" in done.stderr
    done = export(model, tmp_path / "out", "--frame=big")
    assert done.returncode == 1 and done.stderr.startswith("error: --frame: expected height, width")


def test_one_score_is_refused_by_name(tmp_path):
    graph = tflite_samples.Graph()
    image, score = graph.tensor("image", (1, 4, 4, 1), np.int8, [1], [-128]), graph.tensor("score", (1, 1), np.int8)
    graph.operator("RESHAPE", [image], [score])
    model = tmp_path / "model.tflite"
    model.write_bytes(graph.bytes([image], [score]))
    done = export(model, tmp_path / "out", "--limit=0")
    assert done.returncode == 1 and "not supported by tflm: one score for two classes" in done.stderr
