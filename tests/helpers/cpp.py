"""The C++ sources of `export --to=micro`, compiled with the host's compiler."""

import shutil
import subprocess

import pytest

from tfl_lite_suite.export.micro import exporter

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
FLAGS = ("-std=c++17", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")


def compile(folder, main, *sources, settings=None):
    """Compiles a program from its own source and those of the package; returns the binary."""
    (folder / "program.cc").write_text(main)
    if settings is not None:
        (folder / "settings.h").write_text(settings)
    paths = [str(exporter.SOURCES / name) for name in sources]
    command = ["g++", *FLAGS, f"-I{folder}", f"-I{exporter.SOURCES}", "program.cc", *paths, "-o", "program"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "program"
