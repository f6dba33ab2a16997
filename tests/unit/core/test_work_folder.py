import dataclasses
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

from tfl_lite_suite.core import recipe, work_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import UNFINISHED, read_json
from tfl_lite_suite.core.work_folder import Stage

SETTINGS = recipe.Recipe("x", recipe.Data("pictures", test_limit=5), recipe.Model("vgg16"))
INPUTS = {
    "data": SETTINGS.data,
    "train": SETTINGS.train,
    "convert": SETTINGS.convert,
    "seed": 0,
    "file": pathlib.Path("a"),
}


@pytest.fixture
def stage(tmp_path):
    found = Stage(tmp_path / "work", "train", INPUTS)
    (found.folder / "model.keras").write_bytes(b"weights")
    found.finish({"top1": 0.5}, ["model.keras"])
    return found


def again(stage, inputs=INPUTS):
    return Stage(stage.folder.parent, stage.folder.name, inputs)


def test_a_new_stage_is_not_finished(tmp_path):
    found = Stage(tmp_path / "new" / "work", "train", INPUTS)
    assert found.finished() is None and not list(tmp_path.iterdir())
    assert found.folder.is_dir() and found.finished() is None


def test_a_finished_stage_is_found_finished(stage):
    assert again(stage).finished() == {"top1": 0.5}
    assert again(stage, dict(reversed(INPUTS.items()))).finished() == {"top1": 0.5}


@pytest.mark.parametrize(
    "changed",
    [
        {**INPUTS, "seed": 1},
        {**INPUTS, "seed": "0"},
        {**INPUTS, "more": None},
        {**INPUTS, "train": dataclasses.replace(SETTINGS.train, epochs=11)},
        {**INPUTS, "data": dataclasses.replace(SETTINGS.data, augment=recipe.Augment(flip=True))},
        {**INPUTS, "convert": dataclasses.replace(SETTINGS.convert, schemes=("int8",))},
        {key: value for key, value in INPUTS.items() if key != "train"},
    ],
)
def test_changed_inputs_are_not_finished(stage, changed):
    assert again(stage, changed).finished() is None
    assert again(stage).finished() == {"top1": 0.5}


def test_another_version_of_the_suite_is_not_finished(stage, monkeypatch):
    monkeypatch.setattr(work_folder, "__version__", "0.0.0")
    assert again(stage).finished() is None


@pytest.mark.parametrize("damage", ["missing", "changed", "truncated", "folder"])
def test_damaged_files_are_not_finished(stage, damage):
    model = stage.folder / "model.keras"
    if damage in ("missing", "folder"):
        model.unlink()
    if damage == "folder":
        model.mkdir()
    if damage == "changed":
        model.write_bytes(b"Weights")
    if damage == "truncated":
        model.write_bytes(b"weight")
    assert again(stage).finished() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"key": "KEY"}',
        '{"key": "KEY", "files": [], "results": {}}',
        '{"key": "KEY", "files": {}}',
    ],
)
def test_damaged_results_are_an_error_that_names_the_file(stage, text):
    (stage.folder / work_folder.RESULTS).write_text(text.replace("KEY", stage.key))
    with pytest.raises(SuiteError, match=r"results\.json: damaged.* Remove the file"):
        again(stage).finished()


def test_results_that_name_a_file_that_is_not_there_are_an_error(tmp_path):
    found = Stage(tmp_path, "train", INPUTS)
    with pytest.raises(FileNotFoundError):
        found.finish({}, ["model.keras"])
    assert found.finished() is None


def test_killed_half_way_is_not_finished(stage):
    code = (
        "import os, signal, sys\nfrom tfl_lite_suite.core.files import atomic_path\n"
        f"with atomic_path({str(stage.folder / 'model.keras')!r}) as path:\n"
        "    path.write_bytes(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL and list(stage.folder.glob(f"{UNFINISHED}*"))
    assert again(stage).finished() == {"top1": 0.5}
    (stage.folder / "model.keras").write_bytes(b"other weights")
    changed = again(stage, {**INPUTS, "seed": 1})
    assert changed.finished() is None and again(stage).finished() is None
    changed.finish({"top1": 0.6}, ["model.keras"])
    assert changed.finished() == {"top1": 0.6} and again(stage).finished() is None
    assert not list(stage.folder.glob(f"{UNFINISHED}*"))


def test_one_process_at_a_time_works_in_a_folder(tmp_path):
    code = (
        "import sys\nfrom tfl_lite_suite.core.work_folder import at_work\n"
        "with at_work(sys.argv[1]):\n    print('at work', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "work"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"at work\n"
        with (
            pytest.raises(SuiteError, match="another run is using '.*/work'"),
            work_folder.at_work(tmp_path / "work"),
        ):
            pass
        with (
            pytest.raises(SuiteError, match="another run is using '.*/work'"),
            work_folder.at_work(tmp_path / "work" / "train" / "quantize"),
        ):
            pass
        child.kill()
    with work_folder.at_work(tmp_path / "work"):
        pass


def test_work_inside_a_work_folder_keeps_it(tmp_path):
    with work_folder.at_work(tmp_path):
        pass
    code = "import sys\nfrom tfl_lite_suite.core.work_folder import at_work\nwith at_work(sys.argv[1]):\n    pass"
    with work_folder.at_work(tmp_path / "train"):
        done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True)
        assert "another run is using" in done.stderr


def test_nothing_is_made_for_a_model_that_is_missing(tmp_path):
    with pytest.raises(SuiteError, match="model: no such file"), work_folder.at_work(tmp_path / "new", "none.keras"):
        pass
    assert not (tmp_path / "new").exists()


def test_results_name_their_files(stage):
    document = read_json(stage.folder / work_folder.RESULTS)
    assert set(document) == {"key", "files", "results"} and list(document["files"]) == ["model.keras"]


def test_keys_are_equal_in_every_process(tmp_path):
    code = (
        "import pathlib, sys\nfrom tfl_lite_suite.core import recipe\n"
        "from tfl_lite_suite.core.work_folder import Stage\n"
        "s = recipe.Recipe('x', recipe.Data('pictures', test_limit=5), recipe.Model('vgg16'))\n"
        "print(Stage(sys.argv[1], 'train', {'file': pathlib.Path('a'), 'seed': 0, 'data': s.data,"
        " 'train': s.train, 'convert': s.convert}).key)"
    )
    keys = {Stage(tmp_path, "train", INPUTS).key}
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        keys.add(done.stdout.strip())
    assert len(keys) == 1


@pytest.mark.parametrize("value", [object(), lambda: 0, {1, 2}, np.zeros(3), recipe.Train, SETTINGS.__eq__])
def test_values_without_a_fixed_text_are_refused(tmp_path, value):
    with pytest.raises(TypeError, match="no fixed text"):
        Stage(tmp_path, "train", {"value": value})


def test_a_work_folder_that_is_a_file(tmp_path):
    (tmp_path / "work").touch()
    with pytest.raises(SuiteError, match="cannot make the folder '.*/work/train': a file is in the way"):
        _ = Stage(tmp_path / "work", "train", INPUTS).folder
