import pathlib

import pytest

from tfl_lite_suite.core.cache_folder import cache_folder


@pytest.mark.parametrize(
    ("variable", "folder"), [("/elsewhere", "/elsewhere"), ("", "/home/someone/.cache/tfl_lite_suite")]
)
def test_a_variable_names_the_folder_unless_it_is_empty(monkeypatch, variable, folder):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", variable)
    assert cache_folder() == pathlib.Path(folder)
