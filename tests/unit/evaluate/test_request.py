import made_up_results
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate import request
from tfl_lite_suite.evaluate.answers import Answers

PLAIN = {
    "model": "x.tflite",
    "engine": ["litert"],
    "recipe": None,
    "data": "pictures",
    "unknown": None,
    "workdir": None,
    "mean": None,
    "std": None,
    "limit": 5,
    "on_corrupt": "error",
    "threads": 1,
    "workers": None,
    "kernels": "default",
    "predictions": None,
    "logits": None,
    "target": "local",
    "wheels": None,
}
LOGITS = np.array([[1, 0], [0, 1]], np.float32)


def test_a_device_gets_the_flags_that_are_given(monkeypatch, tmp_path):
    calls = []

    class Device(request.targets.Target):
        engines = benchmark = compare = None

        def evaluate(self, *given):
            calls.append(given)
            return made_up_results.evaluated(n=5).document(), {"predictions": b"[]"}

    monkeypatch.setattr(request.targets, "get", lambda *_: Device(""))
    monkeypatch.setattr(request.data, "files_of", lambda source: {f"{source}/a.png": b""})
    Device.__abstractmethods__ = frozenset()
    monkeypatch.setattr(request.exporting, "file_for", lambda path, engine: path)
    wanted = tmp_path / "predictions.json"
    found = request.Request(**{**PLAIN, "target": "ssh:pi", "mean": ["1", "2"], "predictions": str(wanted)}).evaluate()
    settings = {"limit": 5, "on_corrupt": "error", "threads": 1, "kernels": "default"}
    settings |= {"mean": "1,2", "engine": "litert"}
    assert calls == [("x.tflite", {"pictures/a.png": b""}, None, settings, ["predictions"])]
    assert found.n == 5 and wanted.read_bytes() == b"[]"


@pytest.mark.parametrize("logits", [LOGITS, None])
def test_scores_are_written_where_they_were_kept(monkeypatch, tmp_path, logits):
    given = Answers(np.zeros((2, 1), int), np.zeros(2, bool), 1.0, logits=logits)
    monkeypatch.setattr(request.Request, "_on_engine", lambda self, engine: ({"engine": engine}, given))
    path = tmp_path / "scores.npy"
    asked = request.Request(**{**PLAIN, "logits": str(path)})
    if logits is None:
        with pytest.raises(SuiteError, match="logits: too many pictures"):
            asked.evaluate()
        return
    assert asked.evaluate() == {"engine": "litert"}
    assert np.array_equal(np.load(path), LOGITS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "x.keras"}, "engine: a .keras file is run by Keras. Received: 'litert'"),
        ({"engine": ["litert", "mnn"], "logits": "x.npy"}, "engine: `predictions` and `logits`"),
        ({"engine": ["litert", "mnn"], "target": "ssh:pi"}, "engine: a device evaluates on one engine"),
        ({"data": None, "target": "ssh:pi"}, "target: a device evaluates .* on `data` alone"),
        ({"wheels": "x", "model": "x.keras"}, "target: a device evaluates"),
    ],
)
def test_mistakes(changes, message):
    with pytest.raises(SuiteError, match=message):
        request.Request(**{**PLAIN, **changes}).evaluate()
