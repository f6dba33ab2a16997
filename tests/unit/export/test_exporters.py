import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import exporters
from tfl_lite_suite.runtime import engines


def test_each_format_is_its_engines():
    assert {"mnn", "ncnn", "onnx"} <= set(exporters.names())
    assert set(exporters.names()) - set(exporters.of_engines()) == {"micro", "web"}
    for name in exporters.of_engines():
        exporter = exporters.get(name)
        engine = engines.get(exporter.ENGINE)
        assert engine.format == name and engine.suffix == exporter.SUFFIXES[0]
        exporter.require()


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(SuiteError, match="--to: unknown format 'onx'. Did you mean 'onnx'\\?"):
        exporters.get("onx")
