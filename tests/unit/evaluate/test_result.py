import numpy as np
import quadrant_models
import round_trips

from tfl_lite_suite import evaluate
from tfl_lite_suite.data import Split
from tfl_lite_suite.evaluate.answers import Runner
from tfl_lite_suite.evaluate.result import Evaluation


def test_what_evaluate_finds_is_kept(tmp_path):
    path = str(tmp_path / "x.tflite")
    (tmp_path / "x.tflite").write_bytes(quadrant_models.quadrants())
    pictures = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 1), np.uint8)
    labels = quadrant_models.expected(pictures)[:, 0]
    split = Split(pictures.__getitem__, np.arange(9), labels, list("abcdefghi"), 4)
    model = evaluate.open_model(path, "litert")
    document, _ = evaluate.evaluate(Runner(path, "litert", keep_logits=True), model, evaluate.Images(split))
    result = round_trips.check(Evaluation, document)
    assert Evaluation.from_json(document.to_json()) == document
    assert (result.n, result.top1, result.macro_f1) == (9, 1.0, 1.0)
    assert sum(item.n for item in result.per_class) == 9
