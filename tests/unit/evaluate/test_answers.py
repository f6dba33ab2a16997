import json

import foreign_metadata
import numpy as np
import pytest
import quadrant_models
import tflite_samples

from tfl_lite_suite.evaluate import answers as accuracy
from tfl_lite_suite.runtime import engines

RUN = """
import json, sys, numpy as np
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.evaluate.answers import Runner
from tfl_lite_suite.tflite.normalization import RAW
name, path, workers, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
pictures = np.random.default_rng(2).integers(0, 256, (count, 4, 4, 1), np.uint8)
done = []
fatal, batch = sys.argv[5] == "fatal", int(sys.argv[6])
def images(indices):
    if fatal and 40 in indices:
        import os
        os.kill(os.getpid(), 11)
    return pictures[indices]
try:
    how = RAW if sys.argv[5] == "raw" else None
    runner = Runner(path, name, workers=workers, keep_logits=True, normalization=how, batch=batch)
    answers = runner.answer(images, count, done.append)
except Exception as error:
    print(json.dumps({"error": describe(error)}))
    sys.exit()
print(json.dumps({"top": answers.top.tolist(), "ties": answers.ties.tolist(), "logits": answers.logits.tolist(),
    "done": done, "notes": answers.notes, "tensorflow": "tensorflow" in sys.modules}))
"""


def run(path, workers, count, how="well", batch=1):
    return quadrant_models.answer(RUN, engines.default(), path, workers, count, how, batch)


def pictures_of(count):
    return np.random.default_rng(2).integers(0, 256, (count, 4, 4, 1), np.uint8)


@pytest.mark.parametrize(("workers", "count"), [(1, 50), (3, 50), (2, 1), (4, 333)])
def test_answers_are_in_order_whoever_gave_them(workers, count, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants())
    found = run(path, workers, count)
    pictures = pictures_of(count)
    assert found["top"] == quadrant_models.expected(pictures).tolist()
    means = pictures.reshape(count, -1) @ quadrant_models.quadrant_weights().T / 4
    assert np.allclose(found["logits"], means, rtol=1e-6)
    assert found["done"] == sorted(found["done"]) and found["done"][-1] == count
    assert found["notes"] == [] and not found["tensorflow"]


def test_batches_answer_as_single_pictures_do(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants())
    found, single = run(path, 2, 53, batch=8), run(path, 2, 53)
    assert found["top"] == single["top"] and np.allclose(found["logits"], single["logits"], rtol=1e-6)


def test_ties_go_to_the_lowest_index(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8", scale=1.0))
    found = run(path, 2, 400)
    scores = np.array(found["logits"])
    assert np.array_equal(found["top"], np.argsort(-scores, axis=1, kind="stable"))
    assert found["ties"] == ((scores == scores.max(1, keepdims=True)).sum(1) > 1).tolist()
    assert any(found["ties"])


def test_a_strange_quantization_is_told_once(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8", scale=2.0))
    (note,) = run(path, 2, 60, "raw")["notes"]
    assert "pixels were quantized" in note


def test_pixels_are_normalised_as_the_file_says(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(foreign_metadata.write(quadrant_models.quadrants(), mean=[100], std=[50]))
    means = pictures_of(20).reshape(20, -1) @ quadrant_models.quadrant_weights().T / 4
    assert np.allclose(run(path, 1, 20)["logits"], (means - 100) / 50, atol=1e-5)


def test_a_worker_that_dies_is_one_line(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants())
    error = run(path, 2, 100, "fatal")["error"]
    assert "SIGSEGV" in error and "\n" not in error


def test_a_model_that_does_not_run_is_one_line(tmp_path):
    path = tmp_path / "model.tflite"
    graph = tflite_samples.Graph()
    image, missing, out = (
        graph.tensor(name, shape) for name, shape in (("i", (1, 4, 4, 1)), ("m", (1, 16)), ("o", (1, 16)))
    )
    graph.operator("ADD", [missing, missing], [out])
    path.write_bytes(graph.bytes([image], [out]))
    error = run(path, 1, 2)["error"]
    assert error.startswith(f"{path}: ") and "unexpected" not in error and "\n" not in error


def test_figures_by_hand():
    top = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0], [-1, -1, -1]])
    answers = accuracy.Answers(top, np.array([True, False, False, False]), 2.0, ("a note",))
    found = accuracy.figures(answers, np.array([0, 2, 2, 0]), ("a", "b", "c")).document()
    assert (found["n"], found["top1"], found["top5"], found["ties"]) == (4, 0.5, 0.75, 1)
    keys = ("label", "name", "n", "top1", "recall", "precision")
    assert [tuple(item[key] for key in keys) for item in found["per_class"]] == [
        ("a", "a", 2, 0.5, 0.5, 1.0),
        ("b", "b", 0, None, None, 0.0),
        ("c", "c", 2, 0.5, 0.5, 1.0),
    ]
    assert found["calibration_error"] is None
    assert found["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
    assert found["warnings"][0] == "a note" and "1 answers hold NaN" in found["warnings"][1]


def test_nan_is_no_answer():
    top, _ = accuracy.ranked(np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]], np.float32))
    assert top.tolist() == [[-1, -1, -1], [2, 1, 0]]


def test_many_classes_have_no_matrix_but_cells():
    classes = accuracy.LISTED_CLASSES + 5
    labels = np.array([0, 0, 7, classes - 1])
    top = np.array([[3], [3], [7], [-1]])
    found = accuracy.figures(
        accuracy.Answers(top, np.zeros(4, bool), 1.0), labels, [f"class {place}" for place in range(classes)]
    ).document()
    assert found["confusion"] is None and found["confusion_cells"] == [[0, 3, 2], [7, 7, 1]]
    assert [(item["name"], item["n"], item["recall"]) for item in found["per_class"]] == [
        ("class 0", 2, 0.0),
        ("class 7", 1, 1.0),
        (f"class {classes - 1}", 1, 0.0),
    ]
    assert (found["top1"], found["balanced_accuracy"]) == (0.25, pytest.approx(1 / 3))
    assert len(json.dumps(found)) < 5000


@pytest.mark.parametrize(("kind", "first"), [("probability", [0.25, 0.5, 0.0]), ("logit", [0.0, 0.0, 0.0])])
def test_one_score_speaks_for_the_second_of_two_classes(kind, first):
    scores = np.array([[0.75], [0.5], [1.0]], np.float32)
    both = accuracy.two_scores(scores, kind)
    np.testing.assert_allclose(both, np.hstack([np.array(first)[:, None], scores]))
    assert accuracy.ranked(both)[0][0].tolist() == [1, 0]
