import dataclasses
from typing import Literal

import pytest

from tfl_lite_suite.core.dataclass_parser import parse, ranged, shares
from tfl_lite_suite.core.errors import SuiteError


@dataclasses.dataclass(frozen=True)
class Inner:
    share: float = ranged(0.5, 0, 1)


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    mode: Literal["a", "b"] = "a"
    limit: int | None = ranged(None, 1)
    numbers: tuple[int, ...] = ()
    size: int | tuple[int, int] = ranged(8, 1, 100)
    inner: Inner = Inner()


def test_every_kind_of_value():
    document = {"name": 7, "mode": "b", "limit": 3, "numbers": [1, 2], "inner": {"share": 1}}
    assert parse(Outer, document, "") == Outer("7", "b", 3, (1, 2), inner=Inner(1.0))
    assert parse(Outer, {"name": "x", "size": [3, 5]}, "").size == (3, 5) and parse(Outer, {"name": "x"}, "").size == 8
    assert parse(Outer, {"name": "x", "limit": None, "inner": None}, "") == Outer("x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inner": {"share": 1.5}}, "top.inner.share: expected a number from 0 to 1. Received: 1.5"),
        ({"inner": {"shape": 1}}, "top.inner.shape: unknown key 'shape'. Did you mean 'share'?"),
        ({"inner": 3}, "top.inner: expected keys and values. Received: 3"),
        ({"limit": 0}, "top.limit: expected a number at least 1. Received: 0"),
        ({"limit": 1.0}, "top.limit: expected a whole number. Received: 1.0"),
        ({"numbers": [1, "x"]}, "top.numbers[1]: expected a whole number. Received: 'x'"),
        ({"numbers": (1,)}, "top.numbers: expected a list, such as [name]. Received: (1,)"),
        ({"size": [3]}, "top.size: expected a list of 2. Received: [3]"),
        ({"size": [3, 101]}, "top.size[1]: expected a number from 1 to 100. Received: 101"),
        ({"size": 101}, "top.size: expected a number from 1 to 100. Received: 101"),
        ({"mode": "c"}, "top.mode: unknown value 'c'. Known: a, b"),
        ({"mode": None}, "top.mode: expected one of a, b. Received: None"),
        ({"name": True}, "top.name: expected a string. Received: True"),
    ],
)
def test_mistakes(change, message):
    with pytest.raises(SuiteError) as caught:
        parse(Outer, {"name": "x", **change}, "top")
    assert message in str(caught.value)


def test_what_has_no_default_must_be_said():
    with pytest.raises(SuiteError, match="^top.name: missing"):
        parse(Outer, {}, "top")


@dataclasses.dataclass(frozen=True)
class Shared:
    """A section with shares by name."""

    least: dict[str, float] = shares()


def test_shares_by_name():
    assert parse(Shared, {"least": {"crack": 1, 3: 0.5}}, "x") == Shared({"crack": 1.0, "3": 0.5})
    assert parse(Shared, {}, "x") == Shared({})
    for strange in (0.5, {"crack": "much"}, {"crack": 2}):
        with pytest.raises(SuiteError, match="x.least"):
            parse(Shared, {"least": strange}, "x")
