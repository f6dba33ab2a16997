import base64

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import web_page


class StandIn:
    """A browser and its tab in one, which notes what it is asked."""

    asked: list = []

    def __init__(self, flags):
        self.closed = False
        StandIn.last = self

    def page(self):
        return self

    def close(self):
        self.closed = True

    def open(self, url):
        self.asked.append(url)

    def wait_for(self, expression, seconds):
        return {"failed": "model.tflite: 404" if "broken" in self.asked[-1] else None}

    def evaluate(self, expression, seconds):
        self.asked.append(expression)
        scores = np.arange(6, dtype="<f4")
        return base64.b64encode(scores.tobytes()).decode() if "scores" in expression else {"runs": 5}

    def call(self, method):
        rows = [("browser", 0.5), ("renderer", 1.25)]
        return {"processInfo": [{"type": kind, "id": 1, "cpuTime": time} for kind, time in rows]}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(web_page, "Chromium", StandIn)
    StandIn.asked = []


def test_scores_are_asked_for_pictures_that_the_server_gives(tmp_path):
    with web_page.WebPage(tmp_path, query="?accelerator=wasm") as page:
        pictures = np.ones((3, 2, 2, 1), np.uint8)
        assert page.scores(pictures).tolist() == [[0, 1], [2, 3], [4, 5]]
        assert page.server.files["pictures"] == pictures.tobytes()
        assert page.benchmark(runs=5, min_seconds=0, threads=2, seed=1) == {"runs": 5}
        assert page.cpu_seconds() == 1.75
    url, asked, measured = StandIn.asked
    assert url.endswith("/?accelerator=wasm") and asked == 'tflLiteSuite.scores("pictures", 3)'
    assert measured == 'tflLiteSuite.benchmark({"runs": 5, "min_seconds": 0, "threads": 2, "seed": 1})'
    assert StandIn.last.closed


def test_a_page_that_does_not_start_leaves_no_browser(tmp_path):
    with pytest.raises(SuiteError, match="the page does not run the model: model.tflite: 404"):
        web_page.WebPage(tmp_path, query="?broken")
    assert StandIn.last.closed
