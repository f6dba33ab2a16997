import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import verb_process
from keras_samples import picture_folder, tiny_network

from tfl_lite_suite import quantize, train
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Data, Model, Recipe
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.quantize.result import PtqResult, QatResult
from tfl_lite_suite.tflite.file import TfliteFile


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("ptq")
    source = picture_folder(folder / "pictures", per_class=40)
    settings = Recipe("tiny", Data(str(source), 32, color="grey", test_fraction=0.3), Model("mobilenet_v2"))
    data, model = train.load_images(settings, str(folder)), tiny_network()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = data.train.images(np.arange(len(data.train))).astype(np.float32)
    model.fit(images, data.train.labels, epochs=30, verbose=0)
    keras_file.save(model, folder / "model.keras")
    return settings, data, str(folder / "model.keras")


def test_results_file_and_debugging(trained, tmp_path):
    settings, data, path = trained
    results = quantize.quantize_after_training(settings, str(tmp_path), path, lambda: data, debug=True)
    assert results.top1_float >= 0.9 and abs(results.top1_float - results.top1_ptq) <= 0.05
    file = TfliteFile.read(results.output)
    assert file.fully_int8 and file.contract == data.contract
    assert {"techniques", "agreement", "kl", "candidates"} <= set(results.ptq)
    assert [row["pictures"] for row in results.others["sensitivity"]] == [8, 16, 32]
    assert len(results.others["worst_layers"]) == 5
    assert "stem_relu6" in {row["layer"] for row in results.others["layers"]}
    text = quantize.show(results)
    assert "calibration pictures" in text and "top-1" in text and results.others["chart"] in text


def test_the_stage_is_kept(trained, tmp_path):
    settings, data, path = trained
    first = quantize.quantize_after_training(settings, str(tmp_path), path, lambda: data)
    again = quantize.quantize_after_training(settings, str(tmp_path), path, lambda: pytest.fail("loaded again"))
    assert first == again


def test_batch_normalization_is_live_in_the_first_half_of_the_epochs(trained, tmp_path):
    settings, data, path = trained
    chosen = dataclasses.replace(settings.quantize, epochs=3, batch_size=16, batch_norm="live")
    results = quantize.quantize(dataclasses.replace(settings, quantize=chosen), str(tmp_path), path, lambda: data)
    live = [record["phase"].endswith("live batch norm") for record in results.history]
    assert live == [True, True, False] and results.epochs == 3
    assert results.top1_qat >= results.top1_float - 0.05
    kept = keras_file.load(tmp_path / "quantize" / "model.keras")
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in kept.layers)
    assert not list(tmp_path.rglob("checkpoint*"))


def test_training_never_ends_below_its_start_and_tells_what_it_kept(trained, tmp_path):
    settings, data, path = trained
    ruin = dataclasses.replace(settings.quantize, epochs=1, batch_size=16, learning_rate=1.0)
    result = quantize.quantize(dataclasses.replace(settings, quantize=ruin), str(tmp_path), path, lambda: data)
    assert result.kept == "start" and result.top1_qat == result.top1_start
    assert min(result.validation["root_kl_epochs"]) > result.validation["root_kl_start"] > 0
    assert {"techniques", "ranges", "agreement", "kl"} <= set(result.start)
    assert "kept the network before training" in quantize.show(result)


def test_a_run_that_ends_below_post_training_quantization_says_so():
    validation = {"images": 50, "top1_start": 0.8, "top1_epochs": [0.7, 0.82]}
    result = QatResult(
        top1_float=0.9,
        seconds=9.0,
        top1_qat=0.87,
        top5_qat=0.99,
        epochs=2,
        history=(),
        top1_start=0.88,
        start={},
        kept="epoch 2",
        validation=validation,
        top1_ptq_file=0.89,
    )
    text = quantize.show(result)
    assert "kept epoch 2: top-1 82.00 % on 50 validation images, before training 80.00 %" in text
    assert "2.00 points below" in text
    assert "below" not in quantize.show(dataclasses.replace(result, top1_qat=0.895))
    by_kl = {**validation, "root_kl_start": 0.02, "root_kl_epochs": [0.03, 0.01]}
    text = quantize.show(dataclasses.replace(result, validation=by_kl))
    assert "kept epoch 2: distance from the float network 0.0100 on 50 validation images, before training" in text
    text = quantize.show(dataclasses.replace(result, kept="start"))
    assert "kept the network before training: top-1 80.00 % on 50 validation images" in text
    assert "after it 82.00 %, a gain that chance could give" in text


@pytest.fixture(scope="module")
def flat(trained, tmp_path_factory):
    """A folder of pictures without labels."""
    folder = tmp_path_factory.mktemp("flat")
    for place, picture in enumerate(sorted(pathlib.Path(trained[0].data.source).rglob("*.png"))[::2]):
        shutil.copy(picture, folder / f"{place}.png")
    return folder


def test_pictures_without_labels_are_enough_for_training(trained, flat, tmp_path):
    settings, _, path = trained
    unlabelled = dataclasses.replace(
        settings,
        data=dataclasses.replace(settings.data, source=str(flat), validation_fraction=0.25),
        quantize=dataclasses.replace(settings.quantize, epochs=1, batch_size=8),
    )
    result = quantize.quantize(unlabelled, str(tmp_path), path)
    assert result.validation["images"] == 10 and result.validation["top1_start"] is None
    assert len(result.validation["root_kl_epochs"]) == 1 and result.top1_qat is None
    assert result.history[0]["train_top1"] is None and "no test images" in quantize.show(result)
    by_labels = dataclasses.replace(unlabelled.quantize, targets="labels")
    with pytest.raises(SuiteError, match="has no subfolders"):
        quantize.quantize(dataclasses.replace(unlabelled, quantize=by_labels), str(tmp_path), path)


def test_pictures_without_labels_are_enough_without_training(trained, flat, tmp_path):
    _, _, path = trained
    model = tmp_path / "model.keras"
    shutil.copy(path, model)
    command = [sys.executable, "-m", "tfl_lite_suite.quantize", f"--model={model}", "--scheme=ptq", f"--data={flat}"]
    done = subprocess.run([*command, "--ptq=plain", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["top1_ptq"] is None and result["ptq"]["techniques"] == [] and result["ptq"]["agreement"] >= 0.9
    assert TfliteFile.read(result["output"]).fully_int8


def test_a_missing_model_is_named(trained, tmp_path):
    with pytest.raises(SuiteError, match=r"model: no such file 'nowhere\.keras'"):
        quantize.quantize_after_training(trained[0], str(tmp_path), "nowhere.keras")


def test_command_line_takes_the_recipe_and_the_folder_of_the_model(trained, tmp_path):
    settings, _, path = trained
    (tmp_path / "recipe.yaml").write_text(recipe.dump(settings), encoding="utf-8")
    shutil.copy(path, tmp_path)
    command = [sys.executable, "-m", "tfl_lite_suite.quantize", f"--model={tmp_path / 'model.keras'}"]
    command += ["--scheme=ptq", "--json", "--min_agreement=0.5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert {"top1_float", "top1_ptq", "ptq", "output"} <= set(results)


def ptq_result(report, float_ops=()):
    shares = {"top1_float": 0.9, "top1_ptq": 0.9, "seconds": 1.0}
    return PtqResult(output="x.tflite", ptq=report, calibration=(), float_ops=tuple(float_ops), **shares)


@pytest.mark.parametrize(("fallback", "words"), [("float", "left in float"), ("int16", "with 16-bit outputs")])
def test_layers_that_fell_back_are_named(fallback, words):
    report = {f"{fallback}_layers": ["stem", "pool"], f"{fallback}_latency_ratio": 1.5}
    report |= {"techniques": [], "agreement": 1.0, "kl": 0.0, "notes": [], "pictures": {"judging": 9}}
    text = quantize.show(ptq_result(report))
    assert text.endswith(f"{words}: stem, pool; latency here 1.50 times the int8 file's")


def test_operators_without_an_int8_form_are_named():
    report = {"techniques": [], "agreement": 1.0, "kl": 0.0, "notes": [], "pictures": {"judging": 9}}
    ops = [{"name": name} for name in ("ELU", "QUANTIZE", "ELU")]
    shown = quantize.show(ptq_result(report, ops))
    assert shown.endswith("compute in float, having no int8 form: 2 ELU, 1 QUANTIZE")
    assert "compute in float" not in quantize.show(ptq_result(report))


def test_the_kind_of_fallback_belongs_to_the_stage(trained, tmp_path):
    settings, _, path = trained
    other = dataclasses.replace(settings, quantize=dataclasses.replace(settings.quantize, fallback="int16"))
    first, second = (quantize.ptq_stage_of(recipe, str(tmp_path), path).key for recipe in (settings, other))
    assert first != second


@pytest.mark.parametrize(
    "flag",
    [
        [],
        ["--model=missing.keras"],
        ["--model=m.keras", "--scheme=qatt"],
        ["--model=m.keras", "--fallback=int16"],
        ["--model=m.keras", "--scheme=ptq", "--fallback=int16"],
        ["--model=m.keras", "--scheme=ptq", "--min_agreement=0.9", "--fallback=int17"],
    ],
)
def test_mistakes_are_one_line_before_tensorflow_loads(flag, tmp_path):
    verb_process.check_mistake("quantize", flag, tmp_path)
