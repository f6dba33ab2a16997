"""Opens pages in a headless Chromium: no network request, no error, nothing wider than the screen; takes screenshots.

    python tools/check_report.py work/quickstart/report.html --screenshots=/tmp/pages

Speaks the browser's debugging protocol over a pipe, so that nothing but Debian's package `chromium` is needed.
"""

import argparse
import base64
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1280, 390)
MOST_BYTES = 3_000_000
# A screenshot that is higher fails.
_HIGHEST = 15_000
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
_OVERFLOW = """JSON.stringify({
  page: document.documentElement.scrollWidth, screen: document.documentElement.clientWidth,
  height: document.documentElement.scrollHeight,
  wide: [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, pre') &&
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3)
    .map(e => e.outerHTML.slice(0, 120))
})"""


def browser() -> str | None:
    """Returns the path of an installed browser."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Chromium:
    """A headless browser with one tab."""

    def __init__(self, path: str, profile: str) -> None:
        """Starts it.

        Args:
            path: The program.
            profile: An empty folder for its files.
        """
        from_browser, to_us = os.pipe()
        from_us, to_browser = os.pipe()

        def give_pipes() -> None:
            # The browser reads from descriptor 3 and writes to 4; through 10 and 11, lest one is in the way.
            os.dup2(from_us, 10)
            os.dup2(to_us, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        command = [path, *_FLAGS, f"--user-data-dir={profile}"]
        # Where the four pipes' ends lie is not known beforehand, so none is closed in the child before it is copied.
        self._process = subprocess.Popen(
            command, preexec_fn=give_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(from_us)
        os.close(to_us)
        self._output, self._input = os.fdopen(from_browser, "rb", buffering=0), os.fdopen(to_browser, "wb", buffering=0)
        self._buffer, self._ids, self._session = b"", itertools.count(1), ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Returns a method's result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._input.write(json.dumps(message).encode() + b"\0")
        while True:
            received = self._receive()
            if received.get("id") == number:
                if "error" in received:
                    raise RuntimeError(f"{method}: {received['error']['message']}")
                return dict(received["result"])
            self.events.append(received)

    def wait(self, method: str) -> None:
        """Waits for an event."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._receive())

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            content = self._output.read(1 << 16)
            if not content:
                raise RuntimeError("the browser has ended")
            self._buffer += content
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


def check(chromium: Chromium, page: pathlib.Path, width: int, screenshot: pathlib.Path | None, dark: bool) -> list[str]:
    """Opens a page at a width; returns what is wrong with it."""
    chromium.events.clear()
    chromium.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
    )
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    chromium.call("Emulation.setEmulatedMedia", features=scheme)
    chromium.call("Page.navigate", url=page.resolve().as_uri())
    chromium.wait("Page.loadEventFired")
    found = json.loads(chromium.call("Runtime.evaluate", expression=_OVERFLOW)["result"]["value"])
    problems = []
    if found["page"] > found["screen"] or found["wide"]:
        problems.append(f"wider than {width} px: {found['page']} px, {found['wide']}")
    for event in chromium.events:
        if event.get("method") == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if not url.startswith("data:") and url != page.resolve().as_uri():
                problems.append(f"asks for {url[:200]}")
        elif event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            problems.append(f"complains: {json.dumps(event['params'])[:300]}")
    if screenshot:
        height = min(found["height"], _HIGHEST)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        image = chromium.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        screenshot.write_bytes(base64.b64decode(image))
    return problems


def check_all(pages: list[pathlib.Path], screenshots: pathlib.Path | None = None, dark: bool = False) -> list[str]:
    """Checks pages at the width of a desktop and of a phone; returns what is wrong."""
    path = browser()
    if path is None:
        raise RuntimeError(f"no browser: apt-get install chromium. Looked for: {', '.join(BROWSERS)}")
    problems = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chromium = Chromium(path, profile)
        try:
            for page in pages:
                if page.stat().st_size > MOST_BYTES:
                    problems.append(f"{page}: {page.stat().st_size:,} bytes; at most {MOST_BYTES:,}")
                for width in WIDTHS:
                    file = screenshots / f"{page.stem}_{width}{'_dark' * dark}.png" if screenshots else None
                    problems += [f"{page}: {problem}" for problem in check(chromium, page, width, file, dark)]
        finally:
            chromium.close()
    return problems


def main() -> None:
    """Prints what is wrong, and exits with 1 where anything is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path, help="an existing folder for them")
    parser.add_argument("--dark", action="store_true")
    arguments = parser.parse_args()
    problems = check_all(arguments.pages, arguments.screenshots, arguments.dark)
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(arguments.pages)} pages: fine at {' and '.join(map(str, WIDTHS))} px, no network request")


if __name__ == "__main__":
    main()
