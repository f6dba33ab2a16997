import pathlib

import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import exporting


@pytest.fixture
def model(monkeypatch, tmp_path):
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants())
    return path


def test_a_file_in_the_engine_s_own_format_is_used_as_it_is(model):
    assert exporting.file_for(str(model), "litert") == str(model)
    assert exporting.file_for("x.onnx", "onnxruntime") == "x.onnx"


def test_exports_once_for_each_content(model, capsys):
    path = exporting.file_for(str(model), "ncnn")
    assert "exporting model.tflite to ncnn" in capsys.readouterr().err
    assert pathlib.Path(path).name == "model.ncnn.param" and pathlib.Path(path).is_file()
    assert exporting.file_for(str(model), "ncnn") == path
    assert capsys.readouterr().err == ""
    model.write_bytes(quadrant_models.quadrants(copies=2))
    assert exporting.file_for(str(model), "ncnn") != path


@pytest.mark.parametrize(
    ("name", "engine", "message"),
    [
        ("x.onnx", "ncnn", r"engine: ncnn runs \.ncnn\.param and \.tflite files\. Received: 'x\.onnx'"),
        ("x.onnx", "litert", r"engine: litert runs \.tflite files\. Received: 'x\.onnx'"),
        ("none.tflite", "ncnn", "model: no such file 'none.tflite'"),
    ],
)
def test_what_an_engine_cannot_run(name, engine, message):
    with pytest.raises(SuiteError, match=message):
        exporting.file_for(name, engine)


def test_a_failure_is_told_in_export_s_words(model):
    model.write_bytes(quadrant_models.quadrants(dtype="int8"))
    with pytest.raises(SuiteError, match=r"model\.tflite': not supported by mnn: [^\n]*$"):
        exporting.file_for(str(model), "mnn")
