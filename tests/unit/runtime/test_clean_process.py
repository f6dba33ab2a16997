import os
import signal
import sys

import pytest

from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.runtime import clean_process


def test_a_function_is_called_elsewhere():
    assert clean_process.call(os.getpid, doing="x") != os.getpid()
    assert clean_process.call(sum, [1, 2, 3], doing="x") == 6


def test_prints_do_not_mix_with_the_result(capfd):
    assert clean_process.call(print, "hello", doing="x") is None
    assert capfd.readouterr().err == "hello\n"


def test_an_error_is_told():
    with pytest.raises(SuiteError, match="unexpected TypeError: "):
        clean_process.call(unknown_name, doing="x")


def test_a_death_is_told():
    with pytest.raises(SuiteError, match=r"^x: the model killed the runtime: SIGSEGV \("):
        clean_process.call(signal.raise_signal, signal.SIGSEGV, doing="x")
    with pytest.raises(SuiteError, match="^x: the process ended by itself with status 3$"):
        clean_process.call(os._exit, 3, doing="x")


def test_the_suite_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert clean_process.call(sys.getrecursionlimit, doing="x") > 0
