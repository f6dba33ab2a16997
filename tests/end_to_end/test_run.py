import json
import subprocess
import sys

import keras_samples
import numpy as np
import pytest
import yaml
from places import RECIPES, TOOLS

from tfl_lite_suite.core import recipe
from tfl_lite_suite.run import Run
from tfl_lite_suite.runtime import engines

RECIPE = {
    "name": "tiny",
    "data": {"source": "FOLDER", "resolution": 32, "validation_fraction": 0.2, "test_fraction": 0.2},
    "model": {"name": "micro", "alpha": 0.5},
    "train": {"epochs": 2, "batch_size": 8, "learning_rate": 0.05},
    "quantize": {"epochs": 1, "batch_size": 8},
    "convert": {"schemes": ["float32", "int8"]},
    "benchmark": {"min_seconds": 0.05, "runs": 10},
}


def verb(name, *flags):
    return subprocess.run(
        [sys.executable, "-m", f"tfl_lite_suite.{name}", *map(str, flags)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A whole run on a small folder of pictures."""
    root = tmp_path_factory.mktemp("run")
    (root / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    keras_samples.picture_folder(root / "pictures", per_class=20)
    flags = [f"--recipe={root}/recipe.yaml", f"--data={root}/pictures", f"--workdir={root}/work"]
    child = verb("run", *flags, "--json")
    assert child.returncode == 0, child.stderr
    return root, flags, json.loads(child.stdout)


def test_every_stage_reports(finished):
    _, _, results = finished
    assert list(results) == ["train", "quantize", "convert", "evaluate", "benchmark", "ledger", "verdict"]
    assert 0 <= results["train"]["top1"] <= 1 and results["train"]["epochs"] == 2
    assert {"top1_float", "top1_qat"} <= set(results["quantize"])
    assert [row["name"] for row in results["convert"]] == ["float32", "int8_ptq", "int8_qat"]
    assert [row["fully_int8"] for row in results["convert"]] == [False, True, True]
    count = len(engines.installed_for(""))
    assert len(results["evaluate"]) == len(results["benchmark"]) == 3 * count
    # A network as small as this has no operator that takes microseconds.
    assert all(row["profile"] or "profile: " in " ".join(row["warnings"]) for row in results["benchmark"])
    assert all(row["n"] == results["train"]["images"]["test"] for row in results["evaluate"])
    float_rows = [row for row in results["evaluate"] if row["name"] == "float32"]
    assert all(row["top1"] == results["train"]["top1"] for row in float_rows)


def test_the_table_has_a_row_a_file_and_engine(finished):
    root, _, results = finished
    text = (root / "work" / "table.md").read_text()
    lines = text[text.index("| file |") :].splitlines()
    assert lines.index("") == 2 + 2 + len(results["evaluate"])
    assert f"- ship: {results['verdict']['path']}".replace("_", "") in text.replace("_", "")
    assert "<h2>What each step cost</h2>" in (root / "work" / "report.html").read_text()


def test_a_second_run_repeats_nothing(finished):
    root, flags, results = finished
    before = {path: path.stat().st_mtime_ns for path in (root / "work").rglob("*.keras")}
    child = verb("run", *flags, "--json")
    assert child.returncode == 0, child.stderr
    again = json.loads(child.stdout)
    assert "epoch" not in child.stderr
    # A busy machine's latencies do not count, and are measured again.
    pairs = list(zip(results["benchmark"], again["benchmark"], strict=True))
    assert all(first == second or not first["valid"] for first, second in pairs)
    # The verdict tells latencies.
    new = {"benchmark": [second for _, second in pairs], "verdict": again["verdict"]}
    assert again == {**results, **new} and again["verdict"]["top1"] == results["verdict"]["top1"]
    assert before == {path: path.stat().st_mtime_ns for path in (root / "work").rglob("*.keras")}


def test_the_contract_and_labels_are_in_the_files(finished):
    root, _, _ = finished
    child = verb("lint", f"--model={root}/work/convert/int8_qat/int8_qat.tflite", "--json")
    document = json.loads(child.stdout)
    assert document["labels"] == ["bright", "dark"] and document["contract"]["height"] == 32
    assert document["fully_int8"] and not document["float_ops"]


def test_convert_of_a_trained_model_takes_the_recipe_beside_it(finished, tmp_path):
    root, _, _ = finished
    model = root / "work" / "train" / "model.keras"
    child = verb("convert", f"--model={model}", "--io_type=uint8", f"--output={tmp_path}/u8.tflite", "--json")
    assert child.returncode == 0, child.stderr
    document = json.loads(child.stdout)
    assert {"output", "file_bytes", "seconds", "fully_int8", "float_ops"} <= set(document)
    assert document["file_bytes"] == (tmp_path / "u8.tflite").stat().st_size


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("--set=train.epoks=3", "train.epoks: unknown key 'epoks'. Did you mean 'epochs'"),
        ("--set=train.epochs=many", "train.epochs: expected a whole number"),
        ("--set=model.name=mobilnet_v1", "Did you mean 'mobilenet_v1'"),
        ("--data=/nowhere/at/all", "no such folder '/nowhere/at/all'"),
    ],
)
def test_mistakes_are_one_line_and_touch_nothing(finished, change, message):
    root, flags, _ = finished
    earlier = (root / "work" / "results.json").read_bytes()
    name = change.partition("=")[0]
    child = verb("run", *(flag for flag in flags if not flag.startswith(f"{name}=")), change)
    assert child.returncode == 1 and message in child.stderr
    assert child.stderr.strip().splitlines()[-1].startswith("error: ") and "Traceback" not in child.stderr
    assert (root / "work" / "results.json").read_bytes() == earlier


def test_a_corrupt_picture_is_named_or_skipped(finished, tmp_path):
    root, flags, _ = finished
    pictures = keras_samples.picture_folder(tmp_path / "pictures", per_class=20)
    (pictures / "dark" / "notes.jpg").write_text("no picture")
    flags = [f"--recipe={root}/recipe.yaml", f"--data={pictures}", f"--workdir={tmp_path}/work"]
    child = verb("train", *flags)
    assert child.returncode == 1 and "notes.jpg" in child.stderr
    child = verb("train", *flags, "--set=data.on_corrupt=skip", "--set=train.epochs=1", "--json")
    assert child.returncode == 0, child.stderr
    assert any("notes.jpg" in note for note in json.loads(child.stdout)["notes"])


def test_a_class_without_pictures_is_named(finished, tmp_path):
    root, _, _ = finished
    pictures = keras_samples.picture_folder(tmp_path / "pictures", per_class=4)
    (pictures / "empty").mkdir()
    child = verb("train", f"--recipe={root}/recipe.yaml", f"--data={pictures}", f"--workdir={tmp_path}/work")
    assert child.returncode == 1 and "'empty'" in child.stderr and len(child.stderr.strip().splitlines()) == 1


def test_predictions_of_both_engines_agree_on_float(finished):
    _, _, results = finished
    matrices = [np.array(row["confusion"]) for row in results["evaluate"] if row["name"] == "float32"]
    assert all((matrix == matrices[0]).all() for matrix in matrices)


@pytest.fixture(scope="module")
def chained(finished):
    """A run with a teacher, two prunings, both ways of quantizing, and limits that cannot be kept."""
    root, _, _ = finished
    recipe = {
        **RECIPE,
        "data": {**RECIPE["data"], "source": str(root / "pictures")},
        "distill": {
            "teacher": "squeezenet_1_1",
            "alpha": 0.1,
            "epochs": 1,
            "during": ["train", "prune", "quantize"],
            "features": 100,
        },
        "prune": {"params_ratio": 0.8, "epochs": 1},
        "quantize": {"scheme": "both", "epochs": 1, "batch_size": 8, "learning_rate": 0.0001},
        "convert": {"schemes": ["float32"], "calibration_images": 20},
        "stages": ["train", "convert", "prune", "prune clusters=8", "quantize", "convert", "lint", "evaluate"],
        "budget": {"max_bytes": 10, "max_top1_drop": 1},
    }
    recipe["benchmark"] = {"engines": ["litert"]}
    (root / "chain.yaml").write_text(yaml.safe_dump(recipe))
    flags = [f"--recipe={root}/chain.yaml", f"--workdir={root}/chain", "--json"]
    return flags, verb("run", *flags)


def test_a_chain_takes_the_latest_model_each_time(chained):
    results = json.loads(chained[1].stdout)
    names = ["teacher", "train", "convert", "prune", "prune_2", "quantize", "convert_2", "lint", "evaluate", "budget"]
    assert list(results) == [*names, "ledger", "verdict"]
    assert results["prune"]["params_after"] < results["prune"]["params_before"]
    assert results["prune_2"]["params_before"] == results["prune"]["params_after"]
    assert results["prune_2"]["most_values"] <= 9
    assert {"top1_float", "top1_qat", "top1_ptq", "ptq"} <= set(results["quantize"])
    rows = [(row["name"], row["source"]) for row in (*results["convert"], *results["convert_2"])]
    assert rows == [
        ("float32", "train"),
        ("prune_2_float32", "prune_2"),
        ("int8_ptq", "prune_2"),
        ("int8_qat", "quantize"),
    ]
    assert {"techniques", "agreement"} <= set(results["convert_2"][1]["ptq"])
    assert results["convert_2"][0]["file_bytes"] < results["convert"][0]["file_bytes"]
    assert [row["name"] for row in results["lint"]] == [name for name, _ in rows]
    ledger = {row["name"]: row for row in results["ledger"]}
    assert list(ledger) == ["teacher", "train", "prune", "prune_2", "quantize", *(name for name, _ in rows)]
    for name in ("float32", "prune_2_float32"):
        assert ledger[name]["agreement"] == 1.0 and ledger[name]["change"]["points"] == 0
    assert ledger["int8_ptq"]["top1"] == results["evaluate"][2]["top1"]


def test_a_broken_budget_fails_with_one_line_and_keeps_the_results(chained, finished):
    flags, child = chained
    assert child.returncode == 1
    last = child.stderr.strip().splitlines()[-1]
    assert last.startswith("error: budget: int8_ptq: the file has") and "int8_qat: the file has" in last
    assert "max_top1_drop" not in last
    saved = json.loads((finished[0] / "chain" / "results.json").read_text())
    assert saved == json.loads(child.stdout) and not saved["budget"]["ok"]
    assert "| int8_qat | litert" in (finished[0] / "chain" / "table.md").read_text()
    assert verb("run", *flags, "--set=budget.max_bytes=1000000").returncode == 0


def test_a_plan_says_what_is_cached_and_writes_nothing(chained, finished):
    root = finished[0]
    before = {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}
    plan = json.loads(verb("run", *chained[0], "--dry_run", "--set=quantize.epochs=2").stdout)["plan"]
    assert [row["state"] for row in plan] == [*["cached"] * 5, "1 of 2 cached", *["to do"] * 4]
    text = verb("run", *chained[0][:1], f"--workdir={root}/nowhere", "--dry_run").stdout.splitlines()
    assert text[0] == "[1/10] teacher: to do" and text[-1] == "[10/10] budget: to do"
    assert {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))} == before


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_project_has_a_plan(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        (tmp_path / "pictures" / name / "1.png").touch()
    settings = recipe.load(path, ["data.source=pictures"])
    if settings.distill.teacher and not settings.distill.trains_teacher:
        teacher = tmp_path / settings.distill.teacher
        teacher.parent.mkdir(parents=True)
        teacher.touch()
    plan = Run(settings, "made").plan()
    assert len(plan) >= len(settings.stages) and {row["state"] for row in plan} == {"to do"}
    assert not (tmp_path / "made").exists()


def test_killed_runs_go_on_to_the_same_results(finished, tmp_path):
    root, flags, _ = finished
    tool = TOOLS / "check_resume.py"
    command = [
        sys.executable,
        tool,
        f"--workdir={tmp_path}",
        f"--reference={root / 'work'}",
        "--kills=3",
        "--seconds=15",
    ]
    child = subprocess.run([*map(str, command), "--", *flags[:2]], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert len(child.stdout.splitlines()) == 4 and child.stdout.endswith("equal those of the run that nobody stopped\n")
