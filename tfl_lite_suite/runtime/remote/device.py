"""A device that runs the suite's verbs: the suite installed once, files copied by checksum, results fetched."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.runtime.remote import package
from tfl_lite_suite.runtime.remote.ssh import Connection

_WAIT_SECONDS = 20.0
# A job that is gone without a trace, as after a power cut, is started again.
_MOST_STARTS = 3
_WHEEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\.whl")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a verb ended on the device.

    Attributes:
        status: Its exit status.
        document: What it printed on stdout, parsed; `None` if that was no JSON.
        note: The last line it printed on stderr.
        files: Files it wrote, by name, as asked for.
    """

    status: int
    document: Any
    note: str
    files: dict[str, bytes]


class Device:
    """The suite on another machine.

    Attributes:
        connection: To its agent.
    """

    def __init__(self, connection: Connection, wheels: str | None = None, packages: Iterable[str] = ()) -> None:
        """Installs the suite there, unless it is there already.

        Args:
            connection: To the device.
            wheels: A folder of wheels for a device without internet; else pip fetches what is needed there.
            packages: Packages of engines, beyond those of the extra `pi`.

        Raises:
            SuiteError: If it cannot be installed.
        """
        self.connection = connection
        about = connection.request("hello")
        major, minor = map(int, about["python"])
        self._package = self.send(package.wheel())
        self._environment = self._install(about, package.required((major, minor), packages), wheels)

    def send(self, content: bytes) -> str:
        """Copies bytes to the device, unless they are there already; returns their checksum."""
        digest = package.digest(content)
        if self.connection.request("missing", digests=[digest])["digests"]:
            self.connection.request("put", content=content, digest=digest)
        return digest

    def run(
        self,
        verb: str,
        flags: Iterable[str],
        *,
        inputs: Mapping[str, bytes] | None = None,
        archives: Mapping[str, bytes] | None = None,
        wanted: Iterable[str] = (),
    ) -> Outcome:
        """Runs a verb there; it goes on while the connection is broken.

        Args:
            verb: Name of the verb.
            flags: Its flags; files are named relative to a folder that holds `inputs` alone.
            inputs: Contents of the files that it finds in the folder `inputs`, by name.
            archives: ZIP files that become folders in `inputs`, by name.
            wanted: Names of files that it writes.

        Returns:
            What came of it.

        Raises:
            SuiteError: If it could not be run, or ended otherwise than a verb does.
        """
        task = {
            "kind": "run",
            "environment": self._environment,
            "package": self._package,
            "verb": verb,
            "flags": ["--json", *flags],
            "inputs": {name: self.send(content) for name, content in (inputs or {}).items()},
            "archives": {name: self.send(content) for name, content in (archives or {}).items()},
        }
        with self._job(task) as (job, status, note):
            if status not in (0, 1, 3):
                raise SuiteError(f"{self.connection.address}: {verb} ended there with status {status}: {note}")
            text = self.connection.request("fetch", job=job, name="stdout")
            files = {name: self.connection.request("fetch", job=job, name=name) for name in wanted if status != 1}
        try:
            document = json.loads(text) if text else None
        except (ValueError, RecursionError):
            document = None
        return Outcome(status, document, note, files)

    @contextlib.contextmanager
    def _job(self, task: JsonObject) -> Iterator[tuple[str, int, str]]:
        """Yields a finished job's name, exit status and last line; removes what it left, or ends it, afterwards."""
        job = secrets.token_hex(32)
        try:
            yield (job, *self._finish(job, task))
        except BaseException:
            self.connection.hurry()
            raise
        finally:
            with contextlib.suppress(SuiteError):
                self.connection.request("remove", job=job)

    def _finish(self, job: str, task: JsonObject) -> tuple[int, str]:
        for _ in range(_MOST_STARTS):
            self.connection.request("start", job=job, task=task)
            reply = {"state": "running"}
            while reply["state"] == "running":
                reply = self.connection.request("wait", job=job, seconds=_WAIT_SECONDS)
            if reply["state"] == "done":
                return int(reply["status"]), str(reply["note"])
            print(f"{self.connection.address}: the job is gone; starting it again …", file=sys.stderr)
        raise SuiteError(f"{self.connection.address}: the job ended {_MOST_STARTS} times without a result")

    def _install(self, about: JsonObject, requirements: list[str], folder: str | None) -> str:
        wheels = _read_wheels(folder) if folder else {}
        digests = {name: package.digest(content) for name, content in wheels.items()}
        recipe = [requirements, digests, about["python"], about["machine"], about["libc"]]
        environment = package.digest(json.dumps(recipe, sort_keys=True).encode())
        task = {"kind": "install", "environment": environment, "requirements": requirements, "wheels": digests}
        where = self.connection.address
        if not self.connection.request("installed", environment=environment)["complete"]:
            print(f"{where}: installing the suite (once) …", file=sys.stderr)
            for content in wheels.values():
                self.send(content)
            with self._job(task) as (_, status, note):
                if status:
                    advice = (
                        "" if folder else ". A device without internet needs `wheels=FOLDER`; see docs/raspberry_pi.md"
                    )
                    raise SuiteError(f"{where}: the suite could not be installed: {note}{advice}")
        return environment


def _read_wheels(folder: str) -> dict[str, bytes]:
    """Returns a folder's wheels by file name."""
    if not os.path.isdir(folder):
        raise ArgumentError("wheels", f"no such folder '{folder}'")
    found = {path.name: path for path in sorted(pathlib.Path(folder).glob("*.whl")) if _WHEEL.fullmatch(path.name)}
    if not found:
        raise ArgumentError("wheels", f"no wheels (*.whl) in '{folder}'")
    return {name: path.read_bytes() for name, path in found.items()}
