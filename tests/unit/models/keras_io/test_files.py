import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras

layers = keras.layers
PICTURES = keras_samples.blocky(2, (32, 32, 3)).astype(np.float32)


def caffe():
    """ResNet's preprocessing, which Keras 2 writes to `.h5` alone."""
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3)(layers.ZeroPadding2D(1)(keras.applications.resnet.preprocess_input(image)))
    return keras_samples.randomize(
        keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)), name="caffe")
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["m.h5", "m.hdf5", "renamed.keras"])
def test_h5_files_of_keras_2_are_read_whatever_their_name(name, tmp_path):
    model = caffe()
    model.save(tmp_path / "m.h5")
    (tmp_path / "m.h5").rename(tmp_path / name)
    loaded = models.load(tmp_path / name)
    np.testing.assert_allclose(loaded(PICTURES), model(PICTURES), rtol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_code_in_an_h5_file_is_not_run(tmp_path):
    image = keras.Input((4,))
    x = layers.Lambda(lambda x: open("/tmp/evil", "w") and x, name="evil")(image)
    keras.Model(image, layers.Dense(2)(x)).save(tmp_path / "m.h5")
    with pytest.raises(SuiteError, match=r"could run code, and they are not loaded: layer 'evil' \(Lambda"):
        models.load(tmp_path / "m.h5")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_files_of_weights_alone_are_told(tmp_path):
    caffe().save_weights(tmp_path / "w.h5")
    with pytest.raises(SuiteError, match=r"w\.h5' as a \.h5 file: it holds weights only\. Build the model, load them"):
        models.load(tmp_path / "w.h5")


def test_a_saved_model_is_told_how_to_be_saved(tmp_path):
    keras.Sequential([keras.Input((4,)), layers.Dense(2)]).save(tmp_path / "saved", save_format="tf")
    with pytest.raises(
        SuiteError, match=r"is a SavedModel, a folder\. Save it as one file, .*\.save\('model\.keras'\)"
    ):
        models.load(tmp_path / "saved")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m.tflite", "converted already"),
        ("m.onnx", "an ONNX model"),
        ("m.pth", "weights of PyTorch"),
        ("m.keras", "not a .keras or .h5 file, or is truncated"),
    ],
)
def test_other_files_are_told_apart(name, message, tmp_path):
    (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(SuiteError, match=message):
        models.load(tmp_path / name)


def test_what_is_meant_as_a_file_is_told_from_a_networks_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").mkdir()
    assert [models.is_file(name) for name in ("m.h5", "m.keras", "a/b", "saved")] == [True] * 4
    assert not models.is_file("mobilenet_v1") and not models.is_file("mobilnet_v1")


def test_weights_that_are_no_numbers_are_told(tmp_path, capsys):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="fine"), layers.Dense(2, name="broken")])
    models.load(_saved(model, tmp_path))
    assert "NaN" not in capsys.readouterr().err
    model.get_layer("broken").set_weights([np.full((2, 2), np.nan), np.zeros(2)])
    models.load(_saved(model, tmp_path))
    assert "warning: layer 'broken': weights hold NaN or infinity" in capsys.readouterr().err


def test_layers_that_claim_more_than_the_file_holds_are_refused(tmp_path):
    import zipfile

    path = _saved(keras.Sequential([keras.Input((1000,)), layers.Dense(3, name="huge")]), tmp_path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["config.json"] = content["config.json"].replace(b"1000", b"3000000000")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(SuiteError, match="layer 'huge' takes more weights than the file holds"):
        models.load(path)


def _saved(model, folder):
    model.save(folder / "m.keras", save_format="keras")
    return folder / "m.keras"
