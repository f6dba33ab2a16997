import os

import pytest
import tool_modules


@pytest.fixture(scope="module")
def soak_watch():
    pytest.importorskip("paho.mqtt", reason="paho-mqtt is not installed")
    return tool_modules.load("soak_watch")


def test_memory_is_that_of_the_process(soak_watch):
    before = soak_watch.resident_bytes(os.getpid())
    block = bytearray(os.urandom(1 << 20)) * 64
    assert soak_watch.resident_bytes(os.getpid()) - before > 0.8 * len(block)
    assert soak_watch.resident_bytes(1 << 30) == 0
