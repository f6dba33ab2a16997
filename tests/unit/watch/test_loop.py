import json
import os
import threading

import pytest
import watching
from PIL import Image

from tfl_lite_suite.predict import Opening, Predictor
from tfl_lite_suite.watch.lines import Lines
from tfl_lite_suite.watch.loop import Listeners, Pace, Watcher


def run(folder, pictures, decision=None, stop=None, **pace):
    """Watches given pictures; returns decisions, summary and what was told."""
    model, told = watching.write_model(folder / "x.tflite", decision), []
    read, write = os.pipe()
    source = watching.Given(pictures)
    watcher = Watcher(Predictor(Opening(model, "litert")), source, Listeners(Lines(write)), Pace(**pace))
    summary = watcher.run(stop or threading.Event(), told.append)
    os.close(write)
    with os.fdopen(read) as lines:
        found = [json.loads(line) for line in lines]
    assert source.closed
    return found, summary, told


def test_each_frame_is_a_decision(tmp_path):
    found, summary, _ = run(tmp_path, [watching.bright(2), None, watching.bright(1)])
    assert [row["label"] for row in found] == ["south-west", "north-east"]
    assert [row["frame"] for row in found] == [1, 2] and all(row["changed"] for row in found)
    assert found[0]["time"] == "2023-11-14T22:13:20.000+00:00" and found[0]["source"] == "given"
    assert summary.answers == {"south-west": 1, "north-east": 1} and summary.stopped_by == "end of source"


def test_frames_agree_by_the_decision_of_the_file(tmp_path):
    pictures = [watching.bright(quadrant) for quadrant in (0, 0, 1, 0, 1, 1)]
    found, summary, _ = run(tmp_path, pictures, watching.STEADY)
    names = watching.NAMES
    assert [row["label"] for row in found] == [None, names[0], names[0], names[0], names[1], names[1]]
    assert found[0]["rejected"] and found[2]["frame_labels"] == [names[1]]
    assert summary.answers["none of these"] == 1


def test_none_of_these(tmp_path):
    (row,), _, _ = run(tmp_path, [watching.bright(-1)], watching.REJECTING)
    assert row["label"] is None and row["labels"] == [] and row["rejected"] and row["probability"] == 0.25


def test_only_changes_are_told(tmp_path):
    found, summary, _ = run(tmp_path, [watching.bright(quadrant) for quadrant in (0, 0, 1, 1, 0)], changes=True)
    assert [row["frame"] for row in found] == [1, 3, 5] and (summary.frames, summary.decisions) == (5, 3)


def test_a_number_of_frames_and_a_signal_end_it(tmp_path):
    _, summary, _ = run(tmp_path, [watching.bright(0)] * 9, frames=4)
    assert (summary.frames, summary.stopped_by) == (4, "frames")
    stop = threading.Event()
    stop.set()
    assert run(tmp_path, [watching.bright(0)], stop=stop)[1].stopped_by == "signal"


def test_an_unreadable_picture_is_told_and_counted(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    Image.fromarray(watching.bright(3)).save(tmp_path / "good.png")
    found, summary, told = run(tmp_path, [str(tmp_path / "bad.png"), str(tmp_path / "good.png")])
    assert summary.unreadable == 1 and "bad.png" in told[0]
    assert [(row["label"], row["picture"]) for row in found] == [("south-east", str(tmp_path / "good.png"))]


def test_a_source_that_fails_is_closed(tmp_path):
    class Failing(watching.Given):
        def next(self, seconds):
            raise ZeroDivisionError

    source = Failing([None])
    model = watching.write_model(tmp_path / "x.tflite")
    watcher = Watcher(Predictor(Opening(model, "litert")), source, Listeners(Lines(os.open(os.devnull, os.O_WRONLY))))
    with pytest.raises(ZeroDivisionError):
        watcher.run(threading.Event(), print)
    assert source.closed
