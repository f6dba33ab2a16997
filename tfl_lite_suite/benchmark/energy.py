"""Energy counters of the machine: RAPL, the Raspberry Pi 5's power chip, an INA219 family sensor."""

import abc
import pathlib
import re
import shutil
import subprocess
import time

_ROOT = pathlib.Path("/")
_SENSORS = ("ina219", "ina220", "ina226", "ina230", "ina231")


class Meter(abc.ABC):
    """Measures the energy between `start` and `stop`.

    Attributes:
        method: What is measured and how, for the document.
    """

    method: str

    @abc.abstractmethod
    def start(self) -> None:
        """Begins."""

    def sample(self) -> None:
        """Called several times a second in between; meters of power read it here."""
        return None

    @abc.abstractmethod
    def stop(self) -> float | None:
        """Returns the joules since `start`, or `None` if the counter could not be read."""


class RaplMeter(Meter):
    """The energy counters of x86 packages."""

    def __init__(self, zones: list[pathlib.Path]) -> None:
        self.method = "RAPL, CPU packages, the whole machine's load"
        self._zones = zones
        self._begin: list[int] = []

    def start(self) -> None:
        """Reads the counters."""
        self._begin = [int((zone / "energy_uj").read_text()) for zone in self._zones]

    def stop(self) -> float | None:
        """Returns the joules; counters that wrapped round once are understood."""
        total = 0
        for zone, begin in zip(self._zones, self._begin, strict=True):
            spent = int((zone / "energy_uj").read_text()) - begin
            total += spent if spent >= 0 else spent + int((zone / "max_energy_range_uj").read_text())
        return total / 1e6


class PowerMeter(Meter):
    """Integrates a reading of power over time, by trapezoids."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []

    @abc.abstractmethod
    def watts(self) -> float:
        """Reads the present power, in watts."""

    def start(self) -> None:
        """Takes the first reading."""
        self._samples = []
        self.sample()

    def sample(self) -> None:
        """Takes a reading."""
        self._samples.append((time.monotonic(), self.watts()))

    def stop(self) -> float | None:
        """Returns the joules."""
        self.sample()
        pairs = zip(self._samples, self._samples[1:], strict=False)
        return sum((after - before) * (first + last) / 2 for (before, first), (after, last) in pairs)


class SensorMeter(PowerMeter):
    """A power sensor that Linux shows as a hwmon device."""

    def __init__(self, name: str, power: pathlib.Path) -> None:
        super().__init__()
        self.method = f"{name.upper()} power sensor (hwmon), the whole board or what it is wired to"
        self._power = power

    def watts(self) -> float:
        """Reads the sensor."""
        return int(self._power.read_text()) / 1e6


class PiMeter(PowerMeter):
    """The Raspberry Pi 5's power management chip: the sum of its rails, without USB devices and the chip's own loss."""

    def __init__(self, vcgencmd: str) -> None:
        super().__init__()
        self.method = "Raspberry Pi 5 PMIC (vcgencmd pmic_read_adc), sum of the rails, the whole board's load"
        self._vcgencmd = vcgencmd

    def watts(self) -> float:
        """Reads every rail's current and voltage."""
        return rails_watts(subprocess.run([self._vcgencmd, "pmic_read_adc"], capture_output=True, text=True).stdout)


def rails_watts(text: str) -> float:
    """Returns the power of all rails in what `vcgencmd pmic_read_adc` prints; 0.0 if there is no rail.

    Args:
        text: Lines such as ` VDD_CORE_A current(7)=1.42A` and ` VDD_CORE_V volt(15)=0.87V`.
    """
    amperes = dict(re.findall(r"(\w+)_A current\(\d+\)=([0-9.]+)A", text))
    volts = dict(re.findall(r"(\w+)_V volt\(\d+\)=([0-9.]+)V", text))
    return sum(float(current) * float(volts[rail]) for rail, current in amperes.items() if rail in volts)


def find(root: pathlib.Path = _ROOT) -> Meter | None:
    """Returns the best meter that can be read here, or `None`: a sensor on the supply, the Pi 5's chip, RAPL."""
    for device in sorted(root.glob("sys/class/hwmon/hwmon*")):
        power = device / "power1_input"
        if _readable(device / "name") in _SENSORS and _readable(power):
            return SensorMeter(_readable(device / "name"), power)
    vcgencmd = shutil.which("vcgencmd") if root == _ROOT else None
    if vcgencmd:
        meter = PiMeter(vcgencmd)
        if meter.watts() > 0:
            return meter
    zones = [zone for zone in sorted(root.glob("sys/class/powercap/intel-rapl:*")) if zone.name.count(":") == 1]
    packages = [zone for zone in zones if _readable(zone / "energy_uj")]
    return RaplMeter(packages) if packages else None


def _readable(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
