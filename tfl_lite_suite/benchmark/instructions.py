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
from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.runtime import engines

WHAT = "guest instructions of one inference under emulation: a deterministic stand-in for ARM cost, not a time"
BOARDS = {"cortex-a72": "Raspberry Pi 4", "cortex-a76": "Raspberry Pi 5"}
ENGINES = ("litert", "tflite_runtime")
# As Linux tells of these CPUs: XNNPACK chooses its kernels by them. This QEMU shows the host's /proc/cpuinfo, in which
# LiteRT finds no ARM CPU and crashes.
_PARTS = {"cortex-a72": "0xd08", "cortex-a76": "0xd0b"}
_CPU_INFO = "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: {}\n\n"
_MARK = 0x7CA11ED
_RUNS, _WARMUP_RUNS = 3, 2
_MOST_SECONDS = 3600
_CODE = "from tfl_lite_suite.benchmark import instructions; instructions.run_marked()"


def is_prepared() -> bool:
    """Tells whether there is an emulator that counts; `tools/pi/emulate.sh --only=prepare` makes it."""
    return (_folder() / "count_instructions.so").is_file()


def count(job: Job) -> Instructions:
    """Counts the instructions of a model's inferences on each emulated CPU.

    Args:
        job: The model, kernels and seed; the engine must be one of `ENGINES`, and one thread counts.

    Returns:
        What was counted.

    Raises:
        SuiteError: If the emulator is not prepared, or the model does not run there.
    """
    folder = _folder()
    if not is_prepared():
        raise ArgumentError(
            "count_instructions", f"no emulator in {folder}. In a checkout run: bash tools/pi/emulate.sh --only=prepare"
        )
    if job.engine not in ENGINES:
        raise ArgumentError(
            "count_instructions", f"only {' and '.join(ENGINES)} run in the emulator. Received: '{job.engine}'"
        )
    qemu = _qemu(folder / "qemu_plugins")
    cpus, version = [], ""
    for cpu, board in BOARDS.items():
        counts, version = _counts(folder, [*qemu, "-cpu", cpu], _CPU_INFO.format(_PARTS[cpu]), job)
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


def _folder() -> pathlib.Path:
    return cache_folder() / "emulated_pi"


def _qemu(root: pathlib.Path) -> list[str]:
    """Returns the command of a QEMU that was unpacked with all its libraries, down to the C library's loader."""
    loader = next(root.glob("lib*/ld-linux-*.so.*"), root / "lib" / "ld.so")
    libraries = ":".join(str(folder) for folder in root.glob("**/*-linux-gnu") if folder.is_dir())
    return [str(loader), "--library-path", libraries, str(root / "usr" / "bin" / "qemu-aarch64")]


def _counts(folder: pathlib.Path, emulator: list[str], cpu_info: str, job: Job) -> tuple[list[int], str]:
    """Returns the instructions of each inference, and the runtime's version in the emulator."""
    debian = folder / "bookworm-arm64"
    python = next((debian / "usr" / "bin").glob("python3.*[0-9]"))
    package = pathlib.Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{folder / 'site-packages'}:{package}", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    given = {"model": os.path.abspath(job.model), "engine": job.engine, "kernels": job.kernels, "seed": job.seed}
    with tempfile.TemporaryDirectory() as scratch:
        root, marks = pathlib.Path(scratch) / "root", pathlib.Path(scratch) / "marks"
        _overlay(debian, root, cpu_info)
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
        raise ArgumentError("count_instructions", f"'{job.model}' does not run in the emulator: {last}")
    return between(found), done.stdout.strip()


def _overlay(debian: pathlib.Path, root: pathlib.Path, cpu_info: str) -> None:
    """Makes a root folder of links to a Debian's, with a `/proc/cpuinfo` of its own."""
    (root / "proc").mkdir(parents=True)
    (root / "proc" / "cpuinfo").write_text(cpu_info)
    for entry in debian.iterdir():
        if entry.name != "proc":
            (root / entry.name).symlink_to(entry)
