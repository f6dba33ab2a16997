"""The verb predict: one picture, several, a folder; as text and as JSON."""

import json

import leaves
import numpy as np
import pytest
import quadrant_models
from PIL import Image
from verb_process import check_mistake, run_without_tensorflow

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.tflite import metadata_writer

NAMES = ("north-west", "north-east", "south-west", "south-east")


@pytest.fixture
def folder(tmp_path):
    contract = Contract(4, 4, 1, 4, 4, labels=NAMES)
    content = metadata_writer.write(quadrant_models.quadrants(dtype="int8"), contract, name="quadrants")
    (tmp_path / "x.tflite").write_bytes(content)
    (tmp_path / "pictures").mkdir()
    pictures = np.random.default_rng(1).integers(0, 256, (4, 4, 4), np.uint8)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "pictures" / f"{number}.png")
    answers = quadrant_models.expected(pictures[..., None])[:, 0]
    return tmp_path, [NAMES[answer] for answer in answers]


def predict(folder, *pictures, **flags):
    given = [f"--{name}={value}" for name, value in flags.items()]
    given += [f"--picture={folder / picture}" for picture in pictures]
    return quadrant_models.verb("predict", f"--model={folder / 'x.tflite'}", *given)


def test_one_picture_is_one_document(folder):
    folder, labels = folder
    done = predict(folder, "pictures/0.png", json="true", top=2, engine="litert")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["label"] == labels[0] == document["ranked"][0]["label"] and len(document["ranked"]) == 2
    assert document["picture"].endswith("0.png") and not document["rejected"] and document["engine"] == "litert"
    assert set(document) == {
        *("picture", "label", "probability", "ranked", "rejected", "labels", "model", "engine", "engine_version")
    }
    lines = predict(folder, "pictures/0.png").stdout.splitlines()
    assert lines[0].startswith(f"{labels[0]} (") and len(lines) == 5


def test_several_and_folders_are_a_list(folder):
    folder, labels = folder
    found = json.loads(predict(folder, "pictures", json="true").stdout)
    assert [row["label"] for row in found] == labels
    found = json.loads(predict(folder, "pictures/1.png", "pictures/0.png", json="true").stdout)
    assert [row["label"] for row in found] == [labels[1], labels[0]]
    lines = predict(folder, "pictures").stdout.splitlines()
    assert len(lines) == 4 and f"3.png: {labels[3]} (" in lines[3]


def test_an_unreadable_picture_is_an_error_or_left_out(folder):
    folder, labels = folder
    (folder / "pictures" / "2.png").write_bytes(b"damaged")
    done = predict(folder, "pictures", json="true")
    assert (done.returncode, done.stdout) == (1, "") and "2.png: not a picture the suite reads" in done.stderr
    done = predict(folder, "pictures", json="true", on_corrupt="skip")
    assert [row["label"] for row in json.loads(done.stdout)] == labels[:2] + labels[3:]
    assert done.stderr.startswith("left out: ") and len(done.stderr.splitlines()) == 1


def test_it_needs_no_tensorflow(folder):
    folder, _ = folder
    flags = [f"--model={folder / 'x.tflite'}", f"--picture={folder / 'pictures'}"]
    assert run_without_tensorflow("predict", *flags) == 0


def test_mistakes_are_one_line(folder, tmp_path_factory):
    folder, _ = folder
    empty = tmp_path_factory.mktemp("empty")
    check_mistake("predict", [f"--model={folder / 'x.tflite'}", "--picture=nowhere.png"], empty)
    check_mistake("predict", [f"--model={folder / 'x.tflite'}", f"--picture={empty}"], empty)
    check_mistake("predict", ["--model=nowhere.tflite", f"--picture={folder / 'pictures'}"], empty)


def test_a_keras_file_answers_too(tmp_path):
    from tfl_lite_suite.api.classifier import Classifier
    from tfl_lite_suite.api.images import load_images

    leaves.write(tmp_path)
    images = load_images(tmp_path / "leaves", resolution=32)
    Classifier.build("micro", images, alpha=0.25).save(tmp_path / "m.keras")
    picture = f"--picture={tmp_path / 'leaf.png'}"
    done = quadrant_models.verb("predict", f"--model={tmp_path / 'm.keras'}", picture, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["label"] in ("birch", "oak") and document["engine"] == "keras"
