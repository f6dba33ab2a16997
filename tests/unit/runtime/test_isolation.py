import os
import signal
import sys
import time

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import isolation


def test_returns_what_the_function_returned_and_passes_events_on():
    events = []

    def work(emit):
        emit("begun")
        emit({"share": 0.5})
        return os.getpid(), b"x" * 300_000

    pid, block = isolation.call(work, "the work", events.append)
    assert pid != os.getpid() and len(block) == 300_000
    assert events == ["begun", {"share": 0.5}]


def test_what_the_child_prints_stays_off_the_terminal(capfd):
    def work(emit):
        print("noise on stdout")
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")

    isolation.call(work, "the work")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_child_killed_by_a_signal_is_one_line_with_its_name(number):
    def work(emit):
        os.write(2, b"the last words\n")
        os.kill(os.getpid(), number)

    with pytest.raises(SuiteError) as caught:
        isolation.call(work, "'x.tflite' on litert")
    message = str(caught.value)
    assert number.name in message and "'x.tflite' on litert" in message and "the last words" in message
    assert "\n" not in message
    assert ("out of memory" in message) == (number == signal.SIGKILL)


def test_a_real_segmentation_fault_leaves_the_parent_alive():
    def work(emit):
        import ctypes

        ctypes.string_at(1)

    with pytest.raises(SuiteError, match="SIGSEGV"):
        isolation.call(work, "the work")


def test_an_error_in_the_child_is_told():
    def user_error(emit):
        raise SuiteError("the file is wrong")

    with pytest.raises(SuiteError, match="^the file is wrong$"):
        isolation.call(user_error, "the work")
    with pytest.raises(SuiteError, match="unexpected ZeroDivisionError"):
        isolation.call(lambda emit: 1 // 0, "the work")


def test_a_child_that_leaves_early_is_told():
    with pytest.raises(SuiteError, match="ended by itself with status 7"):
        isolation.call(lambda emit: os._exit(7), "the work")


def test_ticks_come_while_the_child_is_busy():
    reading, writing = os.pipe()
    busy_until_a_tick = lambda emit: os.read(reading, 1)  # noqa: E731
    given = isolation.call(busy_until_a_tick, "the work", on_tick=lambda: os.write(writing, b"tick"), tick_seconds=0.02)
    os.close(reading)
    os.close(writing)
    assert given == b"t"


def own_children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return set(file.read().split())


def test_no_process_and_no_descriptor_is_left_behind():
    before, children = set(os.listdir("/proc/self/fd")), own_children()
    for _ in range(3):
        isolation.call(lambda emit: None, "the work")
        with pytest.raises(SuiteError):
            isolation.call(lambda emit: os._exit(1), "the work")
    child = isolation.Child(lambda emit: time.sleep(60), "the work")
    child.close()
    del child
    assert set(os.listdir("/proc/self/fd")) == before
    assert own_children() == children


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_the_child_ends_with_its_parent():
    reading, writing = os.pipe()
    middle = os.fork()
    if not middle:
        child = isolation.Child(lambda emit: (emit("ready"), time.sleep(60)), "the work")
        child.receive(lambda event: None)
        os.write(writing, str(child.pid).encode())
        os._exit(0)
    os.waitpid(middle, 0)
    pid = int(os.read(reading, 20))
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid}") or "\nState:\tZ" in open(f"/proc/{pid}/status").read():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child outlived its parent")


def test_a_child_has_the_memory_and_the_time_that_it_is_given():
    def greedy(emit):
        return len(bytearray(1 << 30))

    def busy(emit):
        while True:
            pass

    with pytest.raises(SuiteError, match="not enough memory"):
        isolation.call(greedy, "greedy", limits=isolation.Limits(memory=256 << 20))
    assert isolation.call(greedy, "greedy", limits=isolation.Limits(memory=2 << 30)) == 1 << 30
    with pytest.raises(SuiteError, match="busy: not done within 1 s of the processor"):
        isolation.call(busy, "busy", limits=isolation.Limits(cpu_seconds=1))


def test_an_inference_that_never_ends_is_told(monkeypatch):
    monkeypatch.setattr(isolation, "INFERENCE_SECONDS", 1)

    def endless(emit):
        with isolation.one_inference():
            time.sleep(60)

    def quick(emit):
        with isolation.one_inference():
            pass
        time.sleep(1.2)
        return "done"

    with pytest.raises(SuiteError, match="endless: one inference did not end within 1 s"):
        isolation.call(endless, "endless")
    assert isolation.call(quick, "quick") == "done"
