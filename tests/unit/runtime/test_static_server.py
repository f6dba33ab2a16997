import urllib.error
import urllib.request

import pytest

from tfl_lite_suite.runtime.static_server import StaticServer


def test_a_folder_and_further_files_are_served_to_this_machine(tmp_path):
    (tmp_path / "index.html").write_text("<p>page")
    (tmp_path / "app.js").write_text("1")
    with StaticServer(tmp_path) as server:
        assert server.url.startswith("http://127.0.0.1:")
        server.files["pictures"] = b"\0\1"
        answers = {name: urllib.request.urlopen(server.url + name) for name in ("", "app.js", "pictures")}
        assert [answer.read() for answer in answers.values()] == [b"<p>page", b"1", b"\0\1"]
        assert answers["app.js"].headers["Content-Type"] == "text/javascript"
        assert answers["pictures"].headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert server.sent_bytes == len("<p>page") + len("1")
        server.files["app.js"] = None
        for missing in ("../secret", "app.js"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(server.url + missing)
    with pytest.raises(OSError):
        urllib.request.urlopen(server.url, timeout=1)


def test_a_plain_server_sends_no_headers_for_threads(tmp_path):
    with StaticServer(tmp_path, isolated=False) as server:
        server.files["x"] = b""
        assert "Cross-Origin-Opener-Policy" not in urllib.request.urlopen(server.url + "x").headers
