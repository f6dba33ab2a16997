"""One trial's `run` in a process of its own, in a folder that nothing else works in meanwhile."""

import contextlib
import fcntl
import json
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

from tfl_lite_suite.core.files import make_folder
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.search.study import Failed

_LOG, _DOCUMENT, _LOCK = "run.log", "run.json", "lock"
_POLL_SECONDS, _PATIENCE_SECONDS = 0.2, 20


@contextlib.contextmanager
def locked(folder: pathlib.Path, check: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Holds a folder that one process at a time may work in.

    A child that inherits the lock keeps it, even when this process is killed.

    Args:
        folder: The folder; made if missing.
        check: Called again and again while another process holds it; raises to give up.

    Yields:
        The lock's file descriptor.
    """
    make_folder(folder)
    with open(folder / _LOCK, "w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                time.sleep(_POLL_SECONDS)
        yield file.fileno()


def run(recipe: pathlib.Path, folder: pathlib.Path, check: Callable[[], None]) -> JsonObject:
    """Runs a recipe; what it prints goes to `run.log` in the folder.

    Args:
        recipe: The recipe's file.
        folder: The work folder, held by the caller or not.
        check: Called again and again meanwhile; raises to end the run.

    Returns:
        What `run --json` prints.

    Raises:
        Failed: If the run failed; its last line says why.
    """
    command = verb_command("run", f"--recipe={recipe}", f"--workdir={folder}", "--json")
    with locked(folder, check) as lock:
        with open(folder / _LOG, "w+", encoding="utf-8") as log, open(folder / _DOCUMENT, "w+b") as document:
            child = subprocess.Popen(command, stdout=document, stderr=log, pass_fds=(lock,))
            try:
                while child.poll() is None:
                    check()
                    time.sleep(_POLL_SECONDS)
            finally:
                _end(child)
            if child.returncode:
                log.seek(0)
                lines = log.read().strip().splitlines()
                last = lines[-1].removeprefix("error: ") if lines else f"run ended with status {child.returncode}"
                raise Failed(last)
            document.seek(0)
            return dict(json.load(document))


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Ends a process as Ctrl-C does, or harder where that does not help; nothing where it has ended."""
    for how in (signal.SIGINT, signal.SIGKILL):
        if child.poll() is None:
            child.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_PATIENCE_SECONDS)
