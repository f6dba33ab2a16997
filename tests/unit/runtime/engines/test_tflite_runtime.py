import sys

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.engines import tflite_runtime


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tflite-runtime's wheels stop at Python 3.11")
def test_names_its_package():
    assert tflite_runtime.ENGINE.available()
    assert tflite_runtime.ENGINE.version.startswith("2.14")


def test_has_no_profiler():
    with pytest.raises(SuiteError, match="not given by tflite_runtime. Use `engine=litert`"):
        tflite_runtime.ENGINE.open_profiled("x.tflite")
