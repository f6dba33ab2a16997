import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import labels


@pytest.mark.parametrize(
    "text",
    [
        "cat\nbig dog\n",
        "cat\r\nbig dog\r\n",
        "\ufeffcat\nbig dog",
        "0 cat\n1 big dog\n",
        "0: cat\n1: big dog",
        "0,cat\n1,big dog\n",
        "  0\tcat\n  1\tbig dog\n",
        '{"0": "cat", "1": "big dog"}',
        '{"cat": 0, "big dog": 1}',
        "{0: 'cat',\n 1: 'big dog'}",
        '["cat", "big dog"]\n',
    ],
)
def test_every_form_gives_the_same_names(text):
    assert labels.parse(text, "x") == ("cat", "big dog")


@pytest.mark.parametrize("text", ["1 cat\n2 dog", "7 up\n0 none", "0 cat", "[cat]\n[dog]", "{cat\ndog", "a\n\nb"])
def test_names_that_only_look_so_stay(text):
    assert labels.parse(text, "x") == tuple(text.split("\n"))


@pytest.mark.parametrize("text", ["{0: 'cat', 5: 'dog'}", '{"a": {"b": 1}}', "[1, 2]", '{"0": "cat", "cat": 0}'])
def test_what_does_not_name_the_classes_is_refused(text):
    with pytest.raises(SuiteError, match="labels.txt: the labels .* Write one name a line"):
        labels.parse(text, "labels.txt")
