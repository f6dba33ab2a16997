"""A connection to an agent on another machine, by the system's OpenSSH.

What a user wrote never becomes part of a shell's command line: the one command that the device's shell sees is a
constant, and everything else goes through the connection as data. Host keys are checked, always.
"""

import dataclasses
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time
from typing import Any

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.runtime.remote import agent

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\]")
_BOOTSTRAP = "python3 -c 'import sys; r = sys.stdin.buffer; source = r.read(int(r.readline())); exec(source)'"
_OPTIONS = {
    "StrictHostKeyChecking": "yes",
    "ConnectTimeout": "20",
    "ServerAliveInterval": "10",
    "ServerAliveCountMax": "3",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
    # A shared connection would outlive this process, and hide that it broke.
    "ControlMaster": "no",
    "ControlPath": "none",
}
# A login script may print before the agent greets; it hardly prints more than this.
_MOST_NOISE = 1 << 16
_MOST_REPLY = 1 << 30
_SILENCE_SECONDS = 120.0
_LONGEST_DELAY = 20.0
_ADVICE = {
    "IDENTIFICATION HAS CHANGED": "the host key is not the one known here. Only if you know why, as after a "
    "reinstallation, forget the old one: ssh-keygen -R {known_as}",
    "Host key verification failed": "the host key is not known here. Connect once by hand, compare fingerprints with "
    "the device's own, and accept it: ssh {by_hand}",
    "Permission denied": "the device refused the login. Have it accept your key: ssh-copy-id {by_hand}",
}


@dataclasses.dataclass(frozen=True)
class Address:
    """Where to connect.

    Attributes:
        host: Name, address, or alias of the user's `~/.ssh/config`; an IPv6 address without brackets.
        user: Who logs in; as OpenSSH decides, if absent.
        port: TCP port; as OpenSSH decides, if absent.
    """

    host: str
    user: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads `[USER@]HOST[:PORT]`; an IPv6 address stands in brackets.

        Raises:
            SuiteError: If it is anything else: nothing that a shell or an option parser could take for its own.
        """
        user, at, rest = text.rpartition("@")
        host, colon, port = rest, "", ""
        if not rest.endswith("]"):
            host, colon, port = rest.rpartition(":") if ":" in rest else (rest, "", "")
        sound = _HOST.fullmatch(host) and (not at or _USER.fullmatch(user))
        if not sound or (colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
            raise ArgumentError("target", f"expected ssh:USER@HOST or ssh:USER@HOST:PORT. Received: 'ssh:{text}'")
        return cls(host.strip("[]"), user if at else None, int(port) if port else None)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{self.user}@" if self.user else "") + host + (f":{self.port}" if self.port else "")

    @property
    def arguments(self) -> list[str]:
        """Arguments of `ssh` that name this place, the last of them before the command."""
        port = ["-p", str(self.port)] if self.port else []
        return [*port, *(["-l", self.user] if self.user else []), "--", self.host]


class _Lost(Exception):
    """The connection could not be made, or broke."""


class Connection:
    """Requests to the agent of one device; a connection that breaks is made again, and the request sent again."""

    def __init__(self, address: Address, patience_seconds: float = 600.0) -> None:
        """Connects.

        Args:
            address: Where to.
            patience_seconds: How long a broken connection is tried again.

        Raises:
            SuiteError: If there is no connection to be had.
        """
        self.address = address
        self._patience = patience_seconds
        self._errors = tempfile.TemporaryFile()
        self._process: subprocess.Popen[bytes] | None = None
        self._received = b""
        try:
            self._connect()
        except _Lost as lost:
            self.close()
            raise SuiteError(self._explain(str(lost))) from None

    def request(self, operation: str, *, content: bytes = b"", **fields: object) -> Any:
        """Has the agent do something.

        Args:
            operation: Name of the agent's operation.
            content: Bytes that go with the request.
            **fields: The operation's arguments.

        Returns:
            The reply: bytes for `fetch`, else a dictionary.

        Raises:
            SuiteError: If the agent refuses, or the connection broke and does not come back.
        """
        deadline, delay = 0.0, 0.5
        while True:
            try:
                if self._process is None:
                    self._connect()
                return self._exchange(operation, content, fields)
            except _Lost as lost:
                self._disconnect()
                now = time.monotonic()
                if not deadline:
                    deadline = now + self._patience
                    if self._patience:
                        print(f"{self.address}: connection lost ({lost}); trying again …", file=sys.stderr)
                if now >= deadline or any(key in str(lost) for key in _ADVICE):
                    raise SuiteError(self._explain(f"the connection was lost: {lost}")) from None
                time.sleep(delay)
                delay = min(2 * delay, _LONGEST_DELAY)

    def hurry(self) -> None:
        """Waits for nothing from now on: neither for the last request's answer, nor for a connection to come back."""
        self._patience = 0.0
        self._disconnect()

    def close(self) -> None:
        """Ends the connection."""
        self._disconnect()
        self._errors.close()

    def _connect(self) -> None:
        options = [argument for key, value in _OPTIONS.items() for argument in ("-o", f"{key}={value}")]
        self._errors.seek(0)
        self._errors.truncate()
        try:
            self._process = subprocess.Popen(
                ["ssh", "-T", *options, *self.address.arguments, _BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
            )
        except FileNotFoundError:
            raise ArgumentError("target", "ssh needs OpenSSH's client. On Debian: apt install openssh-client") from None
        self._received = b""
        source = pathlib.Path(agent.__file__).read_bytes()
        self._send(b"%d\n" % len(source))
        self._send(source)
        noise = 0
        while agent.GREETING.encode() not in (line := self._line()):
            noise += len(line)
            if noise > _MOST_NOISE:
                raise _Lost("the device's login scripts print too much")

    def _exchange(self, operation: str, content: bytes, fields: JsonObject) -> Any:
        self._send(json.dumps({"operation": operation, "size": len(content), **fields}).encode("ascii") + b"\n")
        self._send(content)
        try:
            reply = json.loads(self._line())
            size = int(reply.pop("size"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise _Lost("it answered nonsense") from None
        if not 0 <= size <= _MOST_REPLY:
            raise SuiteError(f"{self.address}: a reply of {size:,} bytes is too large")
        while len(self._received) < size:
            self._receive()
        answer, self._received = self._received[:size], self._received[size:]
        if "error" in reply:
            raise SuiteError(f"{self.address}: {reply['error']}")
        return answer if operation == "fetch" else reply

    def _send(self, content: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self._process.stdin.fileno(), view) :]
        except OSError:
            raise _Lost(self._last_words()) from None

    def _line(self) -> bytes:
        while b"\n" not in self._received:
            if len(self._received) > _MOST_NOISE:
                raise _Lost("it answered nonsense")
            self._receive()
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _receive(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], _SILENCE_SECONDS)[0]:
            raise _Lost(f"nothing came for {_SILENCE_SECONDS:.0f} s")
        block = os.read(self._process.stdout.fileno(), 1 << 20)
        if not block:
            raise _Lost(self._last_words())
        self._received += block

    def _last_words(self) -> str:
        """What ssh, or the device's shell, said before it ended: the line that tells most."""
        assert self._process is not None
        try:
            status: int | None = self._process.wait(5)
        except subprocess.TimeoutExpired:
            status = None
        self._errors.seek(0)
        text = self._errors.read().decode("utf-8", "replace")
        for telling in _ADVICE:
            if telling in text:
                return telling
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"ssh ended with status {status}"

    def _explain(self, reason: str) -> str:
        host, port = self.address.host, self.address.port
        names = {
            "known_as": f"[{host}]:{port}" if port else host,
            "by_hand": (f"-p {port} " if port else "") + (f"{self.address.user}@" if self.address.user else "") + host,
        }
        advice = [text.format(**names) for telling, text in _ADVICE.items() if telling in reason]
        return f"{self.address}: {(advice or [reason])[0]}"

    def _disconnect(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
