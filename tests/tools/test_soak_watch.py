import subprocess
import sys
from subprocess import PIPE

import pytest
import tool_modules

BLOCK_BYTES = 64 << 20


@pytest.fixture(scope="module")
def soak_watch():
    pytest.importorskip("paho.mqtt", reason="paho-mqtt is not installed")
    return tool_modules.load("soak_watch")


def test_memory_is_that_of_the_process(soak_watch):
    code = f"print(); input(); block = bytearray(b'x') * {BLOCK_BYTES}; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-uc", code], stdin=PIPE, stdout=PIPE, text=True) as holder:
        holder.stdout.readline()
        before = soak_watch.resident_bytes(holder.pid)
        holder.stdin.write("\n")
        holder.stdin.flush()
        holder.stdout.readline()
        grown = soak_watch.resident_bytes(holder.pid) - before
        holder.communicate("\n")
    assert 0.8 * BLOCK_BYTES < grown < 1.5 * BLOCK_BYTES
    assert soak_watch.resident_bytes(1 << 30) == 0
