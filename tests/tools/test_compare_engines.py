import json
import subprocess
import sys

import numpy as np
import pytest
import quadrant_models
from places import TOOLS

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.report.results_table import engine_table
from tfl_lite_suite.tflite import metadata_writer

TOOL = TOOLS / "compare_engines.py"
NAMES = ("north_west", "north_east", "south_west", "south_east")


@pytest.fixture
def folder(tmp_path):
    """Labelled pictures, and a float32 and an int8 file of `micro` that are always right."""
    pictures = np.random.default_rng(4).integers(0, 256, (24, 4, 4, 1), np.uint8)
    quadrant_models.write_answered(tmp_path / "pictures", pictures, NAMES)
    for name, dtype in (("float32", "float32"), ("int8_ptq", "int8")):
        path = tmp_path / "runs" / "micro" / "seed_0" / "convert" / name / f"{name}.tflite"
        path.parent.mkdir(parents=True)
        contract = Contract(4, 4, 1, 4, 4, labels=NAMES)
        path.write_bytes(metadata_writer.write(quadrant_models.quadrants(dtype=dtype), contract, name="quadrants"))
    return tmp_path


def compare(folder, *flags):
    command = [sys.executable, str(TOOL), str(folder / "runs"), f"--data={folder / 'pictures'}", "--images=20"]
    command += [f"--output={folder / 'engines.json'}", *flags]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stderr, json.loads((folder / "engines.json").read_text())


def test_every_file_on_every_engine_and_none_twice(folder):
    _, document = compare(folder)
    assert document["images"] == 20
    assert [(row["network"], row["file"]) for row in document["files"]] == [("micro", "float32"), ("micro", "int8_ptq")]
    for row in document["files"]:
        found = {entry["engine"]: entry for entry in row["engines"]}
        assert list(found) == ["litert", "tflite_runtime", "onnxruntime", "ncnn", "mnn"]
        if row["file"] == "int8_ptq":
            # Without the file's path, which is another on each machine.
            assert found.pop("mnn")["unsupported"].startswith("not supported by mnn: ")
        for entry in found.values():
            assert entry["agreement"]["with"] == "litert" and entry["latency_ms"] > 0
            assert entry["top1"] >= (1.0 if row["file"] == "float32" else 0.9)
        assert found["onnxruntime"]["agreement"]["max_abs_diff"] < 1.01
    assert "| micro | float32 | 100.0 % | 100.0 %, " in engine_table(document["files"])
    said, again = compare(folder)
    assert again == document
    assert "micro float32: already there" in said and "vgg16 float32: no file" in said
