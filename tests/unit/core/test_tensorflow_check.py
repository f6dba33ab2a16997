import importlib.util
import sys

import pytest

from tfl_lite_suite.core import tensorflow_check
from tfl_lite_suite.core.errors import SuiteError


def test_what_is_missing_is_named_before_anything_is_loaded(monkeypatch):
    loaded = "tensorflow" in sys.modules
    tensorflow_check.require_tensorflow()
    assert ("tensorflow" in sys.modules) == loaded
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tf_keras" else name)
    with pytest.raises(SuiteError, match=r"needs TensorFlow .*: No module named 'tf_keras'\. .*\[host\]"):
        tensorflow_check.require_tensorflow()
