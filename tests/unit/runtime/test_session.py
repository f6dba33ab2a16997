import pytest

from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import engines


def test_a_missing_engine_names_the_extra(monkeypatch):
    engine = engines.get("tflite_runtime")
    monkeypatch.setattr(type(engine), "available", lambda self: False)
    monkeypatch.setattr(package_requirements, "extras_with", lambda package: ["pi", "host"])
    with pytest.raises(SuiteError, match=r"tflite_runtime is not installed.*pip install 'tfl-lite-suite\[pi\]'"):
        engine.require()


def test_an_engine_no_extra_has_says_so(monkeypatch):
    engine = engines.get("tflite_runtime")
    monkeypatch.setattr(type(engine), "available", lambda self: False)
    monkeypatch.setattr(package_requirements, "extras_with", lambda package: [])
    with pytest.raises(SuiteError, match="no extra of tfl-lite-suite has tflite-runtime for Python 3"):
        engine.require()
