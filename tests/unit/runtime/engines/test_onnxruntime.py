import json
import pathlib

import pytest
import quadrant_models

from tfl_lite_suite import export
from tfl_lite_suite.runtime import exported_file
from tfl_lite_suite.runtime.engines import onnxruntime

OPEN = """
import json, sys
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.runtime.engines import onnxruntime
try:
    session = onnxruntime.ENGINE.open(sys.argv[1])
    print(json.dumps([session.input.dtype, session.input.zero_point, str(session.get_output().dtype)]))
except Exception as error:
    print(json.dumps(describe(error)))
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants(dtype="int8"))
    return export.export(str(tmp_path / "x.tflite"), "onnx", str(tmp_path))[0][0]


def test_names_its_package():
    assert onnxruntime.ENGINE.available() and onnxruntime.ENGINE.version.startswith("1.")


def test_int8_stays_int8(path):
    assert quadrant_models.answer(OPEN, path) == ["int8", -128, "int8"]


def test_a_description_of_another_file(path):
    where = pathlib.Path(exported_file.beside(path))
    document = json.loads(where.read_text())
    document["input"]["shape"] = [1, 5, 5, 1]
    where.write_text(json.dumps(document))
    assert "refuses the file: " in quadrant_models.answer(OPEN, path)
