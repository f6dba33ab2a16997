import numpy as np
import own_folders
import pytest
import quadrant_models

import tfl_lite_suite as tls
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import engines


def test_a_module_in_a_folder_is_an_engine(tmp_path, monkeypatch):
    own_folders.add(monkeypatch, tmp_path / "own", "runtime/engines/reversed.py", own_folders.REVERSED)
    assert "reversed" in engines.names() and "reversed" in engines.names_for("x.tflite")
    file = tmp_path / "quadrants.tflite"
    file.write_bytes(quadrant_models.quadrants())
    bright = np.zeros((4, 4, 1), np.uint8)
    bright[:2, :2] = 255
    images = tls.Images.from_arrays(bright[None].repeat(8, 0), [0] * 8, [f"quadrant {number}" for number in range(4)])
    answered = {
        name: tls.TfliteModel(file, engine=name).evaluate(images, "all").confusion[0] for name in ("litert", "reversed")
    }
    assert answered == {"litert": (8, 0, 0, 0), "reversed": (0, 0, 0, 8)}
    assert tls.TfliteModel(file, engine="reversed").benchmark(runs=5, min_seconds=0.01).engine == "reversed"


def test_every_engine_is_called_like_its_module():
    assert {"litert", "tflite_runtime"} <= set(engines.names())
    for name in engines.names():
        assert engines.get(name).name == name


def test_an_unknown_engine_names_the_nearest():
    with pytest.raises(SuiteError, match="unknown engine 'litertt'. Did you mean 'litert'\\? Known: "):
        engines.get("litertt")


def test_installed_are_those_available(monkeypatch):
    assert engines.default() == engines.installed()[0]
    monkeypatch.setattr(engines, "installed", lambda: [])
    with pytest.raises(SuiteError, match=r"tfl-lite-suite\[pi\]"):
        engines.default()


def test_engines_for_a_file_by_its_name():
    assert engines.names_for("x.tflite") == ["litert", "tflite_runtime"]
    assert engines.names_for("x.ncnn.param") == ["ncnn"] and engines.names_for("x.onnx") == ["onnxruntime"]


def test_what_32_bit_arm_can_install_is_said_at_once():
    assert engines.is_32_bit_arm("armv7l") and not engines.is_32_bit_arm("aarch64")
    words = engines.how_to_install("armv7l")
    assert "no wheels for 32-bit ARM (armv7l)" in words and "tfl-lite-suite[tflite-runtime]" in words
    assert engines.how_to_install("aarch64") == "Install one with: pip install 'tfl-lite-suite[pi]'"
