"""Feeds damaged files to every reader of foreign bytes, and says what came of it.

    python tools/fuzz.py [--readers=tflite,lint,…] [--executions=10000] [--seed=0] [--memory=1024] [--output=DIR]
        [--results=docs/results/fuzz.json]

A reader may refuse a file in one line (`SuiteError`). Anything else is a finding: another exception, the end of the
process, more than ten seconds of the processor, or more memory than `--memory` MiB. Execution number n of a seed is
always the same file; the first of each kind is written to `--output`. Exit status 1 if there is any. Readers in Java
need `javac`.
"""

import argparse
import collections
import dataclasses
import faulthandler
import mmap
import os
import pathlib
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback

import fuzz_java
import fuzz_readers

from tfl_lite_suite.core import files
from tfl_lite_suite.core.errors import SuiteError

# Of the processor's time; the clock on the wall may run longer, for other programs work beside this one.
SECONDS = 10
_WALL_SECONDS = 12 * SECONDS
_ENDED = ("SIGPROF", "SIGALRM")
OK, REFUSED = "read", "refused"


@dataclasses.dataclass
class Outcome:
    """What came of a reader's executions.

    Attributes:
        kinds: How often each kind occurred.
        first: Number of the first execution of each finding.
        seconds: Time that all took.
    """

    kinds: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    first: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    @property
    def findings(self) -> dict[str, int]:
        """Kinds that should not occur, with their numbers."""
        return {kind: count for kind, count in self.kinds.items() if kind not in (OK, REFUSED)}

    def add(self, kind: str, number: int) -> None:
        """Notes one execution."""
        self.kinds[kind] += 1
        if kind not in (OK, REFUSED):
            self.first.setdefault(kind, number)


def mutated(name: str, seed: int, number: int, samples: list[bytes]) -> bytes:
    """Returns the file of one execution."""
    chance = random.Random(f"{seed} {name} {number}")
    mutate = chance.choice(fuzz_readers.READERS[name].mutate)
    return mutate(chance, chance.choice(samples), samples)


def fuzz(name: str, executions: int, seed: int, memory: int) -> Outcome:
    """Tries one reader.

    Args:
        name: Its name.
        executions: How many files.
        seed: Of the mutations.
        memory: Bytes of address space that reading may take beyond what Python and its modules have.

    Returns:
        What came of it.
    """
    samples = fuzz_readers.READERS[name].samples()
    outcome, begin, start = Outcome(), time.monotonic(), 0
    with mmap.mmap(-1, 8) as place:
        while start < executions:
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reading)
                _work(name, start, executions, seed, memory, samples, place, writing)
            os.close(writing)
            with os.fdopen(reading, "rb") as pipe:
                for line in pipe:
                    number, _, kind = line.decode().rstrip("\n").partition(" ")
                    outcome.add(kind, int(number))
            _, status = os.waitpid(child, 0)
            last = int.from_bytes(place[:8], "little")
            if status:
                ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "without a word"
                outcome.add(f"hang over {SECONDS} s" if ended in _ENDED else f"death {ended}", last)
            start = last + 1
    outcome.seconds = time.monotonic() - begin
    return outcome


def _work(
    name: str, start: int, end: int, seed: int, memory: int, samples: list[bytes], place: mmap.mmap, pipe: int
) -> None:
    """Executes in a child process, which tells what it finds at once, for it may be ended."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    reader = fuzz_readers.READERS[name]
    folder = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    for ending in _ENDED:
        signal.signal(getattr(signal, ending), signal.SIG_DFL)
    faulthandler.disable()
    _once(reader, folder, samples[0])
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    for number in range(start, end):
        place[:8] = number.to_bytes(8, "little")
        content = mutated(name, seed, number, samples)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(_WALL_SECONDS)
        kind = _once(reader, folder, content)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        os.write(pipe, f"{number} {kind}\n".encode())
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _once(reader: fuzz_readers.Reader, folder: pathlib.Path, content: bytes) -> str:
    """Reads one file; returns the kind of what came of it."""
    for left in folder.iterdir():
        left.unlink()
    path = folder / (reader.suffix if not reader.suffix.startswith(".") else f"x{reader.suffix}")
    path.write_bytes(content)
    try:
        reader.read(path)
    except SuiteError as error:
        return REFUSED if "\n" not in str(error).strip() else "refused in several lines"
    except fuzz_java.FoundByJavaError as error:
        return str(error)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        own = [one for one in traceback.extract_tb(error.__traceback__) if "tfl_lite_suite" in one.filename]
        frame = own[-1] if own else frame
        return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"
    return OK


def keep(path: str, name: str, given: argparse.Namespace, outcome: Outcome) -> None:
    """Writes what came of a reader beside what is known of the others."""
    summary = {
        "executions": given.executions,
        "seed": given.seed,
        "memory_mib": given.memory,
        "seconds": round(outcome.seconds),
        "read": outcome.kinds[OK],
        "refused": outcome.kinds[REFUSED],
        "findings": outcome.findings,
    }
    files.write_json(path, {**(files.read_json(path) or {}), name: summary})


def main() -> None:
    """Prints a line a reader, and one a finding."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--readers", default=",".join(fuzz_readers.READERS), help="Comma-separated; all if absent.")
    parser.add_argument("--executions", type=int, default=10_000, help="Files for each reader.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", type=int, default=1024, help="MiB that reading one file may take.")
    parser.add_argument("--output", help="Folder for the first file of each finding.")
    parser.add_argument("--results", help="JSON file in which a summary of each reader is kept.")
    given = parser.parse_args()
    failed = False
    for name in given.readers.split(","):
        if name not in fuzz_readers.READERS:
            sys.exit(f"error: --readers: unknown reader '{name}'. Known: {', '.join(fuzz_readers.READERS)}")
        if name.startswith("java_") and not fuzz_java.installed():
            print(f"{name}: left out, there is no Java compiler", flush=True)
            continue
        outcome = fuzz(name, given.executions, given.seed, given.memory << 20)
        kinds = ", ".join(f"{count} {kind}" for kind, count in outcome.kinds.most_common())
        print(f"{name}: {given.executions} executions in {outcome.seconds:.0f} s: {kinds}", flush=True)
        failed |= bool(outcome.findings)
        if given.results:
            keep(given.results, name, given, outcome)
        for kind, number in outcome.first.items():
            print(f"  {kind}: execution {number}", flush=True)
            if given.output:
                pathlib.Path(given.output).mkdir(parents=True, exist_ok=True)
                samples = fuzz_readers.READERS[name].samples()
                file = pathlib.Path(given.output) / f"{name}-{given.seed}-{number}{fuzz_readers.READERS[name].suffix}"
                file.write_bytes(mutated(name, given.seed, number, samples))
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
