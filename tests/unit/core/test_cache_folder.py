import pathlib

import pytest

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError


@pytest.mark.parametrize("variable", ["/elsewhere", ""])
def test_a_variable_names_the_folder_unless_it_is_empty(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", variable)
    assert cache_folder() == (pathlib.Path(variable) if variable else tmp_path / ".cache" / "tfl_lite_suite")


def test_without_a_home_the_variable_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("TFL_LITE_SUITE_CACHE", raising=False)

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(pathlib.Path, "home", nowhere)
    with pytest.raises(SuiteError, match="set TFL_LITE_SUITE_CACHE to a folder"):
        cache_folder()
    monkeypatch.setattr(pathlib.Path, "home", lambda: tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SuiteError, match="set TFL_LITE_SUITE_CACHE to a folder that may be written"):
        cache_folder()
