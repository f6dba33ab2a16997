import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import mobilenet_v2, vgg16
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions
from tfl_lite_suite.models.weights import keras_applications, pretrained

SHAPE = (64, 64, 3)
TORCHVISION = Conventions(IMAGENET_MEAN, IMAGENET_STD, "symmetric", 1e-5)


@pytest.fixture(scope="module")
def trained():
    """A small MobileNetV2 as torchvision would build it, with statistics as after training."""
    keras.utils.set_random_seed(3)
    model = mobilenet_v2.build(SHAPE, 10, alpha=0.35, conventions=TORCHVISION)
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(generator.normal(0, 0.2, layer.moving_mean.shape))
            layer.moving_variance.assign(generator.uniform(0.6, 1.4, layer.moving_mean.shape))
    return model


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "model.keras"
    trained.save(path)
    return str(path)


def test_a_models_own_file_brings_its_conventions(trained, saved, pictures):
    model = models.build("mobilenet_v2", SHAPE, 10, alpha=0.35, weights=saved)
    assert model.get_layer("normalization").mean == pytest.approx(IMAGENET_MEAN)
    np.testing.assert_array_equal(model(pictures, training=False), trained(pictures, training=False))


def test_another_number_of_classes_leaves_the_classifier_fresh(trained, saved):
    model = models.build("mobilenet_v2", SHAPE, 4, alpha=0.35, weights=saved)
    assert model.output_shape == (None, 4)
    np.testing.assert_array_equal(model.get_layer("head").kernel, trained.get_layer("head").kernel)


def test_grey_network_equals_the_colour_network_on_grey_pictures(trained, saved, pictures):
    grey = models.build("mobilenet_v2", (64, 64, 1), 10, alpha=0.35, weights=saved)
    pixels = pictures[..., :1]
    colour_stem = keras.Model(trained.input, trained.get_layer("stem_relu6").output)
    grey_stem = keras.Model(grey.input, grey.get_layer("stem_relu6").output)
    expected = colour_stem(np.repeat(pixels, 3, -1), training=False).numpy()
    received = grey_stem(pixels, training=False).numpy()
    # The outermost pixels see zero padding, which means another grey for each colour.
    np.testing.assert_allclose(received[:, 1:, 1:], expected[:, 1:, 1:], atol=1e-4)
    assert np.abs(received - expected).max() < 0.1 * np.abs(expected).max()


def test_torch_layouts(trained, pictures):
    """A state dictionary in PyTorch's layouts gives the same logits."""
    state = {}
    for layer in trained.layers:
        arrays = layer.get_weights()
        if not arrays:
            continue
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            arrays[0] = arrays[0].transpose(2, 3, 0, 1)
        elif isinstance(layer, keras.layers.Conv2D):
            arrays[0] = arrays[0].transpose(3, 2, 0, 1)
        elif isinstance(layer, keras.layers.Dense):
            arrays[0] = arrays[0].T
        roles = ["weight", "bias", "running_mean", "running_var"]
        state.update({f"{layer.name}.{role}": array for role, array in zip(roles, arrays, strict=False)})
        if len(arrays) == 4:
            state[f"{layer.name}.num_batches_tracked"] = np.array(5)
    model = mobilenet_v2.build(SHAPE, 10, alpha=0.35, conventions=TORCHVISION)
    pretrained.load_into(model, pretrained.Source("state", pretrained.torch_layers(state), TORCHVISION))
    np.testing.assert_array_equal(model(pictures, training=False), trained(pictures, training=False))


@pytest.mark.parametrize(
    ("name", "alpha", "message"),
    [
        ("mobilenet_v1", 0.35, "it is a file of another network"),
        ("mobilenet_v2", 0.5, "does not fit .* width"),
    ],
)
def test_weights_of_another_network_are_refused(saved, name, alpha, message):
    with pytest.raises(SuiteError, match=message) as error:
        models.build(name, SHAPE, 10, alpha=alpha, weights=saved)
    assert "\n" not in str(error.value)


def test_a_file_of_the_suites_own_weights(trained, tmp_path, pictures):
    path = tmp_path / "own.h5"
    trained.save_weights(path)
    source = pretrained.find("mobilenet_v2", SHAPE, 0.35, str(path))
    model = mobilenet_v2.build(SHAPE, 10, alpha=0.35, conventions=TORCHVISION)
    pretrained.load_into(model, source)
    np.testing.assert_array_equal(model(pictures, training=False), trained(pictures, training=False))


def test_colour_is_reversed_for_official_files_only(tmp_path):
    model = models.build("vgg16", (32, 32, 3), 5, alpha=0.25)
    model.save_weights(tmp_path / "own.h5")
    own = pretrained.find("vgg16", (32, 32, 3), 0.25, str(tmp_path / "own.h5"))
    assert not own.bgr and own.conventions == vgg16.CONVENTIONS
    first = keras_applications.SourceLayer("block1_conv1", own.layers[0].arrays)
    official = pretrained.official("vgg16", "file", [first, *own.layers[1:]])
    assert official.bgr and official.conventions.std == (1, 1, 1)


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_lite0"])
def test_packaged_weights_when_they_are_in_the_cache(name, pictures):
    """Runs where the cache already holds the package; the statistics must be those of a trained network."""
    file, conventions = pretrained.PACKAGED[name]
    if not (cache_folder() / f"{file.package}-{file.version}").is_dir():
        pytest.skip("not downloaded yet")
    model = models.build(name, SHAPE, 1000, weights="imagenet")
    assert model.get_layer("normalization").mean == pytest.approx(conventions.mean)
    logits = model(pictures, training=False).numpy()
    assert np.isfinite(logits).all() and 1 < np.abs(logits).max() < 50
    fresh = models.build(name, (64, 64, 1), 10, weights="imagenet")
    assert fresh.output_shape == (None, 10)
