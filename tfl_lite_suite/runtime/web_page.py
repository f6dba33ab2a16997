"""The page that `export --to=web` writes, opened in a headless browser and asked for scores and times."""

import base64
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.core.closing import Closing
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.runtime.chromium import Chromium, Page
from tfl_lite_suite.runtime.static_server import StaticServer

_PICTURES = "pictures"
_READY = """globalThis.tflLiteSuite && tflLiteSuite.ready.then(
    () => ({ failed: null }), (error) => ({ failed: error.detail || String(error) }))"""
_START_SECONDS, _LONGEST_SECONDS = 120.0, 3600.0


class ModelRefused(SuiteError):
    """The page works, and says that it cannot run its model."""


class WebPage(Closing):
    """The page in a browser of its own; a context.

    Attributes:
        browser: The browser.
        page: Its tab.
        server: What serves the page.
        folder: What it serves.
    """

    def __init__(
        self, folder: pathlib.Path, *, query: str = "", flags: Sequence[str] = (), isolated: bool = True
    ) -> None:
        """Opens the page and waits until its model has run once.

        Args:
            folder: What `export` wrote.
            query: What the address ends in, such as `?accelerator=webgpu`.
            flags: Further flags of the browser.
            isolated: Whether the server sends the headers with which a page may use threads.

        Raises:
            ModelRefused: If the page says that its model does not run.
            SuiteError: If there is no browser, or it does not start.
        """
        self.server, self.folder = StaticServer(folder, isolated), folder
        try:
            self.browser = Chromium(flags)
        except BaseException:
            self.server.close()
            raise
        try:
            self.page: Page = self.browser.page()
            self.page.open(self.server.url + query)
            failed = self.page.wait_for(_READY, _START_SECONDS)["failed"]
            if failed:
                raise ModelRefused(f"the page does not run the model: {failed}")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends browser and server."""
        self.browser.close()
        self.server.close()

    def scores(self, pictures: "Array") -> "Array":
        """Runs the model over prepared pictures.

        Args:
            pictures: uint8 `(n, height, width, channels)`.

        Returns:
            The real scores, float32 `(n, classes)`.
        """
        import numpy as np

        self.server.files[_PICTURES] = pictures.tobytes()
        expression = f"tflLiteSuite.scores({json.dumps(_PICTURES)}, {len(pictures)})"
        found = np.frombuffer(base64.b64decode(self.page.evaluate(expression, _LONGEST_SECONDS)), "<f4")
        return found.reshape(len(pictures), -1)

    def cpu_seconds(self) -> float:
        """Returns the CPU time of all processes of the browser."""
        return float(sum(process["cpuTime"] for process in self._processes()))

    def peak_rss_bytes(self) -> int | None:
        """Returns the largest resident size of the process that runs the page; `None` where Linux does not tell it."""
        try:
            sizes = [
                int(line.split()[1]) * 1024
                for process in self._processes()
                if process["type"] == "renderer"
                for line in pathlib.Path(f"/proc/{process['id']}/status").read_text().splitlines()
                if line.startswith("VmHWM:")
            ]
        except OSError:
            return None
        return max(sizes, default=None)

    def _processes(self) -> list[JsonObject]:
        found: list[JsonObject] = self.browser.call("SystemInfo.getProcessInfo")["processInfo"]
        return found

    def benchmark(self, **settings: Any) -> JsonObject:
        """Measures.

        Args:
            **settings: `runs`, `min_seconds`, `threads` and `seed`.

        Returns:
            The page's document, as `docs/benchmark_schema.md` describes it.
        """
        seconds = 3 * settings["min_seconds"] + _LONGEST_SECONDS
        document: JsonObject = self.page.evaluate(f"tflLiteSuite.benchmark({json.dumps(settings)})", seconds)
        return document
