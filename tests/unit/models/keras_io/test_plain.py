import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.contract import FILE_NAME, Contract, from_json
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.keras_io import keras_file, plain

SIDE = 32
# Networks that hold layers of the others alone, and are large.
LEFT_OUT = ("vgg16", "resnet50", "mobilenet_v3_large", "mobilenet_v4_conv_medium", "squeezenet_1_0")
# Opens every file with one version of Keras, in a process where the suite cannot be imported.
OPEN = """
import importlib, json, sys
sys.modules["tfl_lite_suite"] = None
import numpy as np
package, *paths = sys.argv[1:]
found = {}
for path in paths:
    data = np.load(path + ".npz")
    model = importlib.import_module(package).models.load_model(path)
    found[path] = float(np.abs(np.asarray(model(data["pictures"], training=False)) - data["expected"]).max())
print(json.dumps(found))
"""


def scrambled(name, channels=3):
    """A network whose statistics and biases are not those of a fresh one, and its answers to pictures."""
    model = models.build(name, (SIDE, SIDE, channels), 5, alpha=0.25, dropout=0.2)
    random = np.random.default_rng(0)
    for weight in model.weights:
        kept = weight.numpy()
        change = (
            random.uniform(0.7, 1.4, kept.shape) if "variance" in weight.name else random.normal(1, 0.2, kept.shape)
        )
        weight.assign(kept * change + (0.01 if kept.ndim == 1 else 0))
    pictures = random.integers(0, 256, (3, SIDE, SIDE, channels)).astype(np.float32)
    return model, pictures, model(pictures, training=False).numpy()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The plain file of every network, with the size of its answers, which lie beside it."""
    folder, sizes = tmp_path_factory.mktemp("plain"), {}
    for name in models.names():
        if name in LEFT_OUT:
            continue
        model, pictures, expected = scrambled(name, 1 if name == "micro" else 3)
        path = folder / f"{name}.keras"
        plain.save(model, path)
        np.savez(f"{path}.npz", pictures=pictures, expected=expected)
        sizes[str(path)] = float(np.abs(expected).max())
    return sizes


@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_every_network_opens_where_the_suite_is_not(files, package):
    done = subprocess.run([sys.executable, "-c", OPEN, package, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    found = json.loads(done.stdout)
    assert set(found) == set(files)
    assert {path: size for path, size in found.items() if size > 1e-4 * max(1, files[path])} == {}


def test_the_suite_opens_it_too_with_its_contract(tmp_path):
    model, pictures, expected = scrambled("mobilenet_v3_small")
    contract = Contract(SIDE, SIDE, 3, SIDE, SIDE, labels=tuple("abcde"))
    plain.save(model, tmp_path / "plain.keras", contract)
    assert np.allclose(keras_file.load(tmp_path / "plain.keras")(pictures, training=False), expected, atol=1e-5)
    with zipfile.ZipFile(tmp_path / "plain.keras") as archive:
        assert from_json(archive.read(FILE_NAME).decode()) == contract


def test_a_model_within_a_model_is_written_too(tmp_path):
    inner, _, _ = scrambled("micro")
    outer = keras.Sequential([keras.Input((SIDE, SIDE, 3)), inner, keras.layers.Dense(2)])
    outer = keras.Model(outer.inputs, outer.outputs)
    plain.save(outer, tmp_path / "nested.keras")
    pictures = np.zeros((1, SIDE, SIDE, 3), np.float32)
    again = keras_file.load(tmp_path / "nested.keras")
    assert np.allclose(again(pictures, training=False), outer(pictures, training=False), atol=1e-5)


def test_keras_layersof_other_people_s_networks_are_written_in_common_words(tmp_path):
    keras_layers = keras.layers
    kinds = [
        keras_layers.SeparableConv2D(4, 3, activation="relu"),
        keras_layers.LeakyReLU(0.1),
        keras_layers.MaxPooling2D(),
        keras_layers.SpatialDropout2D(0.1),
        keras_layers.Conv2DTranspose(4, 3),
        keras_layers.PReLU(shared_axes=[1, 2]),
        keras_layers.BatchNormalization(),
        keras_layers.ZeroPadding2D(1),
        keras_layers.GaussianNoise(0.1),
        keras_layers.GlobalMaxPooling2D(),
        keras_layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras_layers.Normalization(mean=9.0, variance=4.0), *kinds])
    plain.save(model, tmp_path / "x.keras")
    pictures = np.full((2, SIDE, SIDE, 3), 7, np.float32)
    again = keras_file.load(tmp_path / "x.keras")
    assert np.allclose(again(pictures, training=False), model(pictures, training=False), atol=1e-5)


def test_a_layer_without_a_standard_form_is_named(tmp_path):
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    given = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(given, Doubled(name="twice")(given))
    with pytest.raises(SuiteError, match=r"format: layer 'twice' \(Doubled\) has no form in standard layers"):
        plain.save(model, tmp_path / "x.keras")
    assert not (tmp_path / "x.keras").exists()


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    model, _, _ = scrambled("micro")
    monkeypatch.setitem(plain.REPLACED, layers.PixelNormalization, lambda layer, inputs: inputs)
    with pytest.raises(SuiteError, match="the plain file answers otherwise, by "):
        plain.save(model, tmp_path / "x.keras")
    assert not (tmp_path / "x.keras").exists()
