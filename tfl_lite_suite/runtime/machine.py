"""What machine this is, and what else it did during a measurement.

Read from Linux's `/proc` and `/sys`; of other systems little is known.

Every function takes the root of the file system, so that tests can lay out another machine's files.
"""

import dataclasses
import os
import pathlib
import resource
import time
from collections.abc import Callable

_ROOT = pathlib.Path("/")
_MOST_OTHERS = 0.10
_MOST_WAITING = 0.02
_MOST_STEAL = 0.02
_MOST_SLOWDOWN = 0.10
_PI_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits 0–3 of the Pi's firmware: under-voltage, frequency capped, throttled, soft temperature limit, now.
_PI_THROTTLED_NOW = 0xF


def describe(root: pathlib.Path = _ROOT) -> dict[str, object]:
    """Returns architecture, board, CPU, cores, system, governor, frequency and temperature; `None` where unknown."""
    system = os.uname()
    return {
        "machine": system.machine,
        "board": _text(root / "proc/device-tree/model"),
        "cpu": _cpu_model(root) or system.machine,
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "os": f"{_distribution(root) or system.sysname} (Linux {system.release})"
        if system.sysname == "Linux"
        else f"{system.sysname} {system.release}",
        "governor": _text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "frequency_mhz": frequency_mhz(root),
        "temperature_c": temperature_c(root),
    }


def usable_cores() -> int:
    """Returns how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def frequency_mhz(root: pathlib.Path = _ROOT) -> float | None:
    """Returns the fastest core's present frequency in MHz, where the system tells it."""
    values = [_number(path) for path in root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")]
    known = [value for value in values if value]
    return max(known) / 1000 if known else None


def temperature_c(root: pathlib.Path = _ROOT) -> float | None:
    """Returns the hottest thermal zone's temperature in °C, where the system tells it."""
    values = [_number(path) for path in root.glob("sys/class/thermal/thermal_zone*/temp")]
    known = [value for value in values if value is not None]
    return max(known) / 1000 if known else None


def seconds_since_process_start(pid: int, root: pathlib.Path = _ROOT) -> float | None:
    """Returns the age of a process in seconds, to the kernel's clock tick (10 ms); `None` where `/proc` is missing."""
    text = _text(root / f"proc/{pid}/stat")
    if text is None or not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    # The command's name stands in parentheses and may hold spaces; the start time is field 22.
    started = int(text.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


@dataclasses.dataclass(frozen=True)
class _Reading:
    wall: float
    own_cpu: float
    busy: float | None
    steal: float
    waiting: float | None
    throttle_events: int
    frequency: float | None


class LoadWatch:
    """Watches what disturbs a measurement: other processes, the hypervisor, heat.

    Args:
        threads: Threads that the measurement uses.
        own_cpu: Returns the CPU seconds of other processes that belong to the measurement.
    """

    def __init__(self, threads: int, root: pathlib.Path = _ROOT, own_cpu: Callable[[], float] = lambda: 0.0) -> None:
        self._root = root
        self._own_cpu = own_cpu
        self._threads = threads
        self._tick = 1 / os.sysconf("SC_CLK_TCK")
        self._cores = os.cpu_count() or 1
        self._first = self._read()

    def finish(self) -> tuple[dict[str, float | None], list[str]]:
        """Ends the watch.

        Returns:
            Figures for the document (`others`, `steal`: share of the whole machine; `waiting`: share of the time that
            ready threads of this process waited for a core), and one line for each reason why the measurement does
            not count.
        """
        first, last = self._first, self._read()
        wall = max(last.wall - first.wall, self._tick)
        steal = (last.steal - first.steal) / (wall * self._cores)
        others = waiting = None
        if first.busy is not None and last.busy is not None:
            # The counters tick every 10 ms on each core; what one tick could explain is not held against the run.
            seconds = last.busy - first.busy - (last.own_cpu - first.own_cpu) - self._tick * self._cores
            others = max(0.0, seconds) / (wall * self._cores)
        if first.waiting is not None and last.waiting is not None:
            waiting = max(0.0, last.waiting - first.waiting) / (wall * self._threads)
        figures = {"others": others, "waiting": waiting, "steal": steal}
        return {key: None if value is None else round(value, 4) for key, value in figures.items()}, _reasons(
            figures, first, last, _pi_throttled(self._root)
        )

    def _read(self) -> _Reading:
        busy, steal = _busy_and_steal(self._root, self._tick)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return _Reading(
            time.monotonic(),
            usage.ru_utime + usage.ru_stime + self._own_cpu(),
            busy,
            steal,
            _waiting(self._root),
            _throttle_events(self._root),
            frequency_mhz(self._root),
        )


def _reasons(figures: dict[str, float | None], first: _Reading, last: _Reading, pi_throttled: bool) -> list[str]:
    reasons = []
    if (figures["others"] or 0) > _MOST_OTHERS:
        reasons.append(f"other processes used {figures['others']:.0%} of the machine. Stop them and measure again")
    if (figures["waiting"] or 0) > _MOST_WAITING:
        reasons.append(
            f"the model waited for a core {figures['waiting']:.0%} of the time. Stop other processes, or use fewer "
            "threads"
        )
    if (figures["steal"] or 0) > _MOST_STEAL:
        reasons.append(f"the hypervisor took {figures['steal']:.0%} of the machine. Measure on a machine of its own")
    if last.throttle_events > first.throttle_events or pi_throttled:
        reasons.append("the CPU was throttled by heat or low voltage. Cool it, check the power supply, measure again")
    if first.frequency and last.frequency and last.frequency < (1 - _MOST_SLOWDOWN) * first.frequency:
        reasons.append(
            f"the CPU slowed from {first.frequency:.0f} to {last.frequency:.0f} MHz. Cool it, or set the governor to "
            "performance"
        )
    return reasons


def _busy_and_steal(root: pathlib.Path, tick: float) -> tuple[float | None, float]:
    """Seconds that all cores together were busy, and were taken by the hypervisor, since the system started."""
    text = _text(root / "proc/stat")
    if text is None:
        return None, 0.0
    user, nice, system, _, _, irq, softirq, steal = (int(value) * tick for value in text.split(None, 9)[1:9])
    return user + nice + system + irq + softirq, steal


def _waiting(root: pathlib.Path) -> float | None:
    """Seconds that this process's living threads were ready but had no core."""
    texts = [_text(path) for path in root.glob(f"proc/{os.getpid()}/task/*/schedstat")]
    return sum(int(text.split()[1]) for text in texts if text) / 1e9 if any(texts) else None


def _throttle_events(root: pathlib.Path) -> int:
    paths = root.glob("sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/*_throttle_count")
    return sum(int(_number(path) or 0) for path in paths)


def _pi_throttled(root: pathlib.Path) -> bool:
    text = _text(root / _PI_THROTTLED)
    return bool(text and int(text, 16) & _PI_THROTTLED_NOW)


def _cpu_model(root: pathlib.Path) -> str | None:
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return _text(root / "proc/device-tree/compatible")


def _distribution(root: pathlib.Path) -> str | None:
    for line in (_text(root / "etc/os-release") or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return None


def _number(path: pathlib.Path) -> float | None:
    try:
        return float(_text(path) or "")
    except ValueError:
        return None


def _text(path: pathlib.Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").replace("\0", " ").strip() or None
    except OSError:
        return None
