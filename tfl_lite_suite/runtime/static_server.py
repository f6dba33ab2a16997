"""A folder served to the browser of this machine, and to no other."""

import functools
import http.server
import os
import pathlib
import threading
import urllib.parse
from typing import Any

from tfl_lite_suite.core.closing import Closing

# With these the page may use threads; the page's service worker adds them where a server does not.
_ISOLATION = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
_TYPES = {".js": "text/javascript", ".json": "application/json", ".gz": "application/octet-stream"}


class StaticServer(Closing):
    """Serves a folder on the loopback interface, on a free port; a context.

    Attributes:
        url: Its address, with a slash at the end.
        files: Further files by their names, which need not be on disk; `None` where one on disk is to be missing. May
            be changed at any time.
        sent_bytes: How much was sent, without headers.
    """

    def __init__(self, folder: pathlib.Path, isolated: bool = True) -> None:
        """Begins to serve.

        Args:
            folder: What to serve.
            isolated: Whether to send the headers with which a page may use threads.
        """
        self.files: dict[str, bytes | None] = {}
        self.sent_bytes = 0
        handler = functools.partial(_Handler, directory=str(folder), server_of=self, isolated=isolated)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, count: int) -> None:
        """Counts what is being sent."""
        self.sent_bytes += count

    def close(self) -> None:
        """Ends the server; the address answers no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **_TYPES}

    def __init__(self, *arguments: Any, server_of: StaticServer, isolated: bool, **more: Any) -> None:
        self._of, self._isolated = server_of, isolated
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        name = urllib.parse.urlsplit(self.path).path.lstrip("/")
        if name not in self._of.files:
            super().do_GET()
            return
        content = self._of.files[name]
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(name))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        self._of.note(os.fstat(source.fileno()).st_size)
        super().copyfile(source, outputfile)

    def end_headers(self) -> None:
        for name, value in _ISOLATION.items() if self._isolated else ():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""
