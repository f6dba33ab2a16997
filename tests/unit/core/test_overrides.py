import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.overrides import with_value


def test_one_value_changes_in_a_copy():
    shared = {"epochs": 5}
    document = {"train": shared, "quantize": shared}
    assert with_value(document, "train.epochs=[1, x]") == {"train": {"epochs": [1, "x"]}, "quantize": {"epochs": 5}}
    assert document == {"train": {"epochs": 5}, "quantize": {"epochs": 5}}
    assert with_value(None, "a.b=") == {"a": {"b": None}}


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epochs", r"stages\[1\]: expected key=value, such as epochs=3\. Received: 'epochs'"),
        ("=3", "expected key=value"),
        ("epochs=[", r"stages\[1\]: the value of epochs is not YAML"),
        ("name.x=3", r"stages\[1\]: name\.x is not a key of a recipe"),
    ],
)
def test_mistakes_say_where(assignment, message):
    with pytest.raises(SuiteError, match=message):
        with_value({"name": "x"}, assignment, "stages[1]", "epochs=3")
