import h5py
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.weights import keras_applications


def _model():
    x = keras.layers.Input((4, 4, 3))
    y = keras.layers.BatchNormalization(name="bn")(keras.layers.Conv2D(2, 3, name="conv")(x))
    return keras.Model(x, keras.layers.ReLU(name="relu")(y))


def test_reads_files_of_weights_and_of_whole_models(tmp_path):
    model = _model()
    model.save_weights(tmp_path / "weights.h5")
    model.save(tmp_path / "model.h5")
    for name in ("weights.h5", "model.h5"):
        conv, bn = keras_applications.read_h5(tmp_path / name)
        assert (conv.name, bn.name) == ("conv", "bn")
        np.testing.assert_array_equal(conv.arrays[0], model.get_layer("conv").kernel)
        assert [array.shape for array in bn.arrays] == [(2,)] * 4


def test_reads_lists_of_names_that_were_split(tmp_path):
    with h5py.File(tmp_path / "split.h5", "w") as file:
        file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"first"], [b"second"]
        for name in ("first", "second"):
            file.create_group(name).attrs["weight_names"] = [b"kernel:0"]
            file[name]["kernel:0"] = np.ones(3)
    assert [layer.name for layer in keras_applications.read_h5(tmp_path / "split.h5")] == ["first", "second"]


def test_other_files_are_one_clear_error(tmp_path):
    (tmp_path / "text.h5").write_text("no weights")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["numbers"] = np.ones(3)
    for name in ("text.h5", "other.h5"):
        with pytest.raises(SuiteError, match=f"{name}' is not a Keras .h5 weights file"):
            keras_applications.read_h5(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "alpha", "message"),
    [
        ("shufflenet_v2", 1.0, "no ImageNet weights for shufflenet_v2"),
        ("mobilenet_v1", 0.3, "has ImageNet weights for 0.25, 0.5, 0.75, 1.0 only. Received: 0.3"),
    ],
)
def test_networks_and_widths_without_official_weights(name, alpha, message):
    with pytest.raises(SuiteError, match=message):
        keras_applications.download(name, (224, 224, 3), alpha)


def test_download_chooses_the_file_and_explains_an_unreachable_network(monkeypatch):
    asked = []

    def mobilenet(**arguments):
        asked.append(arguments)
        raise OSError("URL fetch failure on https://example.org/m.h5")

    monkeypatch.setattr(keras.applications, "MobileNet", mobilenet)
    for shape in ((160, 160, 3), (100, 100, 1)):
        with pytest.raises(SuiteError, match="cannot be downloaded: URL fetch failure .* give its path"):
            keras_applications.download("mobilenet_v1", shape, 0.5)
    assert [(call["input_shape"], call["alpha"]) for call in asked] == [((160, 160, 3), 0.5), ((224, 224, 3), 0.5)]
