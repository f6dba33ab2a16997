import io

from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.terminal import Style


def test_html_escapes_and_aligns_numbers():
    page = Table(["a", "b"], [["<x>", "1.5 %"], ["y", "–"]]).html()
    assert '<td data-of="a">&lt;x&gt;</td>' in page and '<td class="n" data-of="b">1.5 %</td>' in page
    assert '<td class="n none" data-of="b">–</td>' in page and "wide" not in page


def test_an_interval_stays_on_one_line():
    page = Table(["a"], [["50.00 % (40.00 % … 60.00 %)"], ["more … to come"]]).html()
    assert "50.00&nbsp;% (40.00&nbsp;%&nbsp;…&nbsp;60.00&nbsp;%)" in page and "more … to come" in page


def test_verdicts_and_hashes_stand_out_and_broad_tables_become_cards():
    page = Table(list("abcd"), [["ok", "broken", "f" * 64, "x"]]).html()
    assert '<td class="good"' in page and '<td class="error"' in page and '<td class="hash"' in page
    assert '<table class="wide">' in page


def test_a_cell_cannot_end_a_markdown_table():
    text = Table(["a"], [["x|y\n| z <b> `c` [l](u)"]]).markdown()
    assert text == "| a |\n|---|\n| x\\|y \\| z \\<b\\> \\`c\\` \\[l\\](u) |\n"


def test_columns_of_dashes_go():
    assert Table(["a", "b"], [[1, "–"], [2, "–"]]).without_empty_columns() == Table(["a"], [[1], [2]])


def test_without_rows_there_is_nothing():
    assert Table(["a"], []).html() == Table(["a"], []).markdown() == Table(["a"], []).terminal(plain()) == ""


def plain():
    return Style(io.StringIO())


def test_columns_are_aligned_on_a_terminal():
    text = Table(["class", "top-1"], [["猫", "9.50 %"], ["parrot", "–"]]).terminal(plain())
    assert text == "class    top-1\n猫      9.50 %\nparrot       –\n"


def test_cells_are_wrapped_where_the_terminal_is_narrow():
    text = Table(["a", "b"], [["one two three", "-1.00 (-2.00 … 0.00)"]]).terminal(plain(), columns=20)
    assert max(map(len, text.splitlines())) <= 20 and "-1.00" in text and len(text.splitlines()) > 2


def test_a_cell_cannot_steer_a_terminal():
    assert "\x1b" not in Table(["a"], [["\x1b[2J"]]).terminal(plain())


def test_header_and_verdicts_have_colours_where_there_are_any():
    style = plain()
    style.on = True
    text = Table(["a", "b"], [["ok", "x"]]).terminal(style)
    assert text == "\x1b[1ma \x1b[0m  \x1b[1mb\x1b[0m\n\x1b[32mok\x1b[0m  x\n"
