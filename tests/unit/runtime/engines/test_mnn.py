import json
import pathlib

import quadrant_models

from tfl_lite_suite import export
from tfl_lite_suite.runtime import exported_file
from tfl_lite_suite.runtime.engines import mnn

OPEN = """
import json, os, sys
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.runtime.engines import mnn
result = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
try:
    mnn.ENGINE.open(sys.argv[1])
except Exception as error:
    print(json.dumps(describe(error)), file=result)
"""


def test_names_its_package():
    assert mnn.ENGINE.available() and mnn.ENGINE.version.startswith("3.")


def test_a_description_of_another_file(tmp_path):
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants())
    path = export.export(str(tmp_path / "x.tflite"), "mnn", str(tmp_path))[0][0]
    where = pathlib.Path(exported_file.beside(path))
    document = json.loads(where.read_text())
    document["input"]["shape"] = [1, 5, 5, 1]
    where.write_text(json.dumps(document))
    message = quadrant_models.answer(OPEN, path)
    assert "mnn " in message and "expected [1, 5, 5, 1]" in message
