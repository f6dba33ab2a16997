import dataclasses

import foreign_metadata
import numpy as np
import pytest
import quadrant_models
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite import evaluate
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision, Reject
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.predict import Opening, Predictor, decided, engine_for, pictures_of
from tfl_lite_suite.tflite import metadata_writer

NAMES = ("north-west", "north-east", "south-west", "south-east")


@pytest.fixture
def path(tmp_path):
    contract = Contract(4, 4, 1, 4, 4, labels=NAMES)
    content = metadata_writer.write(quadrant_models.quadrants(dtype="int8"), contract, name="quadrants")
    (tmp_path / "quadrants.tflite").write_bytes(content)
    return str(tmp_path / "quadrants.tflite")


def test_the_answers_are_those_of_evaluate(path):
    pictures = np.random.default_rng(1).integers(0, 256, (20, 4, 4, 1), np.uint8)
    predictor = Predictor(Opening(path, "litert"))
    for picture, order in zip(pictures, quadrant_models.expected(pictures), strict=True):
        found = predictor.predict(picture)
        assert found.label == NAMES[order[0]] and found.labels == (found.label,) and not found.rejected
        assert [item.label for item in found.ranked] == [NAMES[index] for index in order]
        assert found.probability == found.ranked[0].probability
        assert sum(item.probability for item in found.ranked) == pytest.approx(1)


@pytest.mark.parametrize("first", [1.0, -1.0])
def test_one_score_tells_two_classes_apart(tmp_path, first):
    graph = tflite_samples.Graph()
    image = graph.tensor("image", (1, 4, 4, 1))
    kernel = graph.tensor("kernel", (1, 16), data=np.full((1, 16), first / 16, np.float32))
    bias = graph.tensor("bias", (1,), data=np.array([-128 * first], np.float32))
    score = graph.tensor("score", (1, 1))
    graph.operator("FULLY_CONNECTED", [image, kernel, bias], [score], options=schema.FullyConnectedOptionsT())
    path = tmp_path / "one.tflite"
    path.write_bytes(foreign_metadata.write(graph.bytes([image], [score]), mean=[0], std=[1], labels="no\nyes\n"))
    predictor = Predictor(Opening(str(path), "litert"))
    for value in (0, 255):
        found = predictor.predict(np.full((4, 4), value, np.uint8))
        assert found.label == ("yes" if (value > 128) == (first > 0) else "no") and found.probability > 0.99
    assert predictor.warnings == ()


def test_top_cuts_the_ranking(path):
    picture = np.zeros((4, 4), np.uint8)
    assert len(Predictor(Opening(path, "litert")).predict(picture, top=2).ranked) == 2
    assert len(Predictor(Opening(path, "litert")).predict(picture, top=None).ranked) == 4


def test_a_picture_of_any_size_is_prepared_by_the_contract(path):
    picture = np.zeros((80, 120, 3), np.uint8)
    picture[40:, 60:] = 255
    assert Predictor(Opening(path, "litert")).predict(picture).label == "south-east"


def test_the_decision_of_the_file_rules(path):
    model = evaluate.open_model(path, "litert")
    sure = dataclasses.replace(model, decision=Decision(reject=Reject("max_probability", 0.9)))
    scores = np.array([0, 1, 3, 0], np.float32)
    assert decided(model, scores).label == "south-west"
    rejected = decided(sure, scores)
    assert (rejected.label, rejected.rejected, rejected.labels) == (None, True, ())
    assert rejected.probability == rejected.ranked[0].probability and rejected.ranked[0].label == "south-west"
    several = dataclasses.replace(model, decision=Decision(mode="multi", thresholds=(0.4, 0.4, 0.4, 0.6)))
    assert decided(several, scores).labels == ("south-west", "north-east", "north-west")


def test_scores_that_are_no_numbers_are_an_error(path):
    with pytest.raises(SuiteError, match="no numbers"):
        decided(evaluate.open_model(path, "litert"), np.array([0, np.nan, 1, 2], np.float32))


def test_keras_runs_keras_files_alone():
    assert engine_for("x.keras", None) == "keras"
    with pytest.raises(SuiteError, match="engine: a .keras file is run by Keras. Received: 'litert'"):
        engine_for("x.keras", "litert")


def test_folders_are_searched(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("b.PNG", "a/c.jpg", "a/notes.txt"):
        (tmp_path / name).touch()
    found = pictures_of([str(tmp_path), "x.jpg"])
    assert [name.removeprefix(f"{tmp_path}/") for name in found] == ["a/c.jpg", "b.PNG", "x.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match="picture: no picture in the folder"):
        pictures_of([str(tmp_path / "empty")])
