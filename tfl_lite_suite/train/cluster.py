"""The processes that train one network together: who they are by TF_CONFIG, and their meeting before TensorFlow starts.

TensorFlow waits an hour for a process that is missing, and lets nothing else run meanwhile. So the processes meet here
first, on the ports that TensorFlow takes over: whoever is missing, unreachable or given other inputs is named in time.
"""

import contextlib
import dataclasses
import errno
import json
import os
import re
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Document, JsonObject

VARIABLE = "TF_CONFIG"
_EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'
_JOBS = ("chief", "worker")
_PAUSE, _PATIENCE = 0.5, 5.0
_GO, _OTHER_INPUTS = "go", "other inputs"
_LONGEST_LINE = 4096


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes of one training.

    Attributes:
        addresses: `host:port` of each, the chief first.
        rank: This process's place among them; 0 is the chief.
    """

    addresses: tuple[str, ...]
    rank: int

    @property
    def name(self) -> str:
        """This process, for messages."""
        return _name(self.rank)


def from_environment(environment: Mapping[str, str] = os.environ) -> Cluster:
    """Reads TF_CONFIG, as TensorFlow does.

    Args:
        environment: Environment variables.

    Raises:
        SuiteError: If it is missing or does not say what TensorFlow needs.
    """
    text = environment.get(VARIABLE, "")
    if not text.strip():
        raise SuiteError(f"{VARIABLE}: not set. `distribution=multi_worker` needs it: {VARIABLE}='{_EXAMPLE}'")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _wrong(f"not JSON: {error}") from None
    jobs, task = _part(document, "cluster"), _part(document, "task")
    for job in jobs:
        if job not in _JOBS:
            raise _wrong(f"cluster.{job}: every process trains; there are only {' and '.join(_JOBS)}")
    kind, index = task.get("type"), task.get("index")
    if kind not in jobs:
        raise _wrong(f"task.type is {json.dumps(kind)}, which cluster does not name")
    addresses = [_address(each) for job in _JOBS for each in _list(jobs, job)]
    if len(set(addresses)) < len(addresses):
        raise _wrong("cluster: an address stands twice")
    of_kind = len(jobs[kind])
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < of_kind:
        raise _wrong(f"task.index is {json.dumps(index)}; cluster.{kind} has 0 to {of_kind - 1}")
    return Cluster(tuple(addresses), index + (len(jobs.get("chief", [])) if kind == "worker" else 0))


def meet(cluster: Cluster, inputs: str, seconds: float) -> None:
    """Waits until every process is there; returns in all of them at about the same moment.

    Args:
        cluster: Who they are.
        inputs: What must be equal in all of them, in one line.
        seconds: How long to wait.

    Raises:
        SuiteError: If this process's port is taken, a process is missing, cannot be reached or has other inputs.
    """
    if len(cluster.addresses) == 1:
        return
    deadline = time.monotonic() + seconds
    with _listener(cluster.addresses[cluster.rank]) as listener:
        if cluster.rank:
            print(f"{cluster.name} waits for the chief at {cluster.addresses[0]}", file=sys.stderr, flush=True)
            _report(cluster, inputs, deadline)
        else:
            print(f"the chief waits for {_names(cluster, {})}", file=sys.stderr, flush=True)
            _gather(cluster, inputs, deadline, listener)


def _report(cluster: Cluster, inputs: str, deadline: float) -> None:
    """Tells the chief that this worker is there, until it answers."""
    chief = cluster.addresses[0]
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(_split(chief), _PATIENCE) as connection:
            _send(connection, {"rank": cluster.rank, "inputs": inputs})
            connection.settimeout(max(deadline - time.monotonic(), _PAUSE))
            answer = _receive(connection).get("answer")
            if answer == _GO:
                return
            if answer == _OTHER_INPUTS:
                raise _differs(cluster.rank)
        time.sleep(_PAUSE)
    raise SuiteError(
        f"{cluster.name}: no answer from the chief at {chief}. Start the same command there, open the port, or wait "
        "longer with `peer_timeout`"
    )


def _gather(cluster: Cluster, inputs: str, deadline: float, listener: socket.socket) -> None:
    """Waits for every worker's word; then lets all go on."""
    there: dict[int, socket.socket] = {}
    with contextlib.ExitStack() as stack:
        while len(there) < len(cluster.addresses) - 1:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SuiteError(
                    f"the chief: no word from {_names(cluster, there)}. Start the same command there, with its own "
                    "task.index, or wait longer with `peer_timeout`"
                )
            listener.settimeout(left)
            with contextlib.suppress(OSError):
                connection = stack.enter_context(listener.accept()[0])
                connection.settimeout(_PATIENCE)
                word = _receive(connection)
                rank = word.get("rank")
                if not isinstance(rank, int) or not 0 < rank < len(cluster.addresses):
                    continue
                if word.get("inputs") != inputs:
                    _send(connection, {"answer": _OTHER_INPUTS})
                    raise _differs(rank)
                _check_way_to(cluster, rank)
                there[rank] = connection
        for connection in there.values():
            with contextlib.suppress(OSError):
                _send(connection, {"answer": _GO})


def _check_way_to(cluster: Cluster, rank: int) -> None:
    address = cluster.addresses[rank]
    try:
        socket.create_connection(_split(address), _PATIENCE).close()
    except OSError as error:
        raise SuiteError(
            f"the chief heard from {_name(rank)} but cannot reach it at {address}: {error.strerror or error}. Check "
            f"the address in {VARIABLE} and the firewall"
        ) from None


def _listener(address: str) -> socket.socket:
    port = _split(address)[1]
    listener = socket.socket()
    try:
        # A port whose last process has just ended may be taken at once; one that is in use may not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen()
    except OSError as error:
        listener.close()
        advice = "End what uses it, or take another port" if error.errno == errno.EADDRINUSE else "Take another port"
        raise SuiteError(f"{VARIABLE}: port {port} of this process: {error.strerror}. {advice}") from None
    return listener


def _send(connection: socket.socket, word: JsonObject) -> None:
    connection.sendall(json.dumps(word).encode() + b"\n")


def _receive(connection: socket.socket) -> JsonObject:
    """Returns a word; nothing if what came is none, as from TensorFlow's own server or a port scanner."""
    with connection.makefile("rb") as file:
        try:
            word = json.loads(file.readline(_LONGEST_LINE))
        except ValueError:
            return {}
    return word if isinstance(word, dict) else {}


def _differs(rank: int) -> SuiteError:
    return SuiteError(
        f"{_name(rank)} and the chief would train differently: recipe, images, suite version or number of GPUs differ"
    )


def _names(cluster: Cluster, there: Mapping[int, object]) -> str:
    missing = [rank for rank in range(1, len(cluster.addresses)) if rank not in there]
    return ", ".join(f"{_name(rank)} ({cluster.addresses[rank]})" for rank in missing)


def _name(rank: int) -> str:
    return f"worker {rank}" if rank else "the chief"


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _address(text: object) -> str:
    found = re.fullmatch(r"[^\s:]+:(\d{1,5})|\[[^\s\]]+\]:(\d{1,5})", text) if isinstance(text, str) else None
    if not isinstance(text, str) or not found or not 0 < int(found[1] or found[2]) < 65536:
        raise _wrong(f"cluster: expected host:port. Received: {json.dumps(text)}")
    return text


def _list(jobs: Document, job: str) -> list[Any]:
    found = jobs.get(job, [])
    if not isinstance(found, list) or (job == "chief" and len(found) > 1):
        raise _wrong(f"cluster.{job}: expected a list of {'one address' if job == 'chief' else 'addresses'}")
    return found


def _part(document: object, key: str) -> JsonObject:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, dict) or not found:
        raise _wrong(f"'{key}' is missing")
    return found


def _wrong(what: str) -> SuiteError:
    return SuiteError(f"{VARIABLE}: {what}. Example: {_EXAMPLE}")
