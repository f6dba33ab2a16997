import dataclasses
import json
import shutil
import subprocess
import sys

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import prune, train
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.contract import FILE_BESIDE
from tfl_lite_suite.core.errors import SuiteError

KEYS = ("params_before", "params_after", "macs_before", "macs_after", "top1_before", "top1_after")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a model, its contract and its recipe, as `train` leaves it."""
    root = tmp_path_factory.mktemp("prune")
    source = keras_samples.picture_folder(root / "pictures", per_class=16)
    document = {
        "name": "test",
        "data": {"source": str(source), "resolution": 32, "color": "grey", "validation_fraction": 0.25},
        "model": {"name": "mobilenet_v1"},
        "train": {"epochs": 1, "batch_size": 8, "learning_rate": 0.05},
        "prune": {"epochs": 2, "params_ratio": 0.6},
    }
    settings = recipe.parse(recipe.Recipe, document, "")
    model = keras_samples.randomize(keras_samples.tiny_network())
    images = train.load_images(settings, str(root))
    measured = {"top": np.zeros((len(images.test), 1), np.int64), "confidence": np.ones(len(images.test))}
    measured["logits"] = np.zeros((len(images.test), len(images.class_names)), np.float32)
    train.save_artifacts(root / "train", model, images, settings, measured)
    return root / "train" / train.MODEL, settings


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_unpruned_network_teaches_wherever_it_lies(trained, tmp_path):
    path, settings = trained
    settings = dataclasses.replace(settings, distill=recipe.Distill("unpruned", during=("prune",)))
    stage = prune.stage_of(settings.prune, str(tmp_path), str(path), settings)
    results = prune.prune(settings.prune, str(tmp_path), str(path), settings)
    assert (tmp_path / "teacher_answers" / "answers.npy").is_file() and stage.finished() == results.document()
    assert recipe.load(tmp_path / "prune" / train.RECIPE).distill == settings.distill
    moved = shutil.copy(path, tmp_path / "elsewhere.keras")
    assert prune.stage_of(settings.prune, str(tmp_path), moved, settings).key == stage.key
    alone = dataclasses.replace(settings, distill=recipe.Distill())
    assert prune.stage_of(settings.prune, str(tmp_path), str(path), alone).key != stage.key


def test_steps_with_fine_tuning_and_nothing_done_twice(trained, tmp_path):
    path, settings = trained
    chosen = recipe.parse(recipe.Prune, {"params_ratio": 0.6, "steps": 2, "epochs": 1, "importance": "taylor"}, "")
    results = prune.prune(chosen, str(tmp_path), str(path), settings)
    assert results.params_after <= 0.8 * results.params_before
    assert results.macs_after < results.macs_before
    assert 0 <= results.top1_before <= 1 and 0 <= results.top1_after <= 1
    assert [record["phase"] for record in results.history] == ["fine-tuning, step 1", "fine-tuning, step 2"]
    assert [(item.layers, item.reason) for item in results.left_whole] == [(("classifier",), "the model's output")]
    folder = tmp_path / "prune"
    assert set(files(folder)) >= {train.MODEL, FILE_BESIDE, train.RECIPE, "results.json"}
    assert not list(folder.glob("step_*"))
    assert recipe.load(folder / train.RECIPE).prune == chosen
    assert (folder / FILE_BESIDE).read_text() == (path.parent / FILE_BESIDE).read_text()

    def load():
        raise AssertionError("the images are not needed again")

    assert prune.prune(chosen, str(tmp_path), str(path), settings, load) == results


def test_a_stopped_run_goes_on_after_its_last_step(trained, tmp_path, monkeypatch):
    path, settings = trained
    chosen = recipe.Prune(params_ratio=0.6, steps=2, epochs=0)
    from tfl_lite_suite.prune import channels

    real, made = channels.prune, []

    def stop_at_second(*args, **kwargs):
        if len(made) == 1:
            made.append("stopped")
            raise KeyboardInterrupt
        made.append("pruned")
        return real(*args, **kwargs)

    monkeypatch.setattr(channels, "prune", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        prune.prune(chosen, str(tmp_path), str(path), settings)
    results = prune.prune(chosen, str(tmp_path), str(path), settings)
    assert made == ["pruned", "stopped", "pruned"]
    assert results.params_after < results.params_before


def test_without_recipe_there_is_no_accuracy(trained, tmp_path):
    path, _ = trained
    results = prune.prune(recipe.Prune(macs_ratio=0.7), str(tmp_path), str(path))
    assert results.top1_before is None and results.top1_after is None and results.history == ()
    assert results.macs_after <= 0.8 * results.macs_before
    assert "not measured" in prune.show(results) and "left whole: classifier" in prune.show(results)
    assert files(tmp_path / "prune") == [FILE_BESIDE, train.MODEL, "results.json"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (recipe.Prune(sparsity=0.8), "which needs `recipe=FILE.yaml`"),
        (recipe.Prune(clusters=16), "clusters: weights are changed in training"),
        (recipe.Prune(sparsity=0.8, pattern="2x4"), "the pattern 2x4 zeroes one half. Received: 0.8"),
    ],
)
def test_sparsity_that_cannot_be_had_is_refused(trained, tmp_path, chosen, message):
    with pytest.raises(SuiteError, match=message):
        prune.prune(chosen, str(tmp_path), str(trained[0]))


def test_taylor_without_recipe_is_refused(trained, tmp_path):
    with pytest.raises(SuiteError, match="importance: taylor needs a recipe.s training pictures"):
        prune.prune(recipe.Prune(importance="taylor"), str(tmp_path), str(trained[0]))


@pytest.mark.parametrize("chosen", [{"sparsity": 0.8}, {"pattern": "2x4"}, {"sparsity": 0.6, "clusters": 5}])
def test_sparsity_saves_zipped_bytes_only_and_says_so(trained, tmp_path, chosen):
    path, settings = trained
    of = recipe.parse(recipe.Prune, {"epochs": 2, **chosen}, "")
    results = prune.prune(of, str(tmp_path), str(path), settings)
    assert results.zero_share == pytest.approx(chosen.get("sparsity", 0.35), abs=0.1)
    assert "clusters" not in chosen or results.most_values <= 6
    assert results.params_after == results.params_before and results.macs_after == results.macs_before
    assert results.file_bytes_after == pytest.approx(results.file_bytes_before, rel=0.02)
    assert results.zipped_bytes_after < results.zipped_bytes_before
    assert "Only the zipped file is smaller" in prune.show(results)
    from tfl_lite_suite.models.keras_io import keras_file
    from tfl_lite_suite.prune.sparsity import zero_share

    saved = keras_file.load(tmp_path / "prune" / train.MODEL)
    assert zero_share(saved) == results.zero_share


def run(*arguments):
    command = [sys.executable, "-m", "tfl_lite_suite.prune", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_line_takes_the_recipe_beside_the_model(trained, tmp_path):
    child = run(
        f"--model={trained[0]}", "--params_ratio=0.7", f"--workdir={tmp_path}", "--set=prune.epochs=1", "--json"
    )
    assert child.returncode == 0, child.stderr
    document = json.loads(child.stdout)
    assert all(np.isfinite(document[key]) for key in KEYS)
    assert document["params_after"] < document["params_before"] and len(document["history"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--model: missing"),
        (["--model=none.keras"], "no such file 'none.keras'"),
        (["--model=none.keras", "--params_ratio=0.5", "--macs_ratio=0.5"], "--macs_ratio: cannot be combined with"),
        (
            ["--model=none.keras", "--importance=tailor"],
            "prune.importance: unknown value 'tailor'. Did you mean 'taylor'?",
        ),
        (["--model=none.keras", "--sparsity=0.8", "--macs_ratio=0.5"], "--sparsity: cannot be combined with"),
        (["--model=none.keras", "--params_ratio=1.5"], "prune.params_ratio: expected a number from 0.001 to 1"),
    ],
)
def test_mistakes_are_one_line(arguments, message):
    child = run(*arguments)
    assert child.returncode == 1 and child.stdout == ""
    assert message in child.stderr and child.stderr.count("\n") == 1
