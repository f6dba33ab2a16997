import math

import pytest

from tfl_lite_suite.core import yaml_text
from tfl_lite_suite.core.errors import SuiteError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("+3", 3),
        ("0", 0),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("", None),
        ("2026-01-01", "2026-01-01"),
        ("'1'", "1"),
        ("-", [None]),
    ],
)
def test_plain_values(text, value):
    found = yaml_text.read(f"key: {text}" if text != "-" else text)
    found = found["key"] if text != "-" else found
    assert found == value and type(found) is type(value)


def test_infinities():
    found = yaml_text.read("[.inf, -.inf, .nan]")
    assert found[0] == math.inf and found[1] == -math.inf and math.isnan(found[2])


@pytest.mark.parametrize(
    "value",
    [
        "1e3",
        "off",
        "010",
        "0o7",
        "0x1f",
        "1:30",
        "~",
        "",
        " x ",
        "a\nb",
        "#",
        "-1",
        ".5",
        "=",
        "<<",
        "null",
        1e-5,
        1e300,
        -3,
        True,
        None,
    ],
)
def test_what_is_written_is_read_back(value):
    found = yaml_text.read(yaml_text.write({"key": value, "list": [value]}))
    assert found == {"key": value, "list": [value]} and type(found["key"]) is type(value)


@pytest.mark.parametrize("text", ["a: 1\na: 2", "b: {a: 1, 'a': 2}", "- {a: 1, a: 1}"])
def test_a_key_that_stands_twice(text):
    with pytest.raises(SuiteError, match=r"not YAML: the key 'a' stands twice \(line \d, column \d+\)"):
        yaml_text.read(text)


def test_a_merged_key_may_be_given_anew():
    found = yaml_text.read("base: &b {a: 1, c: 3}\nother: {<<: *b, a: 2}\n")
    assert found["other"] == {"a": 2, "c": 3}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!!bool abc", "true or false. Received: 'abc'"),
        ("!!int x", "a whole number. Received: 'x'"),
        ("!!float ''", "a number. Received: ''"),
        ("!!timestamp noon", "a time. Received: 'noon'"),
        ("9" * 5000, "at most 4,300 digits. Received: '9{40}…'"),
    ],
)
def test_a_value_that_is_not_what_its_tag_says(value, said):
    with pytest.raises(SuiteError, match=rf"not YAML: seed: expected {said} \(line 1, column 7\)$"):
        yaml_text.read(f"seed: {value}")
    with pytest.raises(SuiteError, match=rf"not YAML: expected {said} \(line 1, column 4\)$"):
        yaml_text.read(f"- [{value}]")
