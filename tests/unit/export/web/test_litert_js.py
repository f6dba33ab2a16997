import pytest

from tfl_lite_suite.core import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.web import litert_js


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and a path without npm."""
    monkeypatch.setenv(cache_folder.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "cache"


def write_npm(folder, body):
    npm = folder.parent / "bin" / "npm"
    npm.write_text(f"#!/bin/sh\n{body}\n")
    npm.chmod(0o755)


def test_without_npm_the_message_names_package_and_place(cache):
    with pytest.raises(SuiteError) as caught:
        litert_js.files()
    place = cache / "npm" / "litertjs-core-2.5.3.tgz"
    assert str(caught.value).startswith("there is no npm to download @litertjs/core@2.5.3 with")
    assert str(caught.value).endswith(f"Put litertjs-core-2.5.3.tgz, the archive of @litertjs/core@2.5.3, at {place}")


def test_without_a_network_the_reason_is_npms(cache):
    write_npm(cache, "echo 'npm error network offline' >&2; exit 1")
    with pytest.raises(SuiteError, match="'npm pack @litertjs/core@2.5.3' failed: npm error network offline. Put"):
        litert_js.obtain(litert_js.CORE)


def test_another_archive_is_refused_and_not_kept(cache):
    write_npm(cache, 'for last; do :; done; echo other > "${last#--pack-destination=}/litertjs-core-2.5.3.tgz"')
    with pytest.raises(SuiteError, match=r"is not @litertjs/core@2.5.3. Expected SHA-256 a97660"):
        litert_js.obtain(litert_js.CORE)
    assert not list(cache.rglob("*.tgz"))


def test_an_archive_put_into_the_cache_is_checked(cache):
    path = cache / "npm" / litert_js.CORE.archive
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut short")
    with pytest.raises(SuiteError, match="Delete it"):
        litert_js.obtain(litert_js.CORE)
