import importlib
import sys

import pytest

from tfl_lite_suite.models import model_optimization


def test_an_absent_module_is_not_found_meanwhile(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with model_optimization.absent("this"):
        with pytest.raises(ImportError):
            importlib.import_module("this")
    assert "this" not in sys.modules


def test_a_loaded_module_stays():
    with model_optimization.absent("json"):
        assert importlib.import_module("json") is sys.modules["json"]
