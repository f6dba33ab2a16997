import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import operator_names, operator_versions


def test_every_operator_of_the_table_exists():
    assert {name for name, _ in operator_versions.FIRST_RELEASE} <= set(operator_names.BUILTIN)
    assert len(operator_versions.FIRST_RELEASE) > 400


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [("CONV_2D", 1, "1.5.0"), ("CONV_2D", 3, "1.14.0"), ("CONV_2D", 8, "2.15.0"), ("TILE", 1, "1.10.1")],
)
def test_first_release(name, version, release):
    assert operator_versions.first_release(name, version) == release


def test_versions_beyond_the_table_are_unknown():
    assert operator_versions.first_release("CONV_2D", 99) is None
    assert operator_versions.first_release("BROADCAST_TO", 1) is None


def test_releases_are_ordered_as_numbers():
    assert operator_versions.order("2.9.0") < operator_versions.order("2.10.0")


@pytest.mark.parametrize(
    ("target", "release"),
    [("tflite_runtime-2.14", "2.14"), ("tensorflow-2.13.1", "2.13.1"), ("litert-2.3", "2.23"), ("litert-1.3", "2.19")],
)
def test_targets(target, release):
    assert operator_versions.target_release(target) == release


@pytest.mark.parametrize("target", ["tflite-2.14", "tflite_runtime", "litert-0.9", "litert-2"])
def test_unknown_targets_are_told(target):
    with pytest.raises(SuiteError, match="target_runtime"):
        operator_versions.target_release(target)
