import onnx
import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.onnx import exporter, graph


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_file_that_onnx_accepts(tmp_path, dtype):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants(dtype=dtype))
    converter = exporter.convert(tmp_path / "x.tflite", (tmp_path / "x.onnx",))
    assert converter.startswith("tfl_lite_suite ") and converter.endswith(f"opset {graph.OPSET}")
    onnx.checker.check_model(str(tmp_path / "x.onnx"), full_check=True)


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SuiteError, match=r"onnx is not installed, .*tfl-lite-suite\[engines\]"):
        exporter.require()
