from tfl_lite_suite.core.page import document


def test_foreign_text_is_literal():
    assert document.text("<b a='1' c=\"2\">&") == "&lt;b a=&#x27;1&#x27; c=&quot;2&quot;&gt;&amp;"
    # A file name that is no UTF-8.
    assert document.text("\udcff") == "?"


def test_a_page_forbids_itself_to_load_or_run_anything():
    page = document.page("<i>", ["<p>body</p>"], "p { margin: 0 }")
    assert "default-src 'none'" in page and "<title>&lt;i&gt;</title>" in page and "p { margin: 0 }" in page
    assert page.startswith("<!doctype html>") and page.endswith("<p>body</p>\n</body></html>\n")


def test_an_empty_section_is_left_out():
    assert document.section("a", "A", ["", ""]) == ""
    assert '<section id="a">' in document.section("a", "A", ["", "x"])


def test_blocks():
    assert document.side_by_side(["a", "b"]) == '<div class="side"><div>a</div><div>b</div></div>'
    assert document.details("<", "a") == "<details><summary>&lt;</summary>a</details>"
