import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path_factory.mktemp("cache")))
