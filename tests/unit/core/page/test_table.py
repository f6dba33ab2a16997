from tfl_lite_suite.core.page.table import Table


def test_html_escapes_and_aligns_numbers():
    page = Table(["a", "b"], [["<x>", "1.5 %"], ["y", "–"]]).html()
    assert '<td data-of="a">&lt;x&gt;</td>' in page and '<td class="n" data-of="b">1.5 %</td>' in page
    assert '<td class="n none" data-of="b">–</td>' in page and "wide" not in page


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
    assert Table(["a"], []).html() == Table(["a"], []).markdown() == ""
