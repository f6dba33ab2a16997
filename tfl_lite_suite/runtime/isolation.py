"""Functions run in a forked child process, so that a model that kills its runtime kills nothing else.

Forking costs milliseconds where starting an interpreter costs a tenth of a second and more. A parent should fork
before it imports anything that starts threads.
"""

import contextlib
import dataclasses
import faulthandler
import os
import pickle
import resource
import select
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, Generic, NoReturn, TypeVar

from tfl_lite_suite.core.command_line import told
from tfl_lite_suite.core.errors import SuiteError

_HEADER = struct.Struct("<Q")
_PR_SET_PDEATHSIG = 1

T = TypeVar("T")
Emit = Callable[[Any], None]

# A model that computes this long at a time is of no use on a small computer, or loops for ever.
INFERENCE_SECONDS = 30
# Room for a runtime and a model, and for each byte of a model's file.
_RUNNING_BYTES, _RUNNING_BYTES_A_BYTE = 6 << 30, 4


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a child may use; `None` for as much as there is.

    Attributes:
        memory: Bytes of address space, beyond what the parent has.
        cpu_seconds: Time of the processor.
    """

    memory: int | None = None
    cpu_seconds: int | None = None

    def apply(self) -> None:
        """Limits this process."""
        if self.cpu_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds + 1))
        if self.memory is not None:
            # A system that does not say what is used has no limit that is worth its risk.
            with contextlib.suppress(OSError, ValueError):
                with open("/proc/self/statm", encoding="ascii") as file:
                    used = int(file.read().split()[0]) * resource.getpagesize()
                resource.setrlimit(resource.RLIMIT_AS, (used + self.memory, used + self.memory))


class Child(Generic[T]):
    """A function running in a forked process; its output on stdout and stderr is kept apart.

    Attributes:
        pid: The process.
        result: What the function returned, once `receive` has returned `False`.
    """

    def __init__(self, work: Callable[[Emit], T], doing: str, limits: Limits = Limits()) -> None:
        """Starts the child.

        Args:
            work: Called in the child with a function that sends an event to the parent; events and the returned value
                must be picklable.
            doing: What the child does, for messages, such as `'x.tflite' on litert`.
            limits: What it may use.
        """
        if not hasattr(os, "fork"):
            raise SuiteError("models run in a forked process, which this system lacks. Use Linux, macOS or WSL")
        self.result: T
        self._doing, self._limits = doing, limits
        self._noise = tempfile.TemporaryFile()
        self._pipe, child_end = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _serve(work, child_end, self._noise.fileno(), limits)
        os.close(child_end)

    def fileno(self) -> int:
        """The pipe's descriptor, for `select`."""
        return self._pipe

    def receive(self, on_event: Callable[[Any], None]) -> bool:
        """Waits for the child's next message.

        Args:
            on_event: Called with the event, if it was one.

        Returns:
            Whether the child goes on; once `False`, `result` is there.

        Raises:
            SuiteError: If the child's function raised, or the child died; the message names the signal.
        """
        message = self._read()
        if message is None:
            raise SuiteError(self._cause_of_death())
        kind, value = message
        if kind == "event":
            on_event(value)
            return True
        self._reap()
        if kind == "error":
            raise value
        self.result = value
        return False

    def close(self) -> None:
        """Ends the child, if it still runs."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def _read(self) -> Any:
        header = _read_exactly(self._pipe, _HEADER.size)
        body = _read_exactly(self._pipe, _HEADER.unpack(header)[0]) if header else None
        return pickle.loads(body) if body else None

    def _reap(self) -> int:
        """Waits for the child and frees what belongs to it; returns its wait status."""
        status = 0
        if self.pid:
            _, status = os.waitpid(self.pid, 0)
            self.pid = 0
            os.close(self._pipe)
        return status

    def _cause_of_death(self) -> str:
        status = self._reap()
        self._noise.seek(0)
        noise = self._noise.read().decode("utf-8", "replace").strip().splitlines()
        last = f" Its last words: {noise[-1].strip()[:200]}" if noise else ""
        if not os.WIFSIGNALED(status):
            return f"{self._doing}: the process ended by itself with status {os.waitstatus_to_exitcode(status)}.{last}"
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name
        advice = " The system was probably out of memory." if number == signal.SIGKILL else ""
        if number == signal.SIGXCPU:
            seconds = self._limits.cpu_seconds
            return f"{self._doing}: not done within {seconds} s of the processor. The file is hostile or huge"
        if number == signal.SIGALRM:
            return f"{self._doing}: one inference did not end within {INFERENCE_SECONDS} s. It may never end"
        return f"{self._doing}: the model killed the runtime: {name} ({signal.strsignal(number)}).{advice}{last}"


def running(model: str) -> Limits:
    """Returns what a child that runs a model's file may use."""
    size = os.path.getsize(model) if os.path.isfile(model) else 0
    return Limits(_RUNNING_BYTES + _RUNNING_BYTES_A_BYTE * size)


@contextlib.contextmanager
def one_inference() -> Iterator[None]:
    """Ends a child that is at work in a runtime for too long; its parent says so."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(INFERENCE_SECONDS)
    yield
    signal.alarm(0)


def call(
    work: Callable[[Emit], T],
    doing: str,
    on_event: Callable[[Any], None] = lambda event: None,
    on_tick: Callable[[], None] | None = None,
    tick_seconds: float = 0.2,
    limits: Limits = Limits(),
) -> T:
    """Runs a function in a child process and returns what it returned.

    Args:
        work: See `Child`.
        doing: See `Child`.
        on_event: Called in this process with each event.
        on_tick: Called in this process about every `tick_seconds` while the child is busy.
        tick_seconds: Time between two ticks, in seconds.
        limits: What the child may use.

    Raises:
        SuiteError: If the function raised or the child died.
    """
    child: Child[T] = Child(work, doing, limits)
    try:
        while True:
            if on_tick is not None and not select.select([child], [], [], tick_seconds)[0]:
                on_tick()
            elif not child.receive(on_event):
                return child.result
    finally:
        child.close()


def _serve(work: Callable[[Emit], object], pipe: int, noise: int, limits: Limits) -> NoReturn:
    """Runs `work` in the child and leaves without the parent's clean-up handlers."""
    status = 1
    try:
        die_with_parent()
        # A crash is told in one line by the parent, not by a stack of this process.
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limits.apply()
        os.dup2(noise, 1)
        os.dup2(noise, 2)
        sys.stdout = sys.stderr = open(noise, "w", buffering=1, closefd=False)
        _write(pipe, ("result", work(lambda event: _write(pipe, ("event", event)))))
        status = 0
    except KeyboardInterrupt:
        status = 130
    except BaseException as error:
        _write(pipe, ("error", told(error)))
    finally:
        os._exit(status)


def die_with_parent() -> None:
    """Has Linux end this process when its parent ends, however that ends."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _write(pipe: int, message: object) -> None:
    body = pickle.dumps(message)
    view = memoryview(_HEADER.pack(len(body)) + body)
    while view:
        view = view[os.write(pipe, view) :]


def _read_exactly(pipe: int, size: int) -> bytes:
    """Reads `size` bytes, or nothing if the pipe ends before."""
    blocks = []
    while size:
        block = os.read(pipe, min(size, 1 << 20))
        if not block:
            return b""
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)
