"""What must hold for every network that is discovered."""

import subprocess
import sys

import numpy as np
import own_folders
import pytest

import tfl_lite_suite as tls
from tfl_lite_suite import models, summary
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks, layers

CLASSES = 10
ALLOWED = (
    keras.layers.InputLayer,
    layers.PixelNormalization,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.BatchNormalization,
    keras.layers.ReLU,
    layers.HardSwish,
    layers.HardSigmoid,
    layers.Swish,
    layers.ChannelSlice,
    layers.ChannelShuffle,
    keras.layers.ZeroPadding2D,
    keras.layers.MaxPooling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.Add,
    keras.layers.Multiply,
    keras.layers.Concatenate,
    keras.layers.Flatten,
    keras.layers.Dropout,
    keras.layers.Dense,
)


@pytest.fixture(scope="module", params=models.names())
def network(request):
    keras.utils.set_random_seed(0)
    return models.build(request.param, (32, 32, 3), CLASSES, alpha=0.5, dropout=0.1)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3)).astype(np.float32)


def test_logits(network, pictures):
    assert network.output_shape == (None, CLASSES)
    logits = network(pictures, training=False).numpy()
    assert logits.dtype == np.float32 and np.isfinite(logits).all()
    assert not np.allclose(logits.sum(1), 1), "these are probabilities"


def test_layers_are_named_and_of_known_kinds(network):
    for layer in network.layers:
        exact = type(layer) in ALLOWED or (
            type(layer) is keras.layers.Activation and layer.activation is keras.activations.sigmoid
        )
        assert exact, f"{layer.name} is a {type(layer).__name__}"
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            assert layer.activation is keras.activations.linear, f"{layer.name} has an activation of its own"
    assert len({layer.name for layer in network.layers}) == len(network.layers)
    assert network.layers[1].name == "normalization"
    assert next(layer for layer in reversed(network.layers) if layer.weights).name == blocks.CLASSIFIER


def test_save_and_load(network, pictures, tmp_path):
    network.save(tmp_path / "network.keras")
    loaded = models.load(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(pictures, training=False), network(pictures, training=False))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in network.layers]


def test_one_training_step_changes_every_weight(network, pictures):
    before = [variable.numpy() for variable in network.trainable_variables]
    network.compile(
        keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True
    )
    loss = network.train_on_batch(pictures, np.arange(6) % CLASSES)
    assert np.isfinite(loss)
    after = [variable.numpy() for variable in network.trainable_variables]
    assert all(np.isfinite(array).all() for array in after)
    changed = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    # A ReLU may be dead for all six pictures.
    assert np.mean(changed) > 0.9


@pytest.mark.parametrize("name", models.names())
def test_grey_pictures_that_are_not_square(name):
    model = models.build(name, (33, 50, 1), 3, alpha=0.25)
    logits = model(np.full((2, 33, 50, 1), 255, np.float32), training=False).numpy()
    assert logits.shape == (2, 3) and np.isfinite(logits).all()


def test_names_are_the_modules_with_a_build_function():
    assert "mobilenet_v2" in models.names() and len(models.names()) >= 11
    assert not {"blocks", "layers", "weights", "cost"} & set(models.names())


def test_names_need_no_tensorflow():
    code = (
        "from tfl_lite_suite import models; import sys; assert models.names(); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "mobilnet_v1"}, "model.name: unknown network 'mobilnet_v1'. Did you mean 'mobilenet_v1'"),
        ({"image_shape": (31, 64, 3)}, "mobilenet_v1 takes images of at least 32x32 pixels. Received: 31x64"),
        ({"image_shape": (64, 64, 4)}, "channels: expected 1"),
        ({"num_classes": 0}, "classes: expected at least 1. Received: 0"),
        ({"alpha": 0}, "model.alpha"),
        ({"dropout": 1}, "model.dropout"),
        ({"weights": "imagnet"}, "model.weights: expected none, imagenet or a weights file. Received: 'imagnet'"),
    ],
)
def test_values_out_of_range_are_named(arguments, message):
    given = {"name": "mobilenet_v1", "image_shape": (32, 32, 3), "num_classes": 10, **arguments}
    with pytest.raises(SuiteError) as error:
        models.build(**given)
    assert message in str(error.value)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04broken"])
def test_loading_what_is_no_model_is_one_line(tmp_path, content):
    path = tmp_path / "broken.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SuiteError, match="broken.keras") as error:
        models.load(path)
    assert "\n" not in str(error.value)


TINY = '''
"""One convolution."""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks
from tfl_lite_suite.models.conventions import Conventions

CONVENTIONS = Conventions()
SMALLEST_SIDE = 8


def build(image_shape, num_classes, *, alpha=1.0, dropout=0.0, conventions=CONVENTIONS):
    inputs, x = blocks.pixels(image_shape, conventions)
    x = blocks.convolution(x, 8, 3, name="stem", conventions=conventions, activation="relu")
    return keras.Model(inputs, blocks.classify(x, num_classes, dropout), name="tiny")
'''


def test_a_module_in_a_folder_is_an_architecture(tmp_path, monkeypatch):
    own_folders.add(monkeypatch, tmp_path, "models/architectures/tiny.py", TINY)
    assert "tiny" in models.names()
    with pytest.raises(SuiteError, match="tiny takes images of at least 8x8 pixels. Received: 7x8"):
        models.check_side("tiny", 7, 8)
    (row,) = summary.summary(["tiny"], (8, 8, 3), 2, 1.0)
    assert row.params == 3 * 3 * 3 * 8 + 8 * 4 + 8 * 2 + 2
    images = tls.Images.from_arrays(np.zeros((8, 8, 8, 3), np.uint8), [0, 1] * 4, ["cat", "dog"])
    model = tls.Classifier.build("tiny", images)
    assert model.train(images, epochs=1).model == "tiny"
    assert model.convert().predict(np.zeros((32, 32, 3), np.uint8)).label in ("cat", "dog")
