"""Functions called in a Python process of their own, started anew.

A notebook has TensorFlow loaded, whose symbols collide with those of tflite-runtime, and threads, beside which it must
not fork. What would need a fork there runs in such a process; a model that kills its runtime kills that process alone.
"""

import importlib
import os
import pathlib
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

import tfl_lite_suite
from tfl_lite_suite.core.command_line import told
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.runtime.isolation import die_with_parent

T = TypeVar("T")


def call(function: Callable[..., T], *arguments: object, doing: str) -> T:
    """Calls a function in a new process and returns what it returned.

    Args:
        function: A function at the top of a module of the suite.
        *arguments: Its arguments; they and its result must be picklable.
        doing: What is being done, for messages, such as `'x.tflite' on litert`.

    Raises:
        SuiteError: If the function raised one, or the process died; the message names the signal.
    """
    request = pickle.dumps((function.__module__, function.__qualname__, arguments))
    folder = str(pathlib.Path(tfl_lite_suite.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        verb_command("runtime.clean_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        answer, _ = process.communicate(request)
    finally:
        process.kill()
        process.wait()
    if not answer:
        raise SuiteError(f"{doing}: {_cause_of_death(process.returncode)}")
    succeeded, value = pickle.loads(answer)
    if not succeeded:
        raise value
    return value  # type: ignore[no-any-return]


def _cause_of_death(status: int) -> str:
    if status >= 0:
        return f"the process ended by itself with status {status}"
    name = signal.Signals(-status).name
    advice = " The system was probably out of memory." if -status == signal.SIGKILL else ""
    return f"the model killed the runtime: {name} ({signal.strsignal(-status)}).{advice}"


def _serve() -> None:
    """Answers one request: reads it from stdin, and writes the result to what was stdout; prints go to stderr."""
    die_with_parent()
    result = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, name, arguments = pickle.load(sys.stdin.buffer)
    try:
        answer = True, getattr(importlib.import_module(module), name)(*arguments)
    except Exception as error:
        answer = False, told(error)
    pickle.dump(answer, result)
    result.flush()
    sys.stdout.flush()
    # A runtime's destructor may crash after the answer was given.
    os._exit(0)


if __name__ == "__main__":
    _serve()
