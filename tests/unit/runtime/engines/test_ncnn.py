import os

import pytest
import quadrant_models

from tfl_lite_suite import export
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.engines import ncnn

OPEN = """
import json, sys
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.runtime.engines import ncnn
try:
    print(json.dumps(ncnn.ENGINE.open(sys.argv[1]).input.shape))
except Exception as error:
    print(json.dumps(describe(error)))
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants())
    return export.export(str(tmp_path / "x.tflite"), "ncnn", str(tmp_path))[0][0]


def test_names_its_package():
    assert ncnn.ENGINE.available() and ncnn.ENGINE.version.startswith("1.0.")


def test_weights_that_are_missing_or_cut(path):
    weights = path.removesuffix(".param") + ".bin"
    os.truncate(weights, 10)
    assert "refuses the file: a layer or its weights" in quadrant_models.answer(OPEN, path)
    os.unlink(weights)
    with pytest.raises(SuiteError, match=r"its file 'x\.ncnn\.bin' is missing"):
        ncnn.ENGINE.open(path)
