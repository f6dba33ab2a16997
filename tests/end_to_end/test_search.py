import json
import re
import signal
import subprocess
import sys
import time

import keras_samples
import pytest
import verb_process
import yaml

pytest.importorskip("optuna")

RECIPE = {
    "name": "tiny",
    "data": {"source": "FOLDER", "resolution": 32, "color": "grey", "validation_fraction": 0.2, "test_fraction": 0.3},
    "model": {"name": "micro"},
    "train": {"epochs": 2, "batch_size": 8, "learning_rate": 0.05},
    "benchmark": {"min_seconds": 0, "runs": 3, "engines": ["litert"]},
}


def command(*flags):
    return [sys.executable, "-m", "tfl_lite_suite.search", *map(str, flags)]


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    root = tmp_path_factory.mktemp("search")
    (root / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    keras_samples.picture_folder(root / "pictures", per_class=40)
    return root, [f"--recipe={root}/recipe.yaml", f"--data={root}/pictures", f"--workdir={root}/work"]


@pytest.fixture(scope="module")
def finished(given):
    """A search that is interrupted while its first trial trains, and goes on with the same command."""
    root, flags = given
    flags = [*flags, "--trials=3", "--vary=scheme=[float32, dynamic]", "--vary=model.alpha=[0.5]"]
    first = subprocess.Popen(command(*flags), stderr=subprocess.PIPE, text=True)
    while not list((root / "work").glob("trials/*/train/checkpoint.npz")):
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    said = first.communicate()[1]
    assert first.returncode == 130 and said.splitlines()[-1].startswith("interrupted")
    return flags, subprocess.run(command(*flags, "--json"), capture_output=True, text=True, check=False)


def test_an_interrupted_search_goes_on_to_its_end(given, finished):
    root, _ = given
    assert finished[1].returncode == 0, finished[1].stderr
    found = json.loads(finished[1].stdout)
    assert found["counts"] == {"complete": 3} and [row["trial"] for row in found["trials"]][:2] == [0, 1]
    assert found["objectives"] == {"top1": "maximize", "ms": "minimize", "bytes": "minimize"}
    assert {"top1", "top1_unseen", "ms", "bytes", "engine", "params", "recipe"} <= set(found["front"][0])
    own = {"scheme": "float32", "model.alpha": 1.0}
    assert found["trials"][0]["params"] == own and found["trials"][1]["params"] == {**own, "scheme": "dynamic"}
    assert "about" in finished[1].stderr and "[3/3] trial" in finished[1].stderr
    assert found["trials"][0]["folder"] == found["trials"][1]["folder"]
    log = (root / "work" / found["trials"][1]["folder"] / "run.log").read_text()
    assert "train (cached)" in log and "epoch" not in log


def test_a_recipe_of_the_front_runs_as_it_is(given, finished):
    root, _ = given
    found = json.loads((root / "work" / "results.json").read_text())
    assert sorted(row["recipe"] for row in found["front"]) == sorted(map(str, (root / "work" / "front").iterdir()))
    for row in found["front"]:
        flags = [f"--recipe={row['recipe']}", f"--workdir={root}/work/{row['folder']}", "--dry_run", "--json"]
        plan = subprocess.run([sys.executable, "-m", "tfl_lite_suite.run", *flags], capture_output=True, check=True)
        states = {step["stage"]: step["state"] for step in json.loads(plan.stdout)["plan"]}
        # A latency that was unsteady is measured again.
        assert states.pop("benchmark") in ("cached", "to do") and set(states.values()) == {"cached"}
    assert "<svg" in (root / "work" / "search.html").read_text()


def test_a_finished_search_repeats_nothing(given, finished):
    root, _ = given
    before = {path: path.stat().st_mtime_ns for path in (root / "work" / "trials").rglob("*")}
    again = subprocess.run(command(*finished[0]), capture_output=True, text=True, check=False)
    assert again.returncode == 0 and again.stderr == "" and again.stdout.startswith("3 trials: 3 complete.")
    assert before == {path: path.stat().st_mtime_ns for path in (root / "work" / "trials").rglob("*")}


def test_another_space_needs_another_study(given, finished):
    flags = [*finished[0], "--vary=train.epochs=[1]"]
    child = subprocess.run(command(*flags), capture_output=True, text=True, check=False)
    assert child.returncode == 1 and re.fullmatch(r"error: --study: 'tiny' was begun with another .*\n", child.stderr)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("--vary=model.alhpa=[0.5]", "model.alhpa"),
        ("--vary=model.alpha=[1.0]", "empty"),
        ("--set=model.name=micr", "Did you mean 'micro'"),
        ("--trials=0", "--trials: expected"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(given, tmp_path, change, message):
    (tmp_path / "empty").mkdir()
    flags = [*given[1][:2], "--workdir=work", change]
    verb_process.check_mistake("search", flags, tmp_path / "empty")
    child = subprocess.run(command(*flags), capture_output=True, text=True, cwd=tmp_path / "empty", check=False)
    assert message in child.stderr


def test_a_database_that_cannot_be_reached_is_one_line(given, tmp_path):
    flags = [*given[1][:2], f"--workdir={tmp_path}/work", "--storage=postgresql://me:secret@127.0.0.1:1/x"]
    child = subprocess.run(command(*flags), capture_output=True, text=True, check=False)
    assert child.returncode == 1 and "secret" not in child.stderr
    assert re.fullmatch(r"error: --storage: cannot use '\S+127.0.0.1:1/x': .*\n", child.stderr)


def test_without_optuna_the_extra_is_named(given, tmp_path):
    flags = ["search", *given[1][:2], f"--workdir={tmp_path}/work"]
    code = (
        f"import runpy, sys\nsys.modules['optuna'] = None\nsys.argv = {flags!r}\n"
        "runpy.run_module('tfl_lite_suite.search', run_name='__main__', alter_sys=True)\n"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert child.returncode == 1 and "pip install 'tfl-lite-suite[search]'" in child.stderr
    assert len(child.stderr.splitlines()) == 1 and not (tmp_path / "work").exists()


def test_a_search_whose_trials_all_fail_says_why(given, tmp_path):
    flags = [*given[1][:2], f"--workdir={tmp_path}/work", "--set=model.name=mobilenet_v1", "--set=data.resolution=16"]
    flags += ["--vary=scheme=[float32, float16, dynamic]"]
    child = subprocess.run(command(*flags), capture_output=True, text=True, check=False)
    assert child.returncode == 1, child.stderr
    last = child.stderr.splitlines()[-1]
    assert last.startswith("error: every trial so far failed, the last with: resolution: mobilenet_v1 takes")
