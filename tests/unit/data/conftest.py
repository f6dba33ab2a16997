import pytest


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path_factory.mktemp("cache")))
