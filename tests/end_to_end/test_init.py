import json
import subprocess

import numpy as np
import pytest
from PIL import Image
from places import ROOT

from tfl_lite_suite import init
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.verb_process import verb_command


def write(folder, counts, side, grey=False):
    """Writes `counts[name]` pictures of each class, all different."""
    draw = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = draw.integers(0, 256, (side, side + 8, 1 if grey else 3), np.uint8)
            Image.fromarray(pixels[:, :, 0] if grey else pixels).save(folder / name / f"{number}.png")
    return folder


def suggested(folder, minutes=30.0):
    found = init.suggest(init.look(str(folder)), minutes)
    (folder.parent / "x.yaml").write_text(found.text)
    return found, recipe.load(folder.parent / "x.yaml")


def test_photographs_get_transfer_learning_at_their_own_size(tmp_path):
    found, settings = suggested(write(tmp_path / "pets", {"cat": 6, "dog": 6}, 128))
    assert (settings.name, settings.model.name, settings.model.weights) == ("pets", "mobilenet_v2", "imagenet")
    assert (settings.data.resolution, settings.data.color, settings.data.test_fraction) == (128, "rgb", 0.2)
    assert settings.train.budget_minutes == 21
    assert any("2 test pictures say little about 2 classes" in reason for reason in found.reasons)


def test_unbalanced_grey_pictures(tmp_path):
    found, settings = suggested(write(tmp_path / "parts", {"good": 30, "frayed": 3}, 96, grey=True))
    assert (settings.train.loss, settings.train.select, settings.data.color) == ("auto", "auto", "rgb")
    assert any("'good' has 30 pictures, 'frayed' 3" in reason for reason in found.reasons)


def test_many_small_pictures_get_a_small_network():
    found = init.Look("digits", {"0": 30_000, "1": 30_000}, False, ("train", "test"), 28, True)
    settings = init.suggest(found, 30).settings
    assert (settings["model.name"], settings["data.color"], settings["data.resolution"]) == ("mobilenet_v1", "grey", 32)
    assert "data.test_fraction" not in settings


def test_less_time_means_fewer_epochs():
    found = init.Look("x", {"0": 30_000, "1": 30_000}, False, (), 40, False)
    epochs = [init.suggest(found, minutes).settings["train.epochs"] for minutes in (5, 20, 600)]
    assert epochs == sorted(epochs) and len(set(epochs)) == 3 and epochs[0] >= 2
    photographs = init.Look("x", {"0": 3000, "1": 3000}, False, (), 100, False)
    settings = init.suggest(photographs, 20).settings
    assert settings["train.budget_minutes"] == 14 and "train.epochs" not in settings


def test_the_command_writes_a_recipe_that_run_takes_and_overwrites_none(tmp_path):
    folder = write(tmp_path / "pets", {"cat": 6, "dog": 6}, 64)
    command = verb_command("init", str(folder), "--json")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["recipe"], document["pictures"], document["classes"]) == ("pets.yaml", 12, 2)
    plan = verb_command("run", "--recipe=pets.yaml", "--workdir=work", "--dry_run", "--json")
    assert subprocess.run(plan, capture_output=True, text=True, cwd=tmp_path, check=False).returncode == 0
    again = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert again.returncode == 1 and again.stderr.startswith("error: --output: 'pets.yaml' is there already")


def test_the_notebook_is_written_once(tmp_path):
    command = verb_command("init", "--notebook=first.ipynb", "--json")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert json.loads(done.stdout) == {"notebook": "first.ipynb"}
    assert (tmp_path / "first.ipynb").read_bytes() == (ROOT / "examples" / "quickstart.ipynb").read_bytes()
    again = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "error: --notebook: 'first.ipynb' is there already. Remove it, or name another file\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "error: --data: missing"),
        (("nowhere/at/all",), "error: data.source: no such folder 'nowhere/at/all'"),
        (("a", "--notebook=x.ipynb"), "error: --data: has an effect only without --notebook"),
        (("a", "b"), "error: unexpected argument 'b'"),
        (("fashion_mnist", "--minutes=0"), "error: --minutes: expected"),
    ],
)
def test_mistakes_are_one_line(tmp_path, arguments, message):
    done = subprocess.run(verb_command("init", *arguments), capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1) and done.stderr.startswith(message), done.stderr
