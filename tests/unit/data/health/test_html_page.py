from pictures import write_classes

from tfl_lite_suite import data
from tfl_lite_suite.data import health
from tfl_lite_suite.data.health import html_page


def test_a_page_stands_alone_and_takes_names_literally(tmp_path):
    write_classes(tmp_path, {"<b>a": 3, "b": 3})
    (tmp_path / "b" / "broken.jpg").write_text("no picture")
    listing = data.listing_of(str(tmp_path))
    page = html_page.draw(health.examine(listing, progress=False), listing)
    assert "<b>a" not in page and "&lt;b&gt;a" in page
    assert "broken.jpg" in page and "unreadable" in page
    assert "http://" not in page and "https://" not in page
