"""A page with the last frame and the last decision, for a browser at this computer, or elsewhere with a password."""

import base64
import hmac
import http.server
import io
import ipaddress
import re
import threading
from typing import Any

import numpy as np
from PIL import Image

from tfl_lite_suite.core import image
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.page import document
from tfl_lite_suite.watch.login import Login
from tfl_lite_suite.watch.sources import Frame

_TIMEOUT_SECONDS = 10
_MOST_CONNECTIONS = 16
_WIDEST = 960
_QUALITY = 80


class Page:
    """A web server in threads of its own; it holds one frame and one decision.

    Attributes:
        url: Where it is.
    """

    def __init__(self, address: str, login: Login | None = None) -> None:
        """Starts to serve.

        Args:
            address: `HOST:PORT`; port 0 is any that is free.
            login: Who may see it; needed unless the host is this computer alone.

        Raises:
            SuiteError: If the address cannot be used, or others could reach it without a password.
        """
        host, port = parsed(address)
        self._loopback = _is_loopback(host)
        if not self._loopback and login is None:
            raise ArgumentError(
                "page_address",
                f"'{host}' can be reached by others, so a password is needed. Name a file with user "
                "and password with `page_login`, or use 127.0.0.1",
            )
        self._login = login
        self._lock = threading.Lock()
        self._shown: tuple[Frame, str] | None = None
        try:
            self._server = _Server(host, port, self)
        except OSError as error:
            raise ArgumentError("page_address", f"cannot listen on {address}: {error.strerror or error}") from error
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)
        self._thread.start()

    def show(self, frame: Frame, line: str) -> None:
        """Takes the last frame and its decision, a JSON document."""
        with self._lock:
            self._shown = (frame, line)

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def admits(self, host: str, authorization: str) -> bool:
        """Whether a request may see the page.

        Args:
            host: The host that it asks for; a stranger's page in a browser here can only ask by its own name.
            authorization: Its user and password, in the Basic scheme.
        """
        if self._login is None:
            return _is_loopback(re.sub(r":\d+$", "", host).strip("[]"))
        expected = base64.b64encode(f"{self._login.user}:{self._login.password}".encode())
        return hmac.compare_digest(authorization.encode("utf-8", "replace"), b"Basic " + expected)

    def content(self, path: str) -> tuple[str, bytes] | None:
        """Returns the type and bytes of what is at a path; `None` where there is nothing (yet)."""
        if path == "/":
            return "text/html; charset=utf-8", _HTML.encode()
        with self._lock:
            shown = self._shown
        if shown is None:
            return None
        if path == "/decision.json":
            return "application/json; charset=utf-8", shown[1].encode("utf-8", "backslashreplace")
        return ("image/jpeg", _jpeg(shown[0])) if path == "/frame.jpg" else None


def parsed(address: str) -> tuple[str, int]:
    """Returns host and port of `HOST:PORT`.

    Raises:
        SuiteError: If it is none.
    """
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\s/]+):(\d{1,5})", address)
    if not found or int(found[2]) > 65535:
        raise ArgumentError("page_address", f"expected HOST:PORT, such as 127.0.0.1:8765. Received: '{address}'")
    return found[1].strip("[]"), int(found[2])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _jpeg(frame: Frame) -> bytes:
    """Returns a frame as a JPEG of at most `_WIDEST` pixels; black where its file is gone."""
    try:
        pixels = image.decode(frame.path, 3) if frame.path is not None else np.asarray(frame.picture)
    except SuiteError:
        pixels = np.zeros((1, 1, 3), np.uint8)
    picture, buffer = Image.fromarray(pixels), io.BytesIO()
    picture.thumbnail((_WIDEST, _WIDEST))
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, page: Page) -> None:
        self.page = page
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        if ":" in host:
            import socket

            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _TIMEOUT_SECONDS
    server: _Server
    server_version, sys_version = "tfl_lite_suite", ""

    def do_GET(self) -> None:
        page = self.server.page
        if not page.admits(self.headers.get("Host", ""), self.headers.get("Authorization", "")):
            asks = {"WWW-Authenticate": 'Basic realm="tfl_lite_suite watch", charset="UTF-8"'}
            self._send(401, "text/plain", b"User and password are needed, or the name localhost.\n", asks)
            return
        found = page.content(self.path.partition("?")[0])
        if found is None:
            self._send(404, "text/plain", b"Nothing here, or no frame yet.\n")
        else:
            self._send(200, *found)

    def _send(self, status: int, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        safety = {
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        sizes = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in (sizes | safety | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: the page asks every second."""


_BODY = """<main>
<h2 id="answer" role="status" aria-live="polite">Waiting for a frame …</h2>
<p class="dim" id="about"></p>
<img id="frame" alt="The last frame" hidden>
<div id="bars"></div>
</main>
<script>
const at = id => document.getElementById(id), percent = p => (100 * p).toFixed(1) + " %";
let last = -1;
async function look() {
  try {
    const got = await fetch("decision.json");
    if (got.ok) show(await got.json());
  } catch { at("about").textContent = "Watching has ended."; }
  setTimeout(look, 1000);
}
function show(found) {
  if (found.frame === last) return;
  last = found.frame;
  const answer = found.labels.length ? found.labels.join(", ") : "none of these";
  if (at("answer").textContent !== answer) at("answer").textContent = answer;
  at("about").textContent = `${found.source}, frame ${found.frame}, ${new Date(found.time).toLocaleString()}, `
    + `${found.latency_ms.toFixed(1)} ms`;
  at("frame").src = "frame.jpg?" + found.frame;
  at("frame").hidden = false;
  at("bars").replaceChildren(...found.ranked.map(row => {
    const line = document.createElement("p"), bar = document.createElement("meter");
    bar.value = row.probability;
    line.append(bar, ` ${percent(row.probability)} ${row.label}`);
    return line;
  }));
}
look();
</script>"""
_HTML = document.page(
    "tfl_lite_suite watch",
    [_BODY],
    "main img { max-width: 100%; min-width: 16em; border-radius: 8px } meter { width: 12em; vertical-align: middle }",
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'",
)
