import io
import json

import pytest

from tfl_lite_suite.core import terminal
from tfl_lite_suite.core.files import to_json

HOSTILE = "a\x1b[2J\x9b31m\u202eb\x07\r\U000e0041\udcffc"


def test_what_steers_is_spelt_out():
    assert terminal.printable(HOSTILE) == r"a\x1b[2J\x9b31m\u202eb\x07\r\U000e0041\udcffc"
    assert terminal.printable_line("a\nb\tc") == r"a\nb\tc"
    assert terminal.printable("a\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize("text", ["café", "猫 и кот", "ß\u00a0\u3000", "😀"])
def test_letters_stay(text):
    assert terminal.printable(text) == text


def test_json_says_the_same_and_steers_nothing():
    text = to_json({HOSTILE: [HOSTILE]})
    assert json.loads(text) == {HOSTILE: [HOSTILE]}
    assert text == terminal.printable(text) and text.isascii()


def test_a_guarded_stream():
    plain = io.StringIO()
    stream = terminal.Guarded(plain)
    print("x\x1b[31m", file=stream)
    stream.writelines(["\u202e"])
    stream.steer("\x1b[K")
    assert plain.getvalue() == "x\\x1b[31m\n\\u202e\x1b[K" and not stream.isatty()
