import os
import subprocess
import sys
import time

import pytest

from tfl_lite_suite.runtime import machine


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.fixture
def pi(tmp_path):
    """The files of a Raspberry Pi 4 at 600 MHz and 51 °C."""
    write(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\nmodel name\t: Cortex-A72\n")
    write(tmp_path, "etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    write(tmp_path, "proc/stat", "cpu  100 0 50 1000 0 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8\n")
    for cpu in range(4):
        write(tmp_path, f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor", "ondemand\n")
        write(tmp_path, f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", "600000\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "51234\n")
    return tmp_path


def test_describes_the_board(pi):
    found = machine.describe(pi)
    assert found["board"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert found["cpu"] == "Cortex-A72"
    assert found["os"].startswith("Debian GNU/Linux 12")
    assert (found["governor"], found["frequency_mhz"], found["temperature_c"]) == ("ondemand", 600.0, 51.234)


def test_what_is_unknown_is_null(tmp_path):
    found = machine.describe(tmp_path)
    assert found["board"] is found["governor"] is found["frequency_mhz"] is found["temperature_c"] is None
    assert found["cores"] == os.cpu_count()


def test_a_quiet_machine_is_valid(pi):
    watch = machine.LoadWatch(1, pi)
    time.sleep(0.02)
    figures, reasons = watch.finish()
    assert reasons == [] and figures["others"] == 0


def test_other_processes_make_it_invalid(pi):
    watch = machine.LoadWatch(1, pi)
    time.sleep(0.05)
    write(pi, "proc/stat", f"cpu  {100 + 100_000 * (os.cpu_count() or 1)} 0 50 1000 0 0 0 0 0 0\n")
    figures, (reason,) = watch.finish()
    assert figures["others"] > 1 and "other processes" in reason


def test_the_hypervisor_makes_it_invalid(pi):
    watch = machine.LoadWatch(1, pi)
    time.sleep(0.02)
    write(pi, "proc/stat", "cpu  100 0 50 1000 0 0 0 90000 0 0\n")
    assert "hypervisor" in " ".join(watch.finish()[1])


def test_a_falling_frequency_makes_it_invalid(pi):
    for cpu in range(4):
        write(pi, f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", "1500000\n")
    watch = machine.LoadWatch(1, pi)
    for cpu in range(4):
        write(pi, f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", "1000000\n")
    assert "slowed from 1500 to 1000 MHz" in " ".join(watch.finish()[1])


@pytest.mark.parametrize(("bits", "valid"), [("0", True), ("50000", True), ("50005", False)])
def test_the_pis_firmware_is_asked(pi, bits, valid):
    watch = machine.LoadWatch(1, pi)
    write(pi, "sys/devices/platform/soc/soc:firmware/get_throttled", bits + "\n")
    assert (watch.finish()[1] == []) == valid


def test_throttle_events_make_it_invalid(pi):
    path = "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"
    write(pi, path, "3\n")
    watch = machine.LoadWatch(1, pi)
    write(pi, path, "4\n")
    assert "throttled" in " ".join(watch.finish()[1])


def test_the_age_of_a_process():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    time.sleep(0.3)
    age = machine.seconds_since_process_start(child.pid)
    child.communicate(b"\n")
    assert 0.25 <= age < 60
    assert machine.seconds_since_process_start(2**22 + 1) is None
