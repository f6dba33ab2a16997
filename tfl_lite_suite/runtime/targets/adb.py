"""An Android device reached by `adb`: the suite's app measures, started by intent; its document comes back.

`adb shell` hands a line to the device's shell. Whatever stands in such a line here is a constant, a number, or a name
that this module made itself.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from types import TracebackType

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement, without_profile
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.runtime.targets import Target

ENGINE = "tflite_android"
PACKAGE = "org.tflitesuite.demo"
ACTIVITY = f"{PACKAGE}/.BenchmarkActivity"
RESULTS = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"
MODELS = "/data/local/tmp"
# What the app calls the kernels, by what `--kernels` and the documents call them.
DELEGATES = {"default": "xnnpack", "builtin": "cpu", "nnapi": "nnapi", "gpu": "gpu"}
_SERIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:()-]{0,127}")
_COMMAND_SECONDS = 120.0
_POLL_SECONDS = 1.0
_APP_START_SECONDS = 30.0
# How long a device may be away, as with a loose cable, and how long a measurement may take beyond what was asked for.
_AWAY_SECONDS, _LONGEST_SECONDS = 120.0, 3600.0
_AWAY = ("device offline", "no devices", "not found", "device unauthorized", "closed", "protocol fault")
_ADVICE = {
    "no devices": "no device. Plug one in with USB debugging switched on, and look at: adb devices",
    "unauthorized": "the device has not accepted this computer yet. Confirm the question on its screen",
    "more than one": "more than one device. Say which, as in `target=adb:SERIAL`; adb devices lists them",
}


class Adb(Target):
    """An Android device with the suite's app."""

    kernels = tuple(DELEGATES)

    def __init__(self, address: str, wheels: str | None = None) -> None:
        """See `Target`; the address is the device's serial number, or empty where there is one device only."""
        super().__init__(address, wheels)
        if wheels is not None:
            raise ArgumentError("wheels", "an Android device installs none; see docs/android.md")
        if address and not _SERIAL.fullmatch(address):
            raise ArgumentError(
                "target", f"expected adb or adb:SERIAL, as adb devices lists it. Received: 'adb:{address}'"
            )
        self._pushed: dict[str, str] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for remote in self._pushed.values():
            self._adb("shell", f"rm -f {remote}")

    def engines(self, names: list[str] | None) -> list[str]:
        """See `Target`: the app has one engine."""
        for name in names or []:
            if name != ENGINE:
                raise ArgumentError("engine", f"the Android app has {ENGINE} only. Received: '{name}'")
        return [ENGINE]

    def benchmark(self, job: Job, *, curve: bool = False) -> Measurement:
        """See `Target`."""
        if curve:
            raise ArgumentError("sustain", "the Android app records no curve. Use `min_seconds`")
        remote = self._push(job.model)
        name = f"tfl_lite_suite_{secrets.token_hex(8)}"
        extras = [f"--es model {remote}", f"--ei runs {job.runs}", f"--ef min_seconds {float(job.min_seconds)}"]
        extras += [
            f"--ei threads {job.threads}",
            f"--es delegate {DELEGATES[job.kernels]}",
            f"--ei seed {job.seed}",
            f"--es output {name}",
        ]
        # The app does not measure behind a dark screen.
        self._run("shell", "input keyevent KEYCODE_WAKEUP")
        started = self._run("shell", f"am start -W -n {ACTIVITY} {' '.join(extras)}")
        if "Error" in started:
            raise SuiteError(f"{self._name}: the app does not start: {_last(started)}")
        document = self._result(f"{RESULTS}/{name}.json", 3 * job.min_seconds + _LONGEST_SECONDS)
        if "error" in document:
            raise SuiteError(f"{self._name}: the app could not measure '{job.model}': {document['error']}")
        measured = Measurement.from_document({**document, "model": job.model}, self._name)
        return without_profile(measured, f"not given by {ENGINE}") if job.profile else measured

    def compare(self, first: Job, second: Job) -> Comparison:
        """See `Target`; the app cannot."""
        raise ArgumentError("compare", "the Android app measures one model at a time. Run benchmark twice")

    @property
    def _name(self) -> str:
        return f"adb:{self.address}" if self.address else "adb"

    def _push(self, model: str) -> str:
        """Copies a model to the device, once, under a name of its own; returns its place there."""
        if model not in self._pushed:
            if not os.path.isfile(model):
                raise ArgumentError("model", f"no such file '{model}'")
            if not self._run("shell", f"pm path {PACKAGE} || true").strip():
                raise SuiteError(
                    f"{self._name}: the app is not installed. Build and install it: bash tools/build_apk.sh; "
                    "adb install -r android_demo/tfl_lite_suite.apk"
                )
            remote = f"{MODELS}/tfl_lite_suite_{secrets.token_hex(8)}.tflite"
            self._pushed[model] = remote
            self._run("push", os.path.abspath(model), remote)
            self._run("shell", f"chmod 644 {remote}")
        return self._pushed[model]

    def _result(self, remote: str, seconds: float) -> Document:
        """Waits for a document of the app; takes it away from there."""
        begin = seen = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            local = pathlib.Path(folder) / "result.json"
            while True:
                done = self._adb("pull", remote, str(local))
                if done.returncode == 0:
                    break
                now = time.monotonic()
                running = self._adb("shell", f"pidof {PACKAGE} || true")
                if not _is_away(running):
                    seen = now
                    if not running.stdout.strip() and now - begin > _APP_START_SECONDS:
                        raise SuiteError(f"{self._name}: the app ended without a result. Look at: adb logcat -d")
                if now - seen > _AWAY_SECONDS or now - begin > seconds:
                    raise SuiteError(f"{self._name}: no result after {now - begin:.0f} s: {_last(done.stderr)}")
                time.sleep(_POLL_SECONDS)
            self._run("shell", f"rm -f {remote}")
            try:
                document = json.loads(local.read_text(encoding="utf-8"))
            except (ValueError, RecursionError):
                document = None
        if not isinstance(document, dict):
            raise SuiteError(f"{self._name}: the app's result is no JSON document")
        return document

    def _run(self, *arguments: str) -> str:
        """Runs `adb`; returns what it printed.

        Raises:
            SuiteError: If it failed.
        """
        done = self._adb(*arguments)
        if done.returncode:
            text = done.stderr or done.stdout
            advice = [advice for telling, advice in _ADVICE.items() if telling in text]
            raise SuiteError(f"{self._name}: {(advice or [_last(text)])[0]}")
        return done.stdout

    def _adb(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        program = shutil.which("adb")
        if program is None:
            raise ArgumentError("target", "there is no adb on the path. On Debian: apt install adb")
        serial = ["-s", self.address] if self.address else []
        command = [program, *serial, *arguments]
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, "", f"device offline: nothing for {_COMMAND_SECONDS:.0f} s")


TARGET = Adb


def _is_away(done: "subprocess.CompletedProcess[str]") -> bool:
    return done.returncode != 0 and any(telling in done.stderr for telling in _AWAY)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
