import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.engines import litert


def test_names_its_package():
    assert litert.ENGINE.available()
    assert litert.ENGINE.version.count(".") == 2


def test_no_profile_from_a_library_with_another_interface(monkeypatch):
    monkeypatch.setattr(litert.LitertEngine, "require", lambda self: None)
    monkeypatch.setattr(litert.LitertEngine, "version", "2.1.6")
    with pytest.raises(SuiteError, match="not given by litert 2.1.6: it has no profiler before version 2.2"):
        litert.ENGINE.open_profiled("x.tflite")


def test_no_profile_of_kernels_that_the_profiler_does_not_run(monkeypatch):
    monkeypatch.setattr(litert.LitertEngine, "require", lambda self: None)
    with pytest.raises(SuiteError, match="not given by litert for the reference kernels. Use `kernels=builtin`"):
        litert.ENGINE.open_profiled("x.tflite", kernels="reference")
