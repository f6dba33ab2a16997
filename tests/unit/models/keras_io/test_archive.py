import io
import json
import zipfile

import h5py
import pytest
from verb_process import check_mistake

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.keras_io import archive as keras_archive


def hdf5(fill=lambda file: None):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        fill(file)
    return content.getvalue()


def write(path, layer, version="2.21.0", weights=b""):
    """Writes a file whose model has this one layer."""
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "model", "layers": [layer]}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps({**config, "compile_config": {"loss": {"class_name": "os.system"}}}))
        archive.writestr("model.weights.h5", weights or hdf5())
    return path


def named(module, kind, **config):
    return {"module": module, "class_name": kind, "config": {"name": "evil", **config}}


CODE = {
    "a class of any module": named("os", "system"),
    "a class inside another": named("keras.layers", "os.system"),
    "a private module": named("keras.src.utils.data_utils", "get_file"),
    "a lambda": named("keras.layers", "Lambda", function=["4wEAAAAA", None, None]),
    "a function of Python": named(
        "keras.layers", "Dense", activation={"module": "builtins", "class_name": "function", "config": "exec"}
    ),
    "a function of a module": named(
        "keras.layers", "Dense", kernel_initializer={"module": "subprocess", "class_name": "run", "config": {}}
    ),
    "an operator that writes files": named(
        "tf_keras.src.layers.core.tf_op_layer", "TFOpLambda", function="io.write_file"
    ),
    "an operator of raw TensorFlow": named(
        "tf_keras.src.layers.core.tf_op_layer", "TFOpLambda", function="raw_ops.PyFunc"
    ),
    "a node of raw TensorFlow": named("keras.layers", "TensorFlowOpLayer", node_def="…"),
}


@pytest.mark.parametrize("layer", CODE.values(), ids=CODE.keys())
@pytest.mark.parametrize("version", ["2.21.0", "3.15.1"])
def test_what_could_run_code_is_refused_and_named(layer, version, tmp_path):
    path = write(tmp_path / "model.keras", layer, version)
    with pytest.raises(SuiteError, match="could run code, and they are not loaded: layer 'evil'") as error:
        keras_archive.read(path)
    assert "\n" not in str(error.value)


def test_no_more_than_a_few_are_named(tmp_path):
    layers = named("keras.layers", "Dense", inner=[named("os", f"f{number}") for number in range(9)])
    with pytest.raises(SuiteError, match=r"\(os\.f3\) and 5 more\. Build"):
        keras_archive.read(write(tmp_path / "model.keras", layers))


def test_what_keras_writes_itself_is_accepted(tmp_path):
    image = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 3, activation="relu6", kernel_regularizer="l2", kernel_constraint="max_norm")(image)
    model = keras.Model(image, keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])(x * 2 + 1))
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras", save_format="keras")
    version, config, numbers = keras_archive.read(tmp_path / "model.keras")
    assert version.startswith("2.") and config["class_name"] == "Functional"
    assert numbers >= model.count_params()


def gibibytes(file):
    for name in "ab":
        file.create_dataset(f"layers/{name}", (1 << 15, 1 << 15), "u2", chunks=(1 << 10, 1 << 10), compression="gzip")


def in_another_file(file):
    file["layers/kernel"] = h5py.ExternalLink("/etc/other.h5", "x")


def raw(file):
    file.create_dataset("layers/kernel", (8,), "u1", external=[("/etc/hostname", 0, 8)])


def in_a_circle(file):
    file["layers/kernel"] = file.create_group("layers/inner")
    file["layers/inner/again"] = file["layers"]


def many_paths(file):
    group = file.create_group("layers/0")
    for number in range(1, 40):
        after = file.create_group(f"layers/{number}")
        group["left"] = group["right"] = after
        group = after


def texts(file):
    file["layers/kernel"] = ["any", "length"]


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (gibibytes, "unpack to more than 67,|unpack to more than 70,"),
        (in_another_file, "'kernel' is a link"),
        (raw, "lies in another file"),
        (in_a_circle, "is linked more than once"),
        (many_paths, "is linked more than once"),
        (texts, "'kernel' holds texts or references"),
    ],
)
def test_arrays_that_fill_the_memory_or_lie_elsewhere_are_refused(fill, message, tmp_path):
    path = write(tmp_path / "model.keras", named("keras.layers", "Dense"), weights=hdf5(fill))
    with pytest.raises(SuiteError, match=message) as error:
        keras_archive.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["metadata.json", "assets/big.txt"])
def test_an_archive_that_would_unpack_to_too_much_is_not_unpacked(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b" " * (1 << 27))
    with pytest.raises(SuiteError, match="it would unpack to 134,217,728 bytes, at most 6"):
        keras_archive.read(tmp_path / "model.keras")


def test_a_description_that_is_nested_without_end_is_refused(tmp_path):
    layer = named("keras.layers", "Dense")
    for _ in range(200):
        layer = {"inner": layer}
    with pytest.raises(SuiteError, match="nested more than 100 deep"):
        keras_archive.read(write(tmp_path / "model.keras", layer))


def test_more_layers_than_anyone_waits_for_are_refused(tmp_path):
    layers = [named("keras.layers", "ReLU")] * 10_001
    with pytest.raises(SuiteError, match="a list of 10,001 layers, at most 10,000 are built"):
        keras_archive.read(write(tmp_path / "model.keras", {"class_name": "Sequential", "config": {"layers": layers}}))


@pytest.mark.parametrize(
    "files", [{}, {"metadata.json": "{}", "config.json": "{}"}, {"metadata.json": "[]", "config.json": "1"}]
)
def test_other_archives_are_one_line(files, tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with pytest.raises(SuiteError, match="cannot read .*model.keras") as error:
        keras_archive.read(tmp_path / "model.keras")
    assert "\n" not in str(error.value)


def test_a_text_that_is_nested_without_end_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("config.json", '{"a":' * 90_000 + "1" + "}" * 90_000)
    with pytest.raises(SuiteError, match="config.json is nested more than 100 deep"):
        keras_archive.read(tmp_path / "model.keras")


@pytest.mark.parametrize(("verb", "flags"), [("convert", ["--output=x.tflite"]), ("evaluate", ["--data=x"])])
def test_verbs_refuse_a_hostile_file_before_tensorflow_is_loaded(verb, flags, tmp_path):
    model = write(tmp_path / "model.keras", named("os", "system"))
    (tmp_path / "empty").mkdir()
    check_mistake(verb, [f"--model={model}", *flags], tmp_path / "empty")
