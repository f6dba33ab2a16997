import pytest

from tfl_lite_suite.benchmark import operator_times
from tfl_lite_suite.benchmark.result import OperatorTime

OPERATORS = [
    OperatorTime(name, kind, ns / 15, ns)
    for name, kind, ns in (("first", "CONV", 1), (None, "ADD", 9), ("last", "CONV", 5), ("copy", "RESHAPE", 0))
]


def test_sums_by_type_the_most_expensive_first():
    found = operator_times.by_type(OPERATORS)
    assert found == [("ADD", 1, 9 / 15, 9), ("CONV", 2, pytest.approx(6 / 15), 6), ("RESHAPE", 1, 0, 0)]


def test_the_most_expensive():
    assert [op.median_ns for op in operator_times.most_expensive(OPERATORS, 2)] == [9, 5]
    assert len(operator_times.most_expensive(OPERATORS, 9)) == 3


def test_merged_tensors_are_called_after_the_first():
    assert [operator_times.short_name(name) for name in ("a/Relu;a/Conv2D", "b", None)] == ["a/Relu", "b", ""]
