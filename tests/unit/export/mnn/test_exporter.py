import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.mnn import exporter


def test_a_float_file(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants())
    assert exporter.convert(tmp_path / "x.tflite", (tmp_path / "x.mnn",)).startswith("MNN 3.")
    assert (tmp_path / "x.mnn").stat().st_size > 4 * quadrant_models.quadrant_weights().size


def test_an_int8_file_is_refused(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants(dtype="int8"))
    with pytest.raises(SuiteError, match=r"^not supported by mnn: its converter 3\..* misreads 8-bit"):
        exporter.convert(tmp_path / "x.tflite", (tmp_path / "x.mnn",))
    assert not (tmp_path / "x.mnn").exists()
