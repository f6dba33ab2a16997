import json
import os
import shutil
import subprocess
import sys

import pytest
import quadrant_models

from tfl_lite_suite.benchmark import instructions, text
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Measurement
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError

EMULATOR = cache_folder() / "emulated_pi" / "count_instructions.so"


@pytest.fixture
def model(tmp_path):
    """A small int8 `.tflite` file."""
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    return path


# In the place of QEMU: runs the guest's command with this Python, and writes marks as the plugin would.
STAND_IN = """
import pathlib, subprocess, sys
arguments = sys.argv[1:]
if arguments == ["--version"]:
    sys.exit(print("stand-in 1.0"))
cpu, plugin = arguments[1], arguments[3]
assert arguments[0] == "-cpu" and arguments[2] == "-plugin" and arguments[4] == "-L"
root = pathlib.Path(arguments[5])
part = "0xd08" if cpu == "cortex-a72" else "0xd0b"
assert part in (root / "proc" / "cpuinfo").read_text() and (root / "usr" / "bin").is_dir()
base = 1000 if cpu == "cortex-a72" else 2000
marks = [0, 7] + [7 + (base + 7) * n for n in range(1, 4)]
pathlib.Path(plugin.partition(",out=")[2]).write_text("".join(f"{mark}\\n" for mark in marks))
sys.exit(subprocess.call([sys.executable, *arguments[7:]]))
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "emulated_pi"
    (folder / "bookworm-arm64" / "usr" / "bin").mkdir(parents=True)
    (folder / "bookworm-arm64" / "usr" / "bin" / "python3.11").touch()
    (folder / "count_instructions.so").touch()
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    monkeypatch.setattr(instructions, "_qemu", lambda root: [sys.executable, str(tmp_path / "stand_in.py")])


def test_what_a_mark_costs_is_taken_off():
    assert instructions.between([100, 107, 1114, 2121]) == [1000, 1000]


def test_each_cpu_has_its_figures(stand_in, model):
    found = instructions.count(Job(str(model), "tflite_runtime"))
    assert [(item.cpu, item.per_inference) for item in found.cpus] == [
        ("cortex-a72", 1000),
        ("cortex-a76", 2000),
    ]
    assert "deterministic stand-in for ARM cost, not a time" in found.what
    assert (found.emulator, found.engine_version) == ("stand-in 1.0", "2.14.0")


def test_a_model_that_does_not_run_is_told(stand_in, tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"x" * 100)
    with pytest.raises(SuiteError, match="bad.tflite' does not run in the emulator"):
        instructions.count(Job(str(tmp_path / "bad.tflite"), "tflite_runtime"))


def test_what_cannot_be_counted(stand_in, model, monkeypatch, tmp_path):
    with pytest.raises(SuiteError, match="only litert and tflite_runtime run in the emulator. Received: 'ncnn'"):
        instructions.count(Job(str(model), "ncnn"))
    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path / "empty"))
    with pytest.raises(SuiteError, match="no emulator in .*emulate.sh --only=prepare"):
        instructions.count(Job(str(model), "tflite_runtime"))


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_plugin_compiles_and_exports_what_qemu_looks_for(tmp_path):
    plugin = tmp_path / "plugin.so"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "tools/pi/count_instructions.c"]
    subprocess.run([*command, "-o", str(plugin)], check=True)
    names = plugin.read_bytes()
    assert b"qemu_plugin_version\0" in names and b"qemu_plugin_install\0" in names
    with open("tools/pi/count_instructions.c", encoding="utf-8") as file:
        assert f"MARK = {instructions._MARK:#x}" in file.read()


@pytest.mark.skipif(not EMULATOR.is_file(), reason="no emulator: bash tools/pi/emulate.sh --only=prepare")
def test_counts_are_repeatable_in_the_real_emulator(model):
    flags = [f"--model={model}", "--engine=litert", "--count_instructions", "--runs=5", "--min_seconds=0"]
    environment = {name: value for name, value in os.environ.items() if name != "TFL_LITE_SUITE_CACHE"}
    command = [sys.executable, "-m", "tfl_lite_suite.benchmark", "--json", *flags]
    done = [subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300) for _ in range(2)]
    assert all(one.returncode in (0, 3) for one in done), done[0].stderr
    first, second = (json.loads(one.stdout) for one in done)
    for one, other in zip(first["instructions"]["cpus"], second["instructions"]["cpus"], strict=True):
        assert one["per_inference"] == pytest.approx(other["per_inference"], rel=0.01)
        assert 1_000 < one["per_inference"] < 1_000_000
    shown = text.show(Measurement.from_document(first))
    assert "instructions" in shown and "not a time" in shown
