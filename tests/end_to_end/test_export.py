import json
import pathlib

import graph_models
import keras_samples
import numpy as np
import pytest
import quadrant_models
from PIL import Image
from verb_process import run_without_tensorflow

from tfl_lite_suite.runtime import engines, exported_file

NAMES = {"onnx": "onnxruntime", "ncnn": "ncnn", "mnn": "mnn"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    model = graph_models.everything()
    for scheme, io_type in (("float32", "float32"), ("float16", "float32"), ("dynamic", "float32"), ("int8", "int8")):
        graph_models.write(folder / f"{scheme}.tflite", scheme, io_type, model)
    for io_type in ("uint8", "float32"):
        graph_models.write(folder / f"int8_{io_type}.tflite", "int8", io_type, model)
    for number, picture in enumerate(graph_models.pictures()):
        (folder / "data" / "abc"[number % 3]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / "data" / "abc"[number % 3] / f"{number}.png")
    return folder


def export(place, model, *flags, output="out"):
    arguments = [f"--model={place / model}", f"--output_dir={place / output}", f"--data={place / 'data'}", *flags]
    return quadrant_models.verb("export", "--json", *arguments)


@pytest.mark.parametrize(("model", "largest"), [("float32.tflite", 1e-4), ("float16.tflite", 1e-4)])
def test_float_files_answer_alike_on_every_engine(place, model, largest):
    rows = {row["format"]: row for row in json.loads(export(place, model).stdout)}
    assert {name: row["engine"] for name, row in rows.items()} == NAMES
    for row in rows.values():
        assert row["unsupported"] is None
        assert row["max_abs_diff"] < largest and row["top1_agreement"] == 1.0 and row["pictures"] == 12
        description = exported_file.read(row["files"][0])
        assert description.labels == graph_models.LABELS and description.contract == graph_models.CONTRACT


@pytest.mark.parametrize("model", ["int8.tflite", "int8_uint8.tflite", "int8_float32.tflite"])
def test_int8_files_stay_near_and_small(place, model):
    rows = {row["format"]: row for row in json.loads(export(place, model).stdout)}
    size = np.abs(logits(place / "float32.tflite", "litert")).max()
    for format in ("onnx", "ncnn"):
        assert rows[format]["max_abs_diff"] < 0.15 * size, format
        weights = max(rows[format]["files"], key=lambda name: (place / "out" / name).stat().st_size)
        assert (place / "out" / weights).stat().st_size < (place / "float32.tflite").stat().st_size * 1.5
    assert rows["mnn"]["unsupported"].startswith("not supported by mnn: ") and rows["mnn"]["files"] == []


def test_onnx_of_int8_rounds_as_the_reference_kernels_do(place):
    (row,) = json.loads(export(place, "int8.tflite", "--to=onnx").stdout)
    own = logits(place / "int8.tflite", "litert")
    step = np.abs(np.diff(np.unique(own))).min()
    assert np.abs(own - logits(pathlib.Path(row["files"][0]), "onnxruntime")).max() <= 3 * step


def test_weights_in_int8_and_activations_in_float(place):
    rows = {row["format"]: row for row in json.loads(export(place, "dynamic.tflite", "--to=onnx,ncnn").stdout)}
    assert all(row["top1_agreement"] >= 0.75 for row in rows.values())


def logits(path, engine):
    np.save(path.parent / "pictures.npy", graph_models.pictures())
    return keras_samples.run_on_engines([(path, path.parent / "pictures.npy")])[str(path), engine][:, 0]


def test_patches_where_no_data_is_named(place):
    done = quadrant_models.verb("export", f"--model={place / 'float32.tflite'}", f"--output_dir={place}", "--to=ncnn")
    assert "random colours" in done.stderr and "ncnn: " in done.stdout and "100.00 % of 100 pictures" in done.stdout


@pytest.mark.parametrize(
    ("model", "flags", "message"),
    [
        ("none.tflite", [], "none.tflite"),
        ("float32.tflite", ["--to=onxx"], "--to: unknown format 'onxx'. Did you mean 'onnx'?"),
        ("int8.tflite", ["--to=mnn"], "not supported by mnn: "),
        ("damaged.tflite", [], "damaged.tflite"),
        ("out/float32.onnx", [], "expected a .tflite file"),
    ],
)
def test_a_mistake_is_one_line(place, model, flags, message):
    (place / "damaged.tflite").write_bytes((place / "float32.tflite").read_bytes()[:400])
    check_mistake(export(place, model, *flags), message)


def test_a_folder_that_cannot_be_written_is_one_line(place):
    check_mistake(export(place, "float32.tflite", output="/proc/x"), "error: cannot write '/proc/x'")


def check_mistake(done, message):
    assert done.returncode == 1 and done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("exporting")]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0]


def test_tensorflow_is_never_imported(place):
    status = run_without_tensorflow(
        "export", f"--model={place / 'float32.tflite'}", f"--output_dir={place}", timeout=300
    )
    assert status == 0


def test_every_engine_with_a_format_has_an_exporter():
    formats = {engines.get(name).format for name in engines.names()} - {"tflite"}
    assert formats == set(NAMES)
