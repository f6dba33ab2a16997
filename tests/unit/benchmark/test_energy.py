import pytest

from tfl_lite_suite.benchmark import energy


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_no_counter_no_meter(tmp_path):
    assert energy.find(tmp_path) is None


def test_rapl_sums_packages_and_understands_a_wrap(tmp_path):
    for number, begin in enumerate((1_000_000, 9_500_000)):
        write(tmp_path, f"sys/class/powercap/intel-rapl:{number}/energy_uj", f"{begin}\n")
        write(tmp_path, f"sys/class/powercap/intel-rapl:{number}/max_energy_range_uj", "10000000\n")
    write(tmp_path, "sys/class/powercap/intel-rapl:0:0/energy_uj", "77\n")
    meter = energy.find(tmp_path)
    assert "RAPL" in meter.method
    meter.start()
    write(tmp_path, "sys/class/powercap/intel-rapl:0/energy_uj", "3000000\n")
    write(tmp_path, "sys/class/powercap/intel-rapl:1/energy_uj", "500000\n")
    assert meter.stop() == pytest.approx(2.0 + 1.0)


def test_a_sensor_on_the_supply_is_preferred_and_integrated(tmp_path, monkeypatch):
    write(tmp_path, "sys/class/powercap/intel-rapl:0/energy_uj", "1\n")
    write(tmp_path, "sys/class/hwmon/hwmon0/name", "coretemp\n")
    write(tmp_path, "sys/class/hwmon/hwmon1/name", "ina219\n")
    write(tmp_path, "sys/class/hwmon/hwmon1/power1_input", "4000000\n")
    clock = [0.0]
    monkeypatch.setattr(energy.time, "monotonic", lambda: clock[0])
    meter = energy.find(tmp_path)
    assert "INA219" in meter.method
    meter.start()
    clock[0] = 1.0
    meter.sample()
    write(tmp_path, "sys/class/hwmon/hwmon1/power1_input", "6000000\n")
    clock[0] = 3.0
    assert meter.stop() == pytest.approx(4 * 1 + (4 + 6) / 2 * 2)


def test_the_rails_of_a_pi_5():
    text = """    3V7_WL_SW_A current(0)=0.10000000A
   VDD_CORE_A current(7)=1.50000000A
    EXT5V_V volt(24)=5.10000000V
   3V7_WL_SW_V volt(8)=3.70000000V
     VDD_CORE_V volt(15)=0.80000000V
"""
    assert energy.rails_watts(text) == pytest.approx(0.1 * 3.7 + 1.5 * 0.8)
    assert energy.rails_watts('error=1 error_msg="Command not registered"') == 0
