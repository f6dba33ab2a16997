import made_up_results
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate import engine_table
from tfl_lite_suite.evaluate.answers import Answers
from tfl_lite_suite.evaluate.result import Evaluation

LOGITS = np.array([[1, 0], [0, 1], [1, 0], [0.5, 0.25]], np.float32)


@pytest.fixture(autouse=True)
def timed(monkeypatch):
    """Jobs that were measured, each in 2 ms."""
    jobs = []

    def benchmark(self, job):
        jobs.append(job)
        return made_up_results.measurement(2.0, valid=job.engine != "tflite_runtime")

    monkeypatch.setattr(engine_table.Local, "benchmark", benchmark)
    monkeypatch.setattr(engine_table.exporting, "file_for", lambda path, engine: f"{path} for {engine}")
    return jobs


def evaluation(logits):
    """Evaluates to the logits of each engine; one without any does not run."""

    def evaluate(name):
        if name not in logits:
            raise SuiteError(f"not supported by {name}: operator X")
        top = np.argsort(-logits[name], axis=1, kind="stable")
        given = {"engine": name, "engine_version": "1.0", "n": 4, "threads": 2, "model_bytes": 1234}
        whole = made_up_results.evaluated(**given).document()
        del whole["name"]
        return Evaluation.from_document(whole), Answers(top, np.zeros(4, bool), 1.0, logits=logits[name])

    return evaluate


def rows(names, logits):
    return engine_table.rows("x.tflite", names, evaluation(logits), 2, "default")


def test_agreement_is_with_the_first_that_runs(timed):
    names = ["mnn", "litert", "ncnn"]
    found = rows(names, {"litert": LOGITS, "ncnn": LOGITS[:, ::-1] * [1, 1] + [[0, 0], [0, 0], [0, 0], [1, 0]]})
    first, second, third = (row.document() for row in found)
    assert first == {"engine": "mnn", "unsupported": "not supported by mnn: operator X"}
    assert second["agreement"] == {"with": "litert", "top1": 1.0, "max_abs_diff": 0.0}
    assert third["agreement"] == {"with": "litert", "top1": 0.25, "max_abs_diff": 1.0}
    assert [(job.model, job.engine, job.threads) for job in timed] == [
        ("x.tflite for litert", "litert", 2),
        ("x.tflite for ncnn", "ncnn", 2),
    ]


def test_none_runs():
    with pytest.raises(SuiteError, match="not supported by mnn"):
        rows(["mnn", "ncnn"], {})


def test_the_table():
    found = rows(["litert", "mnn", "tflite_runtime"], {"litert": LOGITS, "tflite_runtime": LOGITS + np.float32(0.25)})
    lines = engine_table.text(found).splitlines()
    assert lines[0].split("  ")[0] == "engine" and len(lines) == 6
    assert lines[1].split() == "litert 1.0 75.00 % 100.00 % 100.00 % 0 2.000 ms 1,234".split()
    assert "0.25" in lines[2].split()
    assert lines[3] == "mnn: not supported by mnn: operator X"
    assert lines[4] == "4 images; latency: median of single inferences, 2 thread(s)"
    assert lines[5].startswith("warning: other programs disturbed the timing")
