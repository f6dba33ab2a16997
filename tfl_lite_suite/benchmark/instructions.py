"""Guest instructions of one inference on an emulated ARM CPU: a deterministic stand-in for its cost, not a time.

The real aarch64 runtime runs under QEMU with a plugin that counts (`tools/pi/count_instructions.c`). Instructions
differ in what they cost, and caches and memory do not count at all: compare networks, never two machines.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from tfl_lite_suite.benchmark.job import Job, random_tensor
from tfl_lite_suite.benchmark.result import CpuInstructions, Instructions
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import engines

WHAT = "guest instructions of one inference under emulation: a deterministic stand-in for ARM cost, not a time"
BOARDS = {"cortex-a72": "Raspberry Pi 4", "cortex-a76": "Raspberry Pi 5"}
# LiteRT's wheel crashes under the last QEMU that Debian builds with plugins.
ENGINE = "tflite_runtime"
_MARK = 0x7CA11ED
_RUNS, _WARMUP_RUNS = 9, 2
_MOST_SECONDS = 3600
_CODE = "from tfl_lite_suite.benchmark import instructions; instructions.run_marked()"


def count(job: Job) -> Instructions:
    """Counts the instructions of a model's inferences on each emulated CPU.

    Args:
        job: The model, kernels and seed; the engine must be `ENGINE`, and one thread counts.

    Returns:
        What was counted.

    Raises:
        SuiteError: If the emulator is not prepared, or the model does not run there.
    """
    folder = cache_folder() / "emulated_pi"
    if not (folder / "count_instructions.so").is_file():
        raise SuiteError(
            f"--count_instructions: no emulator in {folder}. In a checkout run: bash tools/pi/emulate.sh --only=prepare"
        )
    if job.engine != ENGINE:
        raise SuiteError(f"--count_instructions: only {ENGINE} runs in the emulator. Received: --engine={job.engine}")
    qemu = _qemu(folder / "qemu_plugins")
    cpus, version = [], ""
    for cpu, board in BOARDS.items():
        counts, version = _counts(folder, [*qemu, "-cpu", cpu], job)
        cpus.append(CpuInstructions(cpu, board, int(np.median(counts)), min(counts), max(counts)))
    emulator = subprocess.run([*qemu, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    return Instructions(WHAT, emulator, job.engine, version, _RUNS, tuple(cpus))


def run_marked() -> None:
    """Runs a model in the emulator, with a mark before and after every inference; the job is JSON on stdin."""
    job = Job(**json.load(sys.stdin))
    engine = engines.get(job.engine)
    session = engine.open(job.model, kernels=job.kernels)
    session.set_input(random_tensor(session.input, job.seed))
    for _ in range(_WARMUP_RUNS):
        session.run()
    # Two marks with nothing between them tell what a mark costs.
    _mark()
    _mark()
    for _ in range(_RUNS):
        session.run()
        _mark()
    print(engine.version)


def between(marks: list[int]) -> list[int]:
    """Returns the instructions of each inference, from the numbers noted at the marks."""
    steps = [after - before for before, after in zip(marks, marks[1:], strict=False)]
    return [step - steps[0] for step in steps[1:]]


def _mark() -> None:
    """A system call that changes nothing, and that the plugin looks for."""
    try:
        os.getpriority(os.PRIO_PROCESS, _MARK)
    except OSError:
        pass


def _qemu(root: pathlib.Path) -> list[str]:
    """Returns the command of a QEMU that was unpacked with all its libraries, down to the C library's loader."""
    loader = next(root.glob("lib*/ld-linux-*.so.*"), root / "lib" / "ld.so")
    libraries = ":".join(str(folder) for folder in root.glob("**/*-linux-gnu") if folder.is_dir())
    return [str(loader), "--library-path", libraries, str(root / "usr" / "bin" / "qemu-aarch64")]


def _counts(folder: pathlib.Path, emulator: list[str], job: Job) -> tuple[list[int], str]:
    """Returns the instructions of each inference, and the runtime's version in the emulator."""
    root = folder / "bookworm-arm64"
    python = next((root / "usr" / "bin").glob("python3.*[0-9]"))
    package = pathlib.Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{folder / 'site-packages'}:{package}", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    given = {"model": os.path.abspath(job.model), "engine": job.engine, "kernels": job.kernels, "seed": job.seed}
    with tempfile.TemporaryDirectory() as scratch:
        marks = pathlib.Path(scratch) / "marks"
        plugin = f"{folder / 'count_instructions.so'},out={marks}"
        done = subprocess.run(
            [*emulator, "-plugin", plugin, "-L", str(root), str(python), "-B", "-c", _CODE],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=_MOST_SECONDS,
        )
        found = [int(line) for line in marks.read_text().split()] if marks.is_file() else []
    if done.returncode or len(found) != _RUNS + 2:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SuiteError(f"--count_instructions: '{job.model}' does not run in the emulator: {last}")
    return between(found), done.stdout.strip()
