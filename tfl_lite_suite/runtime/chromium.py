"""A headless Chromium, driven by the Chrome DevTools protocol over two pipes: nothing to install beside the browser.

Source: https://chromedevtools.github.io/devtools-protocol/ and Chromium's `--remote-debugging-pipe`: messages of JSON,
each ended by a zero byte, read by the browser from file descriptor 3 and written to 4.
"""

import collections
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.core.closing import Closing
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import JsonObject

VARIABLE = "TFL_LITE_SUITE_CHROMIUM"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_FLAGS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync"),
    *("--disable-extensions", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars"),
    # A page in a headless window is in front, whatever the window system thinks.
    *("--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"),
)
# Puts the two pipes where the browser expects them, beyond what may stand there, and becomes the browser.
_WITH_PIPES = """
import fcntl, os, sys
high = [fcntl.fcntl(int(given), fcntl.F_DUPFD, 10) for given in sys.argv[1:3]]
for descriptor, place in zip(high, (3, 4)):
    os.dup2(descriptor, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
_START_SECONDS, _PIECE = 60.0, 1 << 16
_LONGEST = 300


def find() -> str | None:
    """Returns the browser's program: `$TFL_LITE_SUITE_CHROMIUM`, or the first on the path; `None` without one."""
    given = os.environ.get(VARIABLE)
    return shutil.which(given) if given else next(filter(None, map(shutil.which, _PROGRAMS)), None)


def require() -> str:
    """Returns the browser's program.

    Raises:
        SuiteError: If there is none.
    """
    program = find()
    if program is None:
        given = os.environ.get(VARIABLE)
        where = f"{VARIABLE} names '{given}', which is no program" if given else "no Chromium or Chrome is on the path"
        raise SuiteError(f"browser: {where}. Install one (Debian: apt install chromium), or set {VARIABLE} to its path")
    return program


class Chromium(Closing):
    """A browser with an empty profile of its own; a context that ends it.

    Attributes:
        version: Such as `Chrome/150.0.7871.100`.
    """

    def __init__(self, flags: Sequence[str] = ()) -> None:
        """Starts it.

        Args:
            flags: Further command-line flags.

        Raises:
            SuiteError: If there is no browser, or it does not start.
        """
        program = require()
        self._profile = tempfile.TemporaryDirectory(prefix="tfl_lite_suite_browser_", ignore_cleanup_errors=True)
        self._answers, self._events = dict[int, dict[str, Any]](), collections.deque[dict[str, Any]]()
        self._rest, self._number = b"", 0
        # As root, as in a container, Chromium runs without its sandbox or not at all; it opens the suite's page alone.
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [program, *_FLAGS, *sandbox, f"--user-data-dir={self._profile.name}", *flags, "about:blank"]
        (browser_reads, self._writes), (self._reads, browser_writes) = os.pipe(), os.pipe()
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WITH_PIPES, str(browser_reads), str(browser_writes), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            pass_fds=(browser_reads, browser_writes),
            start_new_session=True,
        )
        os.close(browser_reads)
        os.close(browser_writes)
        try:
            self.version: str = self.call("Browser.getVersion", seconds=_START_SECONDS)["product"]
        except SuiteError:
            self.close()
            raise

    def close(self) -> None:
        """Ends the browser and removes its profile."""
        for descriptor in (self._writes, self._reads):
            os.close(descriptor)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        self._profile.cleanup()

    def page(self) -> "Page":
        """Opens an empty tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        return Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def call(self, method: str, session: str | None = None, seconds: float = 60.0, **parameters: object) -> Any:
        """Calls a method of the protocol.

        Args:
            method: Such as `Page.navigate`.
            session: Of which tab; absent for the browser itself.
            seconds: How long to wait.
            **parameters: Of the method.

        Returns:
            The result.

        Raises:
            SuiteError: If the browser refuses, dies or does not answer in time.
        """
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        try:
            self._write(json.dumps(message).encode() + b"\0")
        except OSError:
            raise self._died() from None
        deadline = time.monotonic() + seconds
        while number not in self._answers:
            if not self._read(deadline - time.monotonic()):
                raise SuiteError(f"browser: no answer to {method} within {seconds:.0f} s")
        answer = self._answers.pop(number)
        if "error" in answer:
            raise SuiteError(f"browser: {method}: {answer['error'].get('message')}")
        return answer["result"]

    def events(self, session: str, seconds: float = 0.0) -> list[JsonObject]:
        """Returns a tab's events since the last call, waiting for more at most so long."""
        while self._read(seconds):
            seconds = 0.0
        found = [event for event in self._events if event.get("sessionId") == session]
        self._events = collections.deque(event for event in self._events if event.get("sessionId") != session)
        return found

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._writes, content) :]

    def _read(self, seconds: float) -> bool:
        """Reads what has come; returns whether anything has within the time."""
        ready, _, _ = select.select([self._reads], [], [], max(seconds, 0))
        if not ready:
            return False
        piece = os.read(self._reads, _PIECE)
        if not piece:
            raise self._died()
        *messages, self._rest = (self._rest + piece).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._events.append(message)
        return True

    def _died(self) -> SuiteError:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return SuiteError(f"browser: {require()} ended: {(lines or ['it printed nothing'])[-1][:_LONGEST]}")


class Page:
    """A tab."""

    def __init__(self, browser: Chromium, session: str) -> None:
        """Begins to listen to its network and its console."""
        self._browser, self._session = browser, session
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, seconds: float = 60.0, **parameters: object) -> Any:
        """See `Chromium.call`."""
        return self._browser.call(method, self._session, seconds, **parameters)

    def events(self, seconds: float = 0.0) -> list[JsonObject]:
        """See `Chromium.events`."""
        return self._browser.events(self._session, seconds)

    def open(self, url: str) -> None:
        """Goes to an address.

        Raises:
            SuiteError: If nothing answers there.
        """
        reason = self.call("Page.navigate", url=url).get("errorText")
        if reason:
            raise SuiteError(f"browser: {url}: {reason}")

    def evaluate(self, expression: str, seconds: float = 60.0) -> Any:
        """Evaluates an expression of JavaScript in the page and waits for its promise.

        Raises:
            SuiteError: If it throws; the message is that of its error.
        """
        answer = self.call(
            "Runtime.evaluate", seconds, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        thrown = answer.get("exceptionDetails")
        if thrown:
            error = thrown.get("exception", {})
            text = str(error.get("description") or error.get("value") or thrown.get("text"))
            raise SuiteError(f"browser: {text.splitlines()[0].removeprefix('Error: ')[:_LONGEST]}")
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 60.0) -> Any:
        """Evaluates an expression until it is true; reloads of the page in between do not matter.

        Raises:
            SuiteError: If it does not become true in time.
        """
        deadline, last = time.monotonic() + seconds, "it stays false"
        while time.monotonic() < deadline:
            try:
                if value := self.evaluate(expression, max(1.0, deadline - time.monotonic())):
                    return value
            except SuiteError as error:
                last = str(error)
                if "ended" in last:
                    raise
            time.sleep(0.05)
        raise SuiteError(f"browser: {expression[:100]}: not true within {seconds:.0f} s: {last}")
