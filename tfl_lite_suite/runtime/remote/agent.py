"""What runs on the device: keeps files by checksum, installs the suite, runs its verbs apart from the connection.

The source of this file is sent over the connection and run by the device's own Python, so it uses the standard library
alone, and a syntax that a Python too old for the suite understands as well: it must be able to say so. Requests and
replies are lines of JSON, each followed by as many bytes as its `size` says. Every request may be sent again after the
connection broke. No request holds a command: what runs is composed here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from typing import Any, BinaryIO, Dict, Iterator  # noqa: UP035

Message = Dict[str, Any]  # noqa: UP006
GREETING = "tfl_lite_suite agent"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20
_WAIT_STEP_SECONDS = 0.1
_KILL_SECONDS = 5
_LONGEST_NOTE = 1000
# After these, jobs that nobody came back for, and files that nobody asked for again, are removed.
_JOB_SECONDS, _UNUSED_SECONDS = 2 * 24 * 3600, 60 * 24 * 3600
_FOLDERS = ("files", "packages", "environments", "jobs")


class Refused(Exception):
    """A request that cannot be carried out, in one line."""


class Agent:
    """The files and jobs of one user on this device.

    Attributes:
        root: Folder of everything kept here: `files`, `packages`, `environments` and `jobs`.
    """

    def __init__(self, root: pathlib.Path, source: str) -> None:
        """Makes the folders.

        Args:
            root: See the class.
            source: This file's text, from which jobs are started.
        """
        self.root = root
        self._source = source
        for name in _FOLDERS:
            (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def hello(self) -> Message:
        """Removes what is no longer wanted; tells what this device is."""
        for name in _FOLDERS:
            for entry in (self.root / name).iterdir():
                if _age(entry) > (_JOB_SECONDS if name == "jobs" else _UNUSED_SECONDS) and not _is_running(entry):
                    _remove(entry)
        return {
            "python": list(sys.version_info[:2]),
            "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()),
        }

    def missing(self, digests: list[str]) -> Message:
        """Tells which of some files are not here yet."""
        return {"digests": [digest for digest in digests if not _touch(self._file(digest))]}

    def installed(self, environment: str) -> Message:
        """Tells whether an environment is there, whole."""
        return {"complete": _is_whole(self.root / "environments" / _checked(environment, _DIGEST))}

    def put(self, digest: str, blocks: Iterator[bytes]) -> Message:
        """Keeps a file."""
        target = self._file(digest)
        incoming = target.with_name(f"{digest}.{os.getpid()}")
        received = hashlib.sha256()
        try:
            with open(incoming, "wb") as file:
                for block in blocks:
                    received.update(block)
                    file.write(block)
            if received.hexdigest() != digest:
                raise Refused("a file arrived damaged")
            os.replace(incoming, target)
        finally:
            _remove(incoming)
        return {}

    def start(self, job: str, task: Message) -> Message:
        """Starts a job, unless it was started before; it goes on when the connection ends."""
        folder = self._job(job)
        if (folder / "status").exists() or _is_running(folder):
            return {}
        _remove(folder)
        folder.mkdir(mode=0o700)
        (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
        (folder / "agent.py").write_text(self._source, encoding="utf-8")
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            # Held for as long as the job lives, unlike the number of its process, which another may get.
            with open(folder / "lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                child = subprocess.Popen(
                    [sys.executable, str(folder / "agent.py"), "job", str(folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    pass_fds=[lock.fileno()],
                    start_new_session=True,
                )
        (folder / "pid").write_text(str(child.pid))
        return {}

    def wait(self, job: str, seconds: float) -> Message:
        """Waits for a job's end, for so long; tells its state, exit status, and the last line it printed on stderr."""
        folder = self._job(job)
        end = time.monotonic() + seconds
        while _is_running(folder) and time.monotonic() < end:
            time.sleep(_WAIT_STEP_SECONDS)
        status = folder / "status"
        state = "running" if _is_running(folder) else "done" if status.exists() else "lost"
        return {
            "state": state,
            "status": int(status.read_text()) if state == "done" else None,
            "note": _last_line(folder / "stderr"),
        }

    def fetch(self, job: str, name: str) -> pathlib.Path:
        """Returns a file that a job wrote; `stdout` and `stderr` are what it printed."""
        path = self._job(job) / _checked(name, _NAME)
        if not path.is_file():
            raise Refused(f"the job wrote no {name}")
        return path

    def remove(self, job: str) -> Message:
        """Ends a job if it still runs, and forgets it."""
        folder = self._job(job)
        if _is_running(folder):
            with contextlib.suppress(OSError, ValueError):
                _end(int((folder / "pid").read_text()), folder)
        _remove(folder)
        return {}

    def _file(self, digest: str) -> pathlib.Path:
        return self.root / "files" / _checked(digest, _DIGEST)

    def _job(self, job: str) -> pathlib.Path:
        return self.root / "jobs" / _checked(job, _DIGEST)


def install(root: pathlib.Path, task: Message) -> int:
    """Makes a virtual environment, if it is not there yet.

    Args:
        root: The agent's folder.
        task: `environment`, its name; `requirements`, for pip; `wheels`, checksums of carried wheels by file name.

    Returns:
        An exit status; pip's, if it failed.
    """
    place = root / "environments" / _checked(task["environment"], _DIGEST)
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_whole(place):
            return 0
        _remove(place)
        wheels = pathlib.Path("wheels").resolve()
        wheels.mkdir()
        for name, digest in task["wheels"].items():
            _place(root / "files" / _checked(digest, _DIGEST), wheels / _checked(name, _NAME))
        # A device without python3-venv has no pip to put into an environment; a carried one runs from its wheel.
        carried = [str(wheel / "pip") for wheel in sorted(wheels.glob("pip-*.whl"))]
        options = ["--without-pip"] if carried else []
        status = subprocess.call([sys.executable, "-m", "venv", *options, str(place)], stdout=sys.stderr)
        if status:
            return status
        command = [str(place / "bin" / "python"), *(carried or ["-m", "pip"]), "install"]
        command += ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"]
        command += ["--no-index", f"--find-links={wheels}"] if task["wheels"] else []
        status = subprocess.call([*command, "--", *task["requirements"]], stdout=sys.stderr)
        if not status:
            (place / "complete").touch()
            for digest in task["wheels"].values():
                _remove(root / "files" / digest)
        return status


def run(root: pathlib.Path, task: Message) -> int:
    """Runs a verb of the suite in the job's folder.

    Args:
        root: The agent's folder.
        task: `environment`; `package`, checksum of the suite's wheel; `verb`; `flags`; `inputs`, checksums of files by
            the names they get in the folder `inputs`; `archives`, checksums of ZIP files by the names of the folders
            that they become there. The folder is the suite's cache as well, so that data sets are found in it.

    Returns:
        The verb's exit status.
    """
    package = root / "packages" / _checked(task["package"], _DIGEST)
    if not _touch(package):
        _unpack(root / "files" / package.name, package)
    inputs = pathlib.Path("inputs")
    inputs.mkdir()
    for name, digest in task["inputs"].items():
        _place(root / "files" / _checked(digest, _DIGEST), inputs / _checked(name, _NAME))
    for name, digest in task["archives"].items():
        _unpack(root / "files" / _checked(digest, _DIGEST), inputs / _checked(name, _NAME))
    place = root / "environments" / _checked(task["environment"], _DIGEST)
    _touch(place)
    command = [str(place / "bin" / "python"), "-m", "tfl_lite_suite." + _checked(task["verb"], _NAME)]
    return subprocess.call(
        [*command, *task["flags"]],
        env={
            **os.environ,
            "PYTHONPATH": str(package),
            "PYTHONNOUSERSITE": "1",
            "TFL_LITE_SUITE_CACHE": str(inputs.resolve()),
        },
    )


def serve(agent: Agent, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers requests until there are no more."""
    _reply(replies, {"greeting": GREETING})
    for line in iter(requests.readline, b""):
        request = json.loads(line.decode("utf-8"))
        operation = request.pop("operation")
        payload = _blocks(requests, request.pop("size", 0))
        try:
            if operation == "put":
                _reply(replies, agent.put(request["digest"], payload))
            elif operation == "fetch":
                _reply(replies, {}, agent.fetch(**request).read_bytes())
            elif operation in ("hello", "missing", "installed", "start", "wait", "remove"):
                _reply(replies, getattr(agent, operation)(**request))
            else:
                raise Refused(f"unknown operation {operation}")
        except (Refused, OSError) as error:
            # What was not read of the payload would be taken for the next request.
            for _ in payload:
                pass
            _reply(replies, {"error": str(error)})


def _reply(replies: BinaryIO, reply: Message, content: bytes = b"") -> None:
    replies.write(json.dumps(dict(reply, size=len(content))).encode("ascii") + b"\n" + content)
    replies.flush()


def _blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        block = stream.read(min(size, _BLOCK))
        if not block:
            sys.exit(1)
        size -= len(block)
        yield block


def _checked(text: str, allowed: re.Pattern[str]) -> str:
    if not allowed.fullmatch(text):
        raise Refused(f"not a name: {text!r}")
    return text


def _place(source: pathlib.Path, target: pathlib.Path) -> None:
    """Puts a kept file where a job wants it, without a copy where the file system can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _unpack(archive: pathlib.Path, target: pathlib.Path) -> None:
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(archive) as file:
            file.extractall(temporary)
        with contextlib.suppress(OSError):  # Where another job was faster, its folder is as good.
            os.replace(temporary, target)
    finally:
        _remove(temporary)


def _is_running(folder: pathlib.Path) -> bool:
    try:
        with open(folder / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _is_whole(environment: pathlib.Path) -> bool:
    """Whether an environment was installed to the end, and the Python that it was made with is still there."""
    return _touch(environment / "complete") and (environment / "bin" / "python").exists()


def _end(pid: int, folder: pathlib.Path) -> None:
    os.killpg(pid, signal.SIGTERM)
    end = time.monotonic() + _KILL_SECONDS
    while _is_running(folder) and time.monotonic() < end:
        time.sleep(_WAIT_STEP_SECONDS)
    os.killpg(pid, signal.SIGKILL)


def _last_line(path: pathlib.Path) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - _LONGEST_NOTE))
            lines = file.read().decode("utf-8", "replace").replace("\r", "\n").strip().split("\n")
    except OSError:
        return ""
    return lines[-1].strip()


def _touch(path: pathlib.Path) -> bool:
    """Marks a file or folder as used just now; tells whether it is there."""
    try:
        os.utime(path)
        return True
    except OSError:
        return False


def _age(path: pathlib.Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def work(folder: pathlib.Path) -> int:
    """Does the job in a folder, leaves its exit status there, and returns it."""
    os.chdir(folder)
    task = json.loads(pathlib.Path("task.json").read_text(encoding="utf-8"))
    try:
        status = {"install": install, "run": run}[task["kind"]](folder.parent.parent, task)
    except (Refused, OSError, zipfile.BadZipFile) as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    incomplete = pathlib.Path("status.incomplete")
    incomplete.write_text(str(status))
    incomplete.replace("status")
    return status


def _main(source: str) -> int:
    if sys.argv[1:2] == ["job"]:
        return work(pathlib.Path(sys.argv[2]))
    cache = os.environ.get("TFL_LITE_SUITE_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "tfl_lite_suite")
    serve(Agent(pathlib.Path(cache).resolve() / "remote", source), sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    # `source` is there when this came over the connection.
    sys.exit(_main(globals().get("source", b"").decode("utf-8")))
