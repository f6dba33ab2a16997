"""What the target makes of the page's document; tests/end_to_end/test_web_page.py runs the page itself."""

import pathlib

import pytest

from tfl_lite_suite.benchmark import text
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import chromium
from tfl_lite_suite.runtime.targets import browser, get


class Page:
    """A page that has measured."""

    kernels, opened = "default", 0

    def __init__(self, folder, query):
        assert folder == pathlib.Path("page")
        self.browser, self.query = self, query
        self.version = "Chrome/1.2.3"

        Page.opened += 1

    def __enter__(self):
        return self

    def __exit__(self, *error):
        Page.opened -= 1

    def cpu_seconds(self):
        return 0.0

    def peak_rss_bytes(self):
        return 5

    def benchmark(self, **settings):
        assert settings == {"runs": 3, "min_seconds": 0.0, "threads": 2, "seed": 4}
        return {
            **{"model": "x.tflite", "engine": "litert_js", "engine_version": "2.5.3", "kernels": self.kernels},
            **{"device": {}, "target": "browser", "threads": 2, "input": {"shape": [1, 4, 4, 1], "dtype": "uint8"}},
            **{"warmup_runs": 3, "runs": 3, "latency_ms": {}, "frames_per_s": 500.0, "cold_start_ms": 9.0},
            "stages_ms": {"preprocessing": 1.0, "inference": 2.0, "postprocessing": 0.1, "picture": [480, 640]},
            **{"peak_rss_bytes": None, "arena_bytes": None, "model_bytes": 768, "energy_j": None, "valid": True},
            **{"energy_method": None, "cold_start_parts_ms": {"process": 9.0}, "seed": 4, "raw_ns": [1, 2, 6]},
            **{"warnings": ["coarse"], "raw_ms": [1.0, 2.0, 6.0], "browser": {"build": "threaded"}},
        }


@pytest.fixture
def target(monkeypatch):
    monkeypatch.setattr(browser, "WebPage", Page)
    monkeypatch.setattr(browser, "_page_of", lambda model, scratch: pathlib.Path("page"))
    monkeypatch.setattr(chromium, "require", lambda: "chromium")
    with get("browser") as found:
        yield found
    assert Page.opened == 0


JOB = Job("folder/x.tflite", "litert_js", threads=2, runs=3, min_seconds=0.0, seed=4, profile=True)


def test_the_document_has_what_only_this_side_knows(target):
    found = target.benchmark(JOB)
    assert target.benchmark(JOB).runs == 3 and Page.opened == 1
    assert (found.model, found.target, found.peak_rss_bytes) == ("folder/x.tflite", "browser", 5)
    assert found.latency_ms.p50 == 2.0 and found.latency_ms.mean == 3.0
    assert found.device.cores and found.others["browser"] == {"build": "threaded", "product": "Chrome/1.2.3"}
    assert found.load["waiting"] is None and found.document()["profile"] is None
    assert found.warnings[-2:] == ("coarse", "profile: not given by litert_js")
    assert "litert_js 2.5.3, 2 threads" in text.show(found)


def test_what_the_page_cannot_do_is_one_line(target, monkeypatch):
    assert target.engines(None) == ["litert_js"]
    with pytest.raises(SuiteError, match="engine: the web page has litert_js only. Received: 'litert'"):
        target.engines(["litert"])
    with pytest.raises(SuiteError, match="sustain: the web page records no curve"):
        target.benchmark(JOB, curve=True)
    with pytest.raises(SuiteError, match="compare: the web page measures one model at a time"):
        target.compare(JOB, JOB)
    monkeypatch.setattr(Page, "kernels", "gpu")
    with pytest.raises(SuiteError, match="kernels: this browser does not run"):
        target.benchmark(JOB)
    for wrong, message in (("browser:here", "browser takes no address"), ("browser", "wheels: only a target")):
        with pytest.raises(SuiteError, match=message):
            get(wrong, "wheels" if wrong == "browser" else None)


def test_a_model_that_cannot_be_exported_is_the_exports_line(tmp_path, monkeypatch):
    monkeypatch.setattr(chromium, "require", lambda: "chromium")
    with pytest.raises(SuiteError, match="none.tflite"):
        get("browser").benchmark(Job(str(tmp_path / "none.tflite"), "litert_js"))
