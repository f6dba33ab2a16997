import hashlib
import http.server
import threading

import pytest

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.weights import download

CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A web server on this machine that has one file, and the paths that were asked for."""
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path / "cache"))
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path.startswith("/models/") else 404)
            self.end_headers()
            if self.path.startswith("/models/"):
                self.wfile.write(CONTENT)

        def log_message(self, *_):
            pass

    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}", asked
    found.shutdown()


def test_downloads_once_and_repairs_a_damaged_cache(server):
    address, asked = server
    file = download.WebFile(f"{address}/models/net-{DIGEST[:8]}.pth", DIGEST[:8])
    path = download.obtain(file)
    assert path.read_bytes() == CONTENT and path.parent.parent == cache_folder()
    assert download.obtain(file) == path and len(asked) == 1
    path.write_bytes(b"damaged")
    assert download.obtain(file).read_bytes() == CONTENT and len(asked) == 2


def test_another_file_is_refused_and_not_kept(server):
    address, _ = server
    with pytest.raises(SuiteError, match=f"begins with 00000000. Received: {DIGEST}"):
        download.obtain(download.WebFile(f"{address}/models/net.pth", "0" * 8))
    assert not list(cache_folder().rglob("*.pth"))


@pytest.mark.parametrize("path", ["/absent/net.pth", None])
def test_without_a_file_or_server_the_message_says_where_to_put_it(server, path):
    address, _ = server
    url = f"{address}{path}" if path else "http://127.0.0.1:9/net.pth"
    with pytest.raises(SuiteError, match="cannot be downloaded: .*put it at .*net.pth or give its path") as error:
        download.obtain(download.WebFile(url, "0" * 8))
    assert "\n" not in str(error.value)


def test_larger_files_than_weights_are_not_downloaded(server, monkeypatch):
    address, _ = server
    monkeypatch.setattr(download, "_MOST_BYTES", 100)
    with pytest.raises(SuiteError, match="larger"):
        download.obtain(download.WebFile(f"{address}/models/net.pth", DIGEST[:8]))
