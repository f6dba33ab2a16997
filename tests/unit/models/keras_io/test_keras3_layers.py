"""Every kind of layer of Keras 3, with settings other than the usual: it answers as there, or is refused by name."""

import json
import os
import pathlib
import subprocess
import sys

import keras_layer_cases
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.keras_io import archive, files, keras3_layers

keras3 = pytest.importorskip("keras")
# What must load: images' layers, and activations given as objects.
LOADED = (
    "Conv2D strided|Conv2D dilated|Conv2D groups|Conv2D regularized|Conv2D frozen|DepthwiseConv2D multiplied|"
    "SeparableConv2D dilated|Conv2DTranspose padded|BatchNormalization rows|LayerNormalization plain|"
    "Normalization rows|Rescaling negative|ReLU all|LeakyReLU steep|PReLU shared|MaxPooling2D same|"
    "GlobalAveragePooling2D kept|Resizing bilinear|CenterCrop smaller|ZeroPadding2D sides|Bidirectional two|"
    "TimeDistributed|LSTM turned|GRU before|function relu6|function gelu|function leaky_relu|function hard_sigmoid|"
    "dense swish|object relu 6|object relu of all|object leaky|object separable elu|Activation object relu 6|"
    "ops cast|ops item|ops mean|ops relu|ops concatenate|ops split at|ops leaky|ops one less|ops vectors"
).split("|")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    environment |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, keras_layer_cases.__file__, "keras", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, json.loads(pathlib.Path(folder / "index.json").read_text())


def test_every_layer_of_keras_3_has_a_case(written):
    assert not set(written[1]["missing"]) - {"Equalization"}  # Keras 3 cannot put it into a model of its own.


def test_each_case_answers_as_in_keras_3_or_is_refused_by_name(written):
    folder, index = written
    shapes = {name: shape for name, (shape, _) in keras_layer_cases.cases(keras3).items()}
    wrong, refused = [], []
    for name, number in index["cases"].items():
        if isinstance(number, str):
            continue
        path = folder / f"{number}.keras"
        try:
            model = files._keras3(path, archive.read(path)[1])
        except SuiteError as error:
            assert "layer '" in str(error) and "\n" not in str(error), name
            refused.append(name)
            continue
        expected = np.load(folder / f"{number}.npy")
        received = model(keras_layer_cases.values(shapes[name]), training=False).numpy()
        if expected.shape != received.shape or np.abs(expected - received).max() > 1e-4 * np.abs(expected).max():
            wrong.append(name)
    assert not wrong
    assert not set(LOADED) & set(refused)
    assert not set(LOADED) - set(index["cases"])


def test_a_setting_of_a_later_keras_is_refused():
    config = {"name": "relu", "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0, "softness": 0.5}
    entry = {"class_name": "ReLU", "module": "keras.layers", "registered_name": None, "config": config}
    with pytest.raises(SuiteError, match=r"layer 'relu' \(ReLU\) cannot be rebuilt on Keras 2: .*softness"):
        keras3_layers.build(entry, "relu")


def test_weights_that_are_quantized_are_refused():
    policy = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}
    entry = {"class_name": "Dense", "module": "keras.layers", "config": {"name": "d", "units": 3, "dtype": policy}}
    with pytest.raises(SuiteError, match="its weights are of type int8_from_float32; save it in float32"):
        keras3_layers.build(entry, "d")
