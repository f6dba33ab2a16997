import dataclasses
import re
from html.parser import HTMLParser

import pytest
import tflite_samples

from tfl_lite_suite.lint import analysis, html_page


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(tflite_samples.int8_classifier(float_mean=True))
    return analysis.analyse(path)


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def test_every_operator_is_drawn_and_float_ones_stand_out(report):
    reader = Reader()
    reader.feed(html_page.draw(report))
    boxes = [attributes.get("class") for tag, attributes in reader.tags if tag == "rect"]
    assert [kind for kind in boxes if kind != "bar"] == [None, "float", "float", "float", None]


def test_nothing_is_loaded_from_elsewhere(report):
    page = html_page.draw(report)
    assert not re.search(r"https?://|src=|@import|<script|<link", page)


def test_names_from_the_file_are_escaped(report):
    first, *others = report.operators
    first = dataclasses.replace(first, output=dataclasses.replace(first.output, name="<script>alert(1)</script>"))
    page = html_page.draw(dataclasses.replace(report, operators=(first, *others), labels=("<b>",)))
    assert "<script" not in page and "&lt;b&gt;" in page


def test_a_branch_is_an_arc(report):
    *others, last = report.operators
    last = dataclasses.replace(last, inputs=(*last.inputs, others[0].outputs[0]))
    drawn = html_page.draw(dataclasses.replace(report, operators=(*others, last)))
    assert len(re.findall(r'<path d="M\d+ \d+C', drawn)) == 1


def test_huge_graphs_are_cut(report, monkeypatch):
    monkeypatch.setattr(html_page, "_MOST_ROWS", 2)
    assert "3 more operators are not drawn" in html_page.draw(report)
