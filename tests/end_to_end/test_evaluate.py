import json
import os
import subprocess
import sys

import numpy as np
import pytest
import quadrant_models
from places import HELPERS
from verb_process import run_without_tensorflow

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.runtime import engines
from tfl_lite_suite.tflite import metadata_writer

NAMES = ("north_west", "north_east", "south_west", "south_east")
CONTRACT = Contract(4, 4, 1, 4, 4, labels=NAMES)
COUNT = 60


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(4).integers(0, 256, (COUNT, 4, 4, 1), np.uint8)


@pytest.fixture
def place(tmp_path, pictures):
    """A folder with `model.tflite` (contract inside), `plain.tflite`, and labelled pictures, a third labelled wrong."""
    answers = quadrant_models.expected(pictures)[:, 0]
    labels = np.where(np.arange(COUNT) % 3 == 0, (answers + 1) % 4, answers)
    quadrant_models.write_folder(tmp_path / "pictures", pictures, [NAMES[label] for label in labels])
    content = quadrant_models.quadrants()
    (tmp_path / "plain.tflite").write_bytes(content)
    (tmp_path / "model.tflite").write_bytes(metadata_writer.write(content, CONTRACT, name="quadrants"))
    return tmp_path


def evaluate(place, *flags, model="model.tflite", pictures="pictures"):
    return quadrant_models.verb("evaluate", f"--model={place / model}", f"--data={place / pictures}", *flags)


def test_the_figures_are_those_of_the_labels(place):
    done = evaluate(place, "--json", "--workers=2")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["n"], found["top1"], found["top5"]) == (COUNT, pytest.approx(2 / 3), 1.0)
    assert [item["label"] for item in found["per_class"]] == list(NAMES)
    assert sum(item["n"] for item in found["per_class"]) == COUNT
    assert np.trace(found["confusion"]) == COUNT * 2 // 3
    assert (found["skipped"], found["warnings"]) == (0, [])
    assert found["engine"] == engines.default()
    assert found["model_bytes"] == (place / "model.tflite").stat().st_size
    assert found["images_per_s"] > 0


@pytest.mark.parametrize("engine", engines.installed_for(""))
def test_every_engine_gives_the_same_figures(place, engine):
    found = json.loads(evaluate(place, "--json", f"--engine={engine}").stdout)
    assert (found["engine"], found["top1"]) == (engine, pytest.approx(2 / 3))


def test_several_engines_share_the_pictures_read_once(place):
    names = engines.installed_for("")
    found = json.loads(evaluate(place, "--json", f"--engine={','.join(names)}").stdout)
    assert [(row["engine"], row["n"]) for row in found] == [(name, COUNT) for name in names]
    # Two readings never take the same time.
    assert len(names) > 1 and len({row["seconds"]["preparing"] for row in found}) == 1


def test_text_for_people_and_predictions_for_programs(place, pictures):
    done = evaluate(place, f"--predictions={place / 'p.json'}", f"--logits={place / 'l.npy'}", "--workers=1")
    assert "top-1 66.67 %" in done.stdout and "north_west" in done.stdout
    saved = json.loads((place / "p.json").read_text())
    logits = np.load(place / "l.npy")
    order = [int(key[-8:-4]) for key in saved["keys"]]
    assert saved["top1"] == quadrant_models.expected(pictures)[order, 0].tolist()
    assert saved["class_names"] == list(NAMES)
    assert logits.shape == (COUNT, 4)
    assert np.array_equal(np.argsort(-logits, 1, kind="stable")[:, :4], saved["top5"])


def test_a_file_without_contract_is_told(place, pictures):
    quadrant_models.write_folder(place / "numbered", pictures, quadrant_models.expected(pictures)[:, 0])
    found = json.loads(evaluate(place, "--json", model="plain.tflite", pictures="numbered").stdout)
    assert found["top1"] == 1.0
    assert "no preprocessing contract" in found["warnings"][0]


def test_a_limit_and_a_picture_that_is_none(place):
    found = json.loads(evaluate(place, "--json", "--limit=20").stdout)
    assert found["n"] == 20
    (place / "pictures" / "north_west" / "zz.png").write_text("no picture")
    done = evaluate(place, "--json")
    assert done.returncode == 1 and "zz.png" in done.stderr and done.stdout == ""
    found = json.loads(evaluate(place, "--json", "--on_corrupt=skip").stdout)
    assert (found["n"], found["skipped"]) == (COUNT, 1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model=missing.tflite", "--data=x"], "missing.tflite"),
        (["--data=x"], "--model: missing"),
        (["--model={place}/model.tflite"], "--data: missing"),
        (["--model={place}/model.tflite", "--data={place}/none"], "no such folder"),
        (["--model={place}/model.tflite", "--data=x", "--engine=litertt"], "Did you mean 'litert'?"),
        (["--model={place}/model.tflite", "--data=x", "--worker=2"], "Did you mean --workers?"),
        (["--model={place}/cut.tflite", "--data={place}/pictures"], "cut.tflite"),
        (["--model={place}/text.tflite", "--data={place}/pictures"], "text.tflite"),
        (["--model={place}/two.tflite", "--data={place}/pictures"], "the model has 2 inputs"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(place, flags, message):
    (place / "cut.tflite").write_bytes((place / "plain.tflite").read_bytes()[:500])
    (place / "text.tflite").write_text("not a model at all, only text")
    (place / "two.tflite").write_bytes(metadata_writer.write(quadrant_models.quadrants(inputs=2), CONTRACT, name="two"))
    done = quadrant_models.verb("evaluate", "--json", *(flag.format(place=place) for flag in flags))
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


@pytest.fixture
def recipe(tmp_path):
    """A recipe over 32x32 pictures whose classes the quadrant model finds, and the model."""
    pictures = np.random.default_rng(5).integers(0, 256, (80, 32, 32, 1), np.uint8)
    quadrant_models.write_answered(tmp_path / "pictures", pictures, NAMES)
    (tmp_path / "recipe.yaml").write_text(
        f"name: q\ndata: {{source: {tmp_path / 'pictures'}, resolution: 32, color: grey, test_fraction: 0.25}}\n"
        "model: {name: mobilenet_v1}\n"
    )
    of = Contract(32, 32, 1, 32, 32, labels=tuple(sorted(NAMES)))
    (tmp_path / "model.tflite").write_bytes(metadata_writer.write(quadrant_models.quadrants(side=32), of, name="q"))
    return tmp_path


def test_a_recipes_test_split(recipe):
    flags = ["--json", f"--model={recipe / 'model.tflite'}", f"--recipe={recipe / 'recipe.yaml'}"]
    found = json.loads(quadrant_models.verb("evaluate", *flags).stdout)
    assert 15 <= found["n"] <= 25
    # The file's labels stand in alphabetical order, its outputs in that of the quadrants.
    assert all(row[NAMES.index(name)] == sum(row) for name, row in zip(sorted(NAMES), found["confusion"], strict=True))
    assert json.loads(quadrant_models.verb("evaluate", *flags, "--limit=7").stdout)["n"] == 7


def test_a_recipe_that_prepares_otherwise_is_refused(recipe):
    flags = [f"--model={recipe / 'model.tflite'}", f"--recipe={recipe / 'recipe.yaml'}", "--set=data.fit=stretch"]
    done = quadrant_models.verb("evaluate", *flags)
    assert done.returncode == 1
    assert done.stderr == "error: contract.fit: the model wants crop, the recipe gives stretch\n"


def test_a_keras_file_gives_the_figures_of_its_tflite(place):
    code = (
        "import sys, quadrant_models\n"
        "from tfl_lite_suite.core.framework import keras\n"
        "from tfl_lite_suite.models.keras_io import keras_file\n"
        "weights = quadrant_models.quadrant_weights().T / 4\n"
        "layers = keras.layers\n"
        "model = keras.Sequential([layers.InputLayer((4, 4, 1)), layers.Flatten(), layers.Dense(4, use_bias=False)])\n"
        "model.layers[-1].set_weights([weights])\n"
        "keras_file.save(model, sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", code, place / "model.keras"], check=True, env={**os.environ, "PYTHONPATH": str(HELPERS)}
    )
    (place / "contract.json").write_text(CONTRACT.to_json())
    done = evaluate(place, "--json", f"--predictions={place / 'keras.json'}", model="model.keras")
    found = json.loads(done.stdout)
    evaluate(place, f"--predictions={place / 'tflite.json'}")
    assert (found["engine"], found["top1"], found["n"]) == ("keras", pytest.approx(2 / 3), COUNT)
    assert json.loads((place / "keras.json").read_text()) == json.loads((place / "tflite.json").read_text())


def test_tensorflow_is_never_imported(place):
    status = run_without_tensorflow("evaluate", f"--model={place / 'model.tflite'}", f"--data={place / 'pictures'}")
    assert status == 0
