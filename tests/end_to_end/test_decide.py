import json

import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.tflite.file import TfliteFile

NAMES = ("north_west", "north_east", "south_west", "south_east")
CONTRACT = Contract(4, 4, 1, 4, 4, labels=NAMES)
COUNT = 240


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A file, labelled pictures of which a quarter is labelled wrong, and pictures of none of the classes, all dark."""
    folder = tmp_path_factory.mktemp("decide")
    rng = np.random.default_rng(4)
    pictures = rng.integers(0, 256, (COUNT, 4, 4, 1), np.uint8)
    answers = quadrant_models.expected(pictures)[:, 0]
    labels = np.where(rng.random(COUNT) < 0.25, rng.integers(0, 4, COUNT), answers)
    quadrant_models.write_folder(folder / "pictures", pictures, [NAMES[label] for label in labels])
    dark = rng.integers(0, 40, (60, 4, 4, 1), np.uint8)
    quadrant_models.write_folder(folder / "unknown", dark, ["x"] * 60)
    content = quadrant_models.quadrants(dtype="int8", scale=1.0)
    (folder / "model.tflite").write_bytes(metadata_writer.write(content, CONTRACT, name="quadrants"))
    return folder


def verb(name, place, model, *flags):
    return quadrant_models.verb(name, f"--model={place / model}", f"--data={place / 'pictures'}", *flags)


def test_a_decision_is_fitted_written_and_executed(place):
    flags = [f"--unknown={place / 'unknown'}", "--min_recall=north_west=0.9", f"--output={place / 'decided.tflite'}"]
    done = verb("decide", place, "model.tflite", *flags, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    written = TfliteFile.read(place / "decided.tflite")
    assert json.loads(written.decision.to_json()) == found["decision"] and written.contract == CONTRACT
    (wish,) = found["wishes"]
    assert wish["met"] and wish["received"] >= 0.9

    before = json.loads(verb("evaluate", place, "model.tflite", "--json").stdout)
    predictions = f"--predictions={place / 'p.json'}"
    after = json.loads(verb("evaluate", place, "decided.tflite", "--json", flags[0], predictions).stdout)
    assert "decided" not in before and (after["top1"], after["confusion"]) == (before["top1"], before["confusion"])
    assert after["per_class"][0]["recall"] == wish["received"] != before["per_class"][0]["recall"]
    assert after["decided"]["coverage"] == found["coverage"]
    assert after["unknown"]["false_alarms"] == found["unknown"]["false_alarms"] < 0.5
    answers = json.loads((place / "p.json").read_text())
    assert np.mean(np.array(answers["answer"]) >= 0) == pytest.approx(found["coverage"])


def test_the_file_itself_is_changed_without_an_output(place):
    (place / "own.tflite").write_bytes((place / "model.tflite").read_bytes())
    done = verb("decide", place, "own.tflite", "--costs=north_west:north_east=9", "--window=3")
    assert done.returncode == 0 and "temperature" in done.stdout
    decision = TfliteFile.read(place / "own.tflite").decision
    assert decision.frames.window == 3 and len(decision.thresholds) == 4


def test_a_wish_out_of_reach_is_told_with_what_can_be_had(place):
    flags = ["--min_recall=north_west=1", "--max_false_alarms=0", f"--output={place / 'x.tflite'}"]
    done = verb("decide", place, "model.tflite", *flags)
    assert done.returncode == 0
    assert "warning: max_false_alarms of north_west: 0.00 % cannot be kept" in done.stdout and "interval" in done.stdout


@pytest.mark.parametrize(
    ("model", "flags", "message"),
    [
        ("model.tflite", ["--min_recall=north=0.9"], "--min_recall: unknown class 'north'"),
        ("model.tflite", ["--min_recall=north_west"], "--min_recall: expected CLASS=SHARE"),
        ("model.tflite", ["--costs=north_west"], "--costs: expected TRUE:ANSWER=COST"),
        ("model.tflite", ["--unknown=/nowhere"], "no such folder '/nowhere'"),
        ("/nowhere.tflite", [], "/nowhere.tflite"),
        ("x.keras", [], "--model: expected a .tflite file"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(place, model, flags, message):
    done = verb("decide", place, model, *flags)
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
