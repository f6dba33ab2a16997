"""The app's readers in Java, for `fuzz.py`: compiled once, and run in one process that is given file after file."""

import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile

from tfl_lite_suite.core.errors import SuiteError

_SOURCES = pathlib.Path(__file__).resolve().parents[1] / "android_demo/app/src"
_CORE = "java/org/tflitesuite/demo/core"
_HARNESS = "FuzzedReader"
# Memory of the process beside the file: what a phone gives an app.
_MEGABYTES = 256

_processes: dict[str, "subprocess.Popen[bytes]"] = {}


class FoundByJavaError(Exception):
    """What came of a file in Java, where it was neither read nor refused."""


def installed() -> bool:
    """Tells whether a Java compiler is here."""
    return shutil.which("javac") is not None


@functools.cache
def classes() -> str:
    """Compiles the readers; returns the folder of the classes."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sources = [*sorted((_SOURCES / "main" / _CORE).glob("*.java")), _SOURCES / "test" / _CORE / f"{_HARNESS}.java"]
    subprocess.run(["javac", "--release", "8", "-Xlint:-options", "-d", folder, *sources], check=True)
    return folder


def read(name: str, path: pathlib.Path) -> None:
    """Reads a file with one reader.

    Raises:
        SuiteError: If the reader refuses it.
        FoundByJavaError: If anything else comes of it.
    """
    if name not in _processes:
        command = ["java", f"-Xmx{_MEGABYTES}m", "-Xss1m", "-XX:+UseSerialGC", "-cp", classes()]
        _processes[name] = subprocess.Popen(
            [*command, f"org.tflitesuite.demo.core.{_HARNESS}", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    process, content = _processes[name], path.read_bytes()
    assert process.stdin and process.stdout
    process.stdin.write(len(content).to_bytes(4, "big") + content)
    process.stdin.flush()
    answer = process.stdout.readline().decode().strip()
    if answer == "refused":
        raise SuiteError(answer)
    if answer != "read":
        raise FoundByJavaError(answer or "the end of Java's process")
