import json
import subprocess
import sys

import keras_samples
import numpy as np
import pytest
import yaml

from tfl_lite_suite.runtime import engines

RECIPE = {
    "name": "tiny",
    "data": {"source": "FOLDER", "resolution": 32, "validation_fraction": 0.2, "test_fraction": 0.2},
    "model": {"name": "mobilenet_v1", "alpha": 0.1},
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
    assert list(results) == ["train", "quantize", "convert", "evaluate", "benchmark"]
    assert 0 <= results["train"]["top1"] <= 1 and results["train"]["epochs"] == 2
    assert {"top1_float", "top1_qat"} <= set(results["quantize"])
    assert [row["name"] for row in results["convert"]] == ["float32", "int8_ptq", "int8_qat"]
    assert [row["fully_int8"] for row in results["convert"]] == [False, True, True]
    count = len(engines.installed())
    assert len(results["evaluate"]) == len(results["benchmark"]) == 3 * count
    assert all(row["n"] == results["train"]["images"]["test"] for row in results["evaluate"])
    float_rows = [row for row in results["evaluate"] if row["name"] == "float32"]
    assert all(row["top1"] == results["train"]["top1"] for row in float_rows)


def test_the_table_has_a_row_a_file_and_engine(finished):
    root, _, results = finished
    lines = (root / "work" / "table.md").read_text().splitlines()
    assert len(lines) == 2 + 2 + len(results["evaluate"])


def test_a_second_run_repeats_nothing(finished):
    root, flags, results = finished
    before = {path: path.stat().st_mtime_ns for path in (root / "work").rglob("*.keras")}
    child = verb("run", *flags, "--json")
    assert child.returncode == 0 and json.loads(child.stdout) == results
    assert "epoch" not in child.stderr
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
    child = verb("run", *flags, change)
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
