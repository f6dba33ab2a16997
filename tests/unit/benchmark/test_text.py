import pytest

from tfl_lite_suite.benchmark import text
from tfl_lite_suite.benchmark.result import ComparedModel, Comparison, Device

DEVICE = {
    "board": "Raspberry Pi 5",
    "cpu": "Cortex-A76",
    "cores": 4,
    "os": "Debian",
    "governor": "ondemand",
    "frequency_mhz": 2400.0,
    "temperature_c": 51.2,
}


def comparison(low, high):
    return Comparison(
        ratio=1.1,
        ratio_ci99=(low, high),
        models=(ComparedModel("/m/a.tflite", 10, 1.0), ComparedModel("/m/b.tflite", 10, 1.1)),
        pairs=60,
        rounds=12,
        threads=2,
        kernels="builtin",
        engine="litert",
        engine_version="2.3.0",
        device=Device.from_document(DEVICE),
        target="local",
        round_ratios=(),
        raw_ns=(),
        valid=True,
        warnings=("it was hot",),
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(1.05, 1.2, "b.tflite is slower"), (0.8, 0.9, "b.tflite is faster"), (0.9, 1.2, "no difference was found")],
)
def test_a_comparison_has_a_verdict(low, high, verdict):
    shown = text.show(comparison(low, high))
    assert verdict in shown
    assert "litert 2.3.0, builtin kernels, 2 threads" in shown
    assert "Raspberry Pi 5, Cortex-A76, 4 cores, Debian, governor ondemand, 2400 MHz, 51 °C" in shown
    assert "warning: it was hot" in shown


def test_units_fit_the_size():
    assert [text._ms(value) for value in (0.0123, 1.5, 123.456, None)] == ["12.3 µs", "1.500 ms", "123.5 ms", "unknown"]
    assert [text._bytes(value) for value in (12, 3144, 3_940_000)] == ["12 B", "3.1 kB", "3.94 MB"]
