import pytest

from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.doctor.pins import PINS


@pytest.mark.parametrize(("python", "extra"), [(python, extra) for python in PINS for extra in PINS[python]])
def test_pins_are_whole_and_within_the_bounds(python, extra):
    pinned = dict(pin.split("==") for pin in PINS[python][extra])
    version = tuple(map(int, python.split(".")))
    for requirement in package_requirements.of_extra("", version) + package_requirements.of_extra(extra, version):
        assert requirement.package in pinned, f"{requirement.package} is not pinned"
        assert requirement.admits(pinned[requirement.package]), f"{requirement}: {pinned[requirement.package]}"


def test_every_supported_python_is_pinned():
    bounds = package_requirements.parse(f"python{package_requirements.python_bounds()}")
    assert [f"3.{minor}" for minor in range(6, 30) if bounds.admits(f"3.{minor}")] == list(PINS)
