import os
import pathlib
import platform
import shutil
import subprocess
import sys

import pytest
from tool_modules import load

avx2 = load("avx2/run")

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or not all(map(shutil.which, ("gcc", "objdump", "readelf"))),
    reason="needs gcc and binutils on x86-64",
)
LIBRARY = """
#include <cpuid.h>
unsigned asked(unsigned part, int which) {
    unsigned found[4];
    __cpuid_count(7, part, found[0], found[1], found[2], found[3]);
    return found[which];
}
"""
ASK = "import ctypes, sys; asked = ctypes.CDLL(sys.argv[1]).asked; print(*(asked(0, which) for which in range(4)))"


def test_a_library_sees_a_processor_with_avx2(tmp_path, monkeypatch):
    """As LiteRT's libraries are changed, so is a small one here, and the rest of what it is answered stays true."""
    packages = tmp_path / "packages"
    (packages / avx2.PACKAGE).mkdir(parents=True)
    (packages / avx2.PACKAGE / "__init__.py").touch()
    (tmp_path / "library.c").write_text(LIBRARY)
    for name in avx2.LIBRARIES:
        command = ["gcc", "-shared", "-fPIC", "-o", packages / avx2.PACKAGE / name, tmp_path / "library.c"]
        subprocess.check_call(command)
    monkeypatch.setattr(sys, "path", [str(packages), *sys.path])
    monkeypatch.delitem(sys.modules, avx2.PACKAGE, raising=False)
    (tmp_path / "changed").mkdir()
    variables = avx2.environment(tmp_path / "changed")
    before, after = (
        list(map(int, subprocess.check_output([sys.executable, "-c", ASK, library], env=env).split()))
        for library, env in (
            (packages / avx2.PACKAGE / avx2.LIBRARIES[0], os.environ),
            (tmp_path / "changed" / avx2.PACKAGE / avx2.LIBRARIES[0], {**os.environ, **variables}),
        )
    )
    avx512f, vnni, avx2_bit = 1 << 16, 1 << 11, 1 << 5
    assert not after[1] & avx512f and not after[2] & vnni
    assert after[1] & avx2_bit == before[1] & avx2_bit and after[0] == before[0]
    assert pathlib.Path(variables["CPUID_WITNESS"]).exists()
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path / "changed")


def test_a_command_that_does_not_run_litert_is_told_apart(tmp_path, monkeypatch):
    witness = tmp_path / "asked"
    monkeypatch.setattr(avx2, "environment", lambda folder: {"CPUID_WITNESS": str(witness)})
    monkeypatch.setattr(sys, "argv", ["run.py", "true"])
    with pytest.raises(SystemExit, match="did not run LiteRT"):
        avx2.main()
    witness.touch()
    monkeypatch.setattr(sys, "argv", ["run.py", "false"])
    with pytest.raises(SystemExit, match="1"):
        avx2.main()
