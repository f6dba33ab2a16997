import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.ncnn import exporter


def test_the_description_and_the_weights(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants())
    outputs = (tmp_path / "x.ncnn.param", tmp_path / "x.ncnn.bin")
    assert exporter.convert(tmp_path / "x.tflite", outputs).startswith("tfl_lite_suite ")
    assert outputs[0].read_text().startswith("7767517\n")
    weights = quadrant_models.quadrant_weights() / 4
    assert weights.tobytes() in outputs[1].read_bytes()


def test_what_is_refused_leaves_no_file(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants(inputs=2))
    with pytest.raises(SuiteError, match="^not supported by ncnn: "):
        exporter.convert(tmp_path / "x.tflite", (tmp_path / "x.ncnn.param", tmp_path / "x.ncnn.bin"))
    assert [path.name for path in tmp_path.iterdir()] == ["x.tflite"]
