import re
from html.parser import HTMLParser

import pytest
import tflite_samples

from tfl_lite_suite.lint import analysis, html_page


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(tflite_samples.int8_classifier(float_mean=True))
    return analysis.analyse(path)


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def test_every_operator_is_drawn_and_float_ones_stand_out(document):
    reader = Reader()
    reader.feed(html_page.draw(document))
    boxes = [attributes.get("class") for tag, attributes in reader.tags if tag == "rect"]
    assert [kind for kind in boxes if kind != "bar"] == [None, "float", "float", "float", None]


def test_nothing_is_loaded_from_elsewhere(document):
    page = html_page.draw(document)
    assert not re.search(r"https?://|src=|@import|<script|<link", page)


def test_names_from_the_file_are_escaped(document):
    document["operators"][0]["output"]["name"] = "<script>alert(1)</script>"
    document["labels"] = ["<b>"]
    page = html_page.draw(document)
    assert "<script" not in page and "&lt;b&gt;" in page


def test_a_branch_is_an_arc(document):
    document["operators"][4]["inputs"].append(document["operators"][0]["outputs"][0])
    assert len(re.findall(r'<path d="M\d+ \d+C', html_page.draw(document))) == 1


def test_huge_graphs_are_cut(document, monkeypatch):
    monkeypatch.setattr(html_page, "_MOST_ROWS", 2)
    assert "3 more operators are not drawn" in html_page.draw(document)
