import sys

import numpy as np
import PIL.Image
import pytest
import quadrant_models

import tfl_lite_suite as tls
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.lint.analysis import DEFAULT_TARGET
from tfl_lite_suite.tflite import metadata_writer

NAMES = ("north-west", "north-east", "south-west", "south-east")


@pytest.fixture
def path(tmp_path):
    contract = Contract(4, 4, 1, 4, 4, labels=NAMES)
    content = metadata_writer.write(quadrant_models.quadrants(dtype="int8"), contract, name="quadrants")
    (tmp_path / "quadrants.tflite").write_bytes(content)
    return tmp_path / "quadrants.tflite"


@pytest.mark.parametrize("engine", ["litert", "tflite_runtime"])
def test_it_answers_as_its_file_says(path, engine):
    pictures = np.random.default_rng(1).integers(0, 256, (40, 4, 4), np.uint8)
    answers = quadrant_models.expected(pictures[..., None])[:, 0]
    model = tls.TfliteModel(path, engine=engine)
    assert model.labels == NAMES and model.contract.labels == NAMES and model.file_bytes == path.stat().st_size
    assert [model.predict(picture).label for picture in pictures[:3]] == [NAMES[label] for label in answers[:3]]
    assert "tflite_runtime" not in sys.modules  # TensorFlow could not be loaded beside it any more.
    images = tls.Images.from_arrays(pictures, answers, NAMES, parts=["train"] * 20 + ["test"] * 20)
    evaluation = model.evaluate(images)
    assert (evaluation.n, evaluation.top1, evaluation.engine) == (20, 1.0, engine)
    assert model.evaluate(images, "all").n == 20


def test_a_decision_is_fitted_and_pictures_of_none_of_the_classes_are_counted(path, tmp_path):
    random = np.random.default_rng(2)
    pictures = random.integers(0, 256, (80, 4, 4), np.uint8)
    answers = quadrant_models.expected(pictures[..., None])[:, 0]
    (tmp_path / "others").mkdir()
    for number in range(8):
        flat = np.full((4, 4), 20 * number, np.uint8)
        PIL.Image.fromarray(flat).save(tmp_path / "others" / f"{number}.png")
    parts = ["train"] * 20 + ["validation"] * 40 + ["test"] * 20
    images = tls.Images.from_arrays(pictures, answers, NAMES, parts=parts, unknown=str(tmp_path / "others"))
    model = tls.TfliteModel(path)
    assert model.evaluate(images).unknown.n == 4
    decided = model.decide(images, min_recall={"north-west": 0.5}, max_false_alarms=0.5, keep=0.9)
    assert (decided.result.n, decided.result.n_unknown, decided.result.model) == (40, 4, str(path))
    assert {wish.wish for wish in decided.result.wishes} >= {"min_recall", "max_false_alarms"}
    assert decided.evaluate(images).decided.coverage > 0.5
    assert model.evaluate(images).decided is None
    decided.save(tmp_path / "decided.tflite")
    for wishes, message in (
        ({"min_recall": {"x": 0.5}}, "min_recall: unknown class"),
        ({"keep": 2.0}, "keep: expected"),
    ):
        with pytest.raises(tls.SuiteError, match=f"^{message}"):
            model.decide(images, **wishes)


def test_it_is_measured_inspected_and_copied(path, tmp_path):
    model = tls.TfliteModel(path)
    measured = model.benchmark(runs=5, min_seconds=0)
    assert measured.runs >= 5 and measured.latency_ms.p50 > 0
    report = model.lint(trial=False)
    assert report.fully_int8 and report.target_runtime == DEFAULT_TARGET
    model.save(tmp_path / "copy.tflite")
    assert (tmp_path / "copy.tflite").read_bytes() == path.read_bytes()
    with pytest.raises(tls.SuiteError, match="path: expected a name that ends in .tflite"):
        model.save(tmp_path / "copy.tfl")


def test_a_file_that_kills_its_runtime_is_an_error(path, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nkill -SEGV $$\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(tls.SuiteError, match="quadrants.tflite' on litert: the model killed the runtime: SIGSEGV"):
        tls.TfliteModel(path).predict(np.zeros((4, 4), np.uint8))


def test_mistakes_are_named(path, tmp_path):
    with pytest.raises(tls.SuiteError, match="nowhere.tflite"):
        tls.TfliteModel(tmp_path / "nowhere.tflite")
    with pytest.raises(tls.SuiteError, match="opened by Classifier.load"):
        tls.TfliteModel("x.keras")
    with pytest.raises(tls.SuiteError, match="engine: unknown engine 'liteRT'"):
        tls.TfliteModel(path, engine="liteRT")
    for wrong, said in (
        (np.zeros((4, 4, 2), np.uint8), r"expected an array of shape \(height, width\)"),
        (np.full((4, 4), 0.5), "which look like pixels divided by 255"),
        (np.full((4, 4), 300), "expected pixel values from 0 to 255. Received: 300 to 300"),
        (np.full((4, 4), np.nan), "expected pixel values from 0 to 255. Received: nan"),
        (b"no picture", "not a picture the suite reads"),
        ("nowhere.png", "nowhere.png: cannot read the picture"),
    ):
        with pytest.raises(tls.SuiteError, match=said):
            tls.TfliteModel(path).predict(wrong)
