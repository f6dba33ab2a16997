import pytest
import quadrant_models

from tfl_lite_suite.export.micro import npu


@pytest.mark.skipif(not npu.available(), reason="needs ethos-u-vela")
def test_an_estimate_counts_the_operators(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    found = npu.estimate(path, npu.CONFIGURATIONS[0])
    assert found.npu_operators + found.cpu_operators >= 1 and found.cycles > 0


@pytest.mark.skipif(not npu.available(), reason="needs ethos-u-vela")
def test_what_vela_refuses_has_no_estimate(tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"no model")
    assert npu.estimate(tmp_path / "x.tflite", npu.CONFIGURATIONS[0]) is None
