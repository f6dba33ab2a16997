"""What Arm's compiler Vela expects of a model on Ethos-U neural processors. An estimate; no such processor ran it."""

import csv
import dataclasses
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

_RUN = "import sys; from ethosu.vela.vela import main; sys.exit(main())"
CONFIGURATIONS = ("ethos-u55-128", "ethos-u65-256")


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimate for one processor.

    Attributes:
        processor: Its configuration, as Vela calls it.
        npu_operators: Operators that the neural processor takes.
        cpu_operators: Operators that are left to the processor beside it.
        sram_bytes: Fast memory that is used at once.
        flash_bytes: Memory of the weights.
        cycles: Of one inference.
        inferences_per_s: At the processor's usual clock.
    """

    processor: str
    npu_operators: int
    cpu_operators: int
    sram_bytes: int
    flash_bytes: int
    cycles: int
    inferences_per_s: float


def available() -> bool:
    """Whether Vela is installed."""
    return importlib.util.find_spec("ethosu") is not None


def estimate(model: pathlib.Path, processor: str) -> Estimate | None:
    """Compiles a model; returns `None` where Vela fails.

    Args:
        model: The `.tflite` file.
        processor: One of `CONFIGURATIONS`.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _RUN, str(model), f"--accelerator-config={processor}"]
        done = subprocess.run([*command, f"--output-dir={folder}"], capture_output=True, text=True, check=False)
        tables = list(pathlib.Path(folder).glob("*_summary_*.csv"))
        if done.returncode or not tables:
            return None
        with open(tables[0], encoding="utf-8") as file:
            row = next(csv.DictReader(file))
    counts = {kind: int(found) for kind, found in re.findall(r"(CPU|NPU) operators = (\d+)", done.stdout)}
    kilo = 1024
    return Estimate(
        processor,
        counts.get("NPU", 0),
        counts.get("CPU", 0),
        round(float(row["sram_memory_used"]) * kilo),
        round(float(row.get("off_chip_flash_memory_used") or 0) * kilo),
        round(float(row["cycles_total"])),
        float(row["inferences_per_second"]),
    )
