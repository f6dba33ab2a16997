import own_folders
import pytest
import quadrant_models

from tfl_lite_suite import export
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import exporters
from tfl_lite_suite.runtime import engines

COPY = '''
"""A copy of the file under another name."""

import shutil

ENGINE = "litert"
SUFFIXES = (".copy.tflite",)
KEEPS_TYPES = True


def require():
    pass


def convert(model, outputs):
    shutil.copyfile(model, outputs[0])
    return "a copy"
'''


def test_a_module_in_a_folder_is_a_format(tmp_path, monkeypatch):
    own_folders.add(monkeypatch, tmp_path / "own", "export/copy/exporter.py", COPY)
    assert "copy" in exporters.names()
    file = tmp_path / "quadrants.tflite"
    file.write_bytes(quadrant_models.quadrants())
    (row,) = export.export_formats(str(file), ["copy"], str(tmp_path / "out"), limit=4)
    assert (row.format, row.converter, row.top1_agreement, row.max_abs_diff) == ("copy", "a copy", 1, 0)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "quadrants.copy.tflite",
        "quadrants.copy.tflite.json",
    ]


def test_each_format_is_its_engines():
    assert {"mnn", "ncnn", "onnx"} <= set(exporters.names())
    assert set(exporters.names()) - set(exporters.of_engines()) == {"micro", "web"}
    for name in exporters.of_engines():
        exporter = exporters.get(name)
        engine = engines.get(exporter.ENGINE)
        assert engine.format == name and engine.suffix == exporter.SUFFIXES[0]
        exporter.require()


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(SuiteError, match="to: unknown format 'onx'. Did you mean 'onnx'\\?"):
        exporters.get("onx")
