r"""Runs a command as on an x86 without VNNI and AVX-512: LiteRT and oneDNN see a processor with AVX2.

    python tools/measure_latency.py work/latency --only=full_size --only_convert
    python tools/avx2/run.py python tools/measure_latency.py work/latency --only=full_size \
        --output=docs/results/latency_avx2.json

LiteRT chooses its kernels by the instruction CPUID. In a copy of the installed package that instruction is replaced
by one that the processor refuses, and `answer_cpuid.c` answers instead. What is timed are the kernels that a processor
with AVX2 runs, on this processor. Needs Linux on x86-64, and `gcc`, `objdump` and `readelf`. TensorFlow's own
interpreter is left as it is.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PACKAGE = "ai_edge_litert"
LIBRARIES = ("libpywrap_litert_common.so", "libLiteRt.so")
_CPUID, _UD2 = b"\x0f\xa2", b"\x0f\x0b"
_SEGMENT = re.compile(r"^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\s*(\w+):\s+cpuid\s*$")
_SOURCE = pathlib.Path(__file__).with_name("answer_cpuid.c")


def addresses(library: pathlib.Path) -> list[int]:
    """Returns where the CPUID instructions of a library are when it is loaded at 0."""
    command = ["objdump", "--disassemble", "--no-show-raw-insn", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = [int(match[1], 16) for line in process.stdout if (match := _INSTRUCTION.match(line))]
    if process.returncode:
        sys.exit(f"objdump failed on {library}")
    return found


def replaced(content: bytes, segments: str, places: list[int]) -> bytes:
    """Returns a library's bytes with UD2 in place of the CPUID instructions.

    Args:
        content: The library.
        segments: What `readelf --segments --wide` prints of it.
        places: What `addresses` found.
    """
    parts = [[int(number, 16) for number in match.groups()] for match in _SEGMENT.finditer(segments)]
    changed = bytearray(content)
    for place in places:
        offset = next(offset + place - start for offset, start, size in parts if start <= place < start + size)
        assert changed[offset : offset + 2] == _CPUID
        changed[offset : offset + 2] = _UD2
    return bytes(changed)


def environment(folder: pathlib.Path) -> dict[str, str]:
    """Prepares the copy of LiteRT and the library that answers, and returns the variables that put them in place."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        sys.exit(f"{PACKAGE} is not installed for {sys.executable}")
    shutil.copytree(pathlib.Path(spec.origin).parent, folder / PACKAGE)
    for name in LIBRARIES:
        library = folder / PACKAGE / name
        segments = subprocess.check_output(["readelf", "--segments", "--wide", str(library)], text=True)
        library.write_bytes(replaced(library.read_bytes(), segments, addresses(library)))
    answering = folder / "answer_cpuid.so"
    subprocess.check_call(["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", answering, _SOURCE])
    before = os.environ.get("PYTHONPATH")
    return {
        "LD_PRELOAD": str(answering),
        "CPUID_WITNESS": str(folder / "asked"),
        "PYTHONPATH": os.pathsep.join([str(folder), *([before] if before else [])]),
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    }


def main() -> None:
    """Runs the command and exits with its status, or with 1 if it never asked LiteRT for anything."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        with tempfile.TemporaryDirectory() as folder:
            variables = environment(pathlib.Path(folder))
            status = subprocess.call(sys.argv[1:], env={**os.environ, **variables})
            if not pathlib.Path(variables["CPUID_WITNESS"]).exists():
                sys.exit("the command did not run LiteRT from the copy, so nothing of it is a figure without VNNI")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
    sys.exit(status)


if __name__ == "__main__":
    main()
