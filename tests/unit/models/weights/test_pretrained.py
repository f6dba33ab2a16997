import numpy as np
import pytest
from torch_files import write_legacy, write_state

from tfl_lite_suite import models
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.architectures import mobilenet_v2, vgg16
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions
from tfl_lite_suite.models.weights import keras_applications, pretrained, published

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
    file, conventions = published.PACKAGED[name], published.TORCH_CONVENTIONS[name]
    if not (cache_folder() / f"{file.package}-{file.version}").is_dir():
        pytest.skip("not downloaded yet")
    model = models.build(name, SHAPE, 1000, weights="imagenet")
    assert model.get_layer("normalization").mean == pytest.approx(conventions.mean)
    logits = model(pictures, training=False).numpy()
    assert np.isfinite(logits).all() and 1 < np.abs(logits).max() < 50
    fresh = models.build(name, (64, 64, 1), 10, weights="imagenet")
    assert fresh.output_shape == (None, 10)


def _random_state(shapes):
    generator = np.random.default_rng(5)
    state = {}
    for name, shape in shapes:
        if name.endswith("num_batches_tracked"):
            state[name] = np.array(3, np.int64)
        elif name.endswith(("running_var", "weight")) and len(shape) == 1:
            state[name] = generator.uniform(0.6, 1.4, shape).astype(np.float32)
        else:
            fan_in = max(int(np.prod(shape[1:])), 1)
            state[name] = generator.normal(0, 1 / np.sqrt(fan_in), shape).astype(np.float32)
    return state


def _torch_convolution(state, name, x, stride=1, pad=0, bias=False):
    """A convolution of PyTorch's weights, computed by TensorFlow; depthwise where the kernel has one input channel."""
    kernel = state[f"{name}.weight"].transpose(2, 3, 1, 0)
    x = tf.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    if kernel.shape[2] == 1 and x.shape[-1] > 1:
        x = tf.nn.depthwise_conv2d(x, kernel.transpose(0, 1, 3, 2), (1, stride, stride, 1), "VALID")
    else:
        x = tf.nn.conv2d(x, kernel, stride, "VALID")
    return x + state[f"{name}.bias"] if bias else x


def _shufflenet_shapes(classes):
    """The state dictionary of torchvision's `shufflenet_v2_x0_5`, in its order."""

    def convolution(name, out, into, side=1):
        return [(f"{name}.weight", (out, into, side, side))]

    def normalization(name, width):
        roles = ("weight", "bias", "running_mean", "running_var")
        return [*((f"{name}.{role}", (width,)) for role in roles), (f"{name}.num_batches_tracked", ())]

    shapes, into = convolution("conv1.0", 24, 3, 3) + normalization("conv1.1", 24), 24
    for stage, repeats, width in ((2, 4, 48), (3, 8, 96), (4, 4, 192)):
        half = width // 2
        for unit in range(repeats):
            name = f"stage{stage}.{unit}"
            if unit == 0:
                shapes += convolution(f"{name}.branch1.0", into, 1, 3) + normalization(f"{name}.branch1.1", into)
                shapes += convolution(f"{name}.branch1.2", half, into) + normalization(f"{name}.branch1.3", half)
            shapes += convolution(f"{name}.branch2.0", half, into if unit == 0 else half)
            shapes += normalization(f"{name}.branch2.1", half)
            shapes += convolution(f"{name}.branch2.3", half, 1, 3) + normalization(f"{name}.branch2.4", half)
            shapes += convolution(f"{name}.branch2.5", half, half) + normalization(f"{name}.branch2.6", half)
        into = width
    shapes += convolution("conv5.0", 1024, 192) + normalization("conv5.1", 1024)
    return [*shapes, ("fc.weight", (classes, 1024)), ("fc.bias", (classes,))]


def _shufflenet(state, pictures):
    """What torchvision's `forward` computes."""

    def normalized(name, x):
        scale = state[f"{name}.weight"] / np.sqrt(state[f"{name}.running_var"] + 1e-5)
        return (x - state[f"{name}.running_mean"]) * scale + state[f"{name}.bias"]

    def unit(name, x, first):
        if first:
            left = normalized(f"{name}.branch1.1", _torch_convolution(state, f"{name}.branch1.0", x, 2, 1))
            left = tf.nn.relu(normalized(f"{name}.branch1.3", _torch_convolution(state, f"{name}.branch1.2", left)))
        else:
            left, x = tf.split(x, 2, -1)
        x = tf.nn.relu(normalized(f"{name}.branch2.1", _torch_convolution(state, f"{name}.branch2.0", x)))
        x = _torch_convolution(state, f"{name}.branch2.3", x, 2 if first else 1, 1)
        x = normalized(f"{name}.branch2.4", x)
        x = tf.nn.relu(normalized(f"{name}.branch2.6", _torch_convolution(state, f"{name}.branch2.5", x)))
        x = tf.concat([left, x], -1)
        batch, height, width, channels = x.shape
        x = tf.transpose(tf.reshape(x, (batch, height, width, 2, channels // 2)), (0, 1, 2, 4, 3))
        return tf.reshape(x, (batch, height, width, channels))

    x = (pictures - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_STD, np.float32)
    x = tf.nn.relu(normalized("conv1.1", _torch_convolution(state, "conv1.0", x, 2, 1)))
    x = tf.nn.max_pool2d(tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 2, "VALID")
    for stage, repeats in ((2, 4), (3, 8), (4, 4)):
        for index in range(repeats):
            x = unit(f"stage{stage}.{index}", x, index == 0)
    x = tf.nn.relu(normalized("conv5.1", _torch_convolution(state, "conv5.0", x)))
    return tf.reduce_mean(x, (1, 2)) @ state["fc.weight"].T + state["fc.bias"]


def test_a_file_of_torchvisions_shufflenet_computes_what_torchvision_computes(tmp_path, pictures):
    state = _random_state(_shufflenet_shapes(7))
    path = write_state(tmp_path / "shufflenetv2_x0.5.pth", state, write_legacy)
    model = models.build("shufflenet_v2", SHAPE, 7, alpha=0.5, weights=str(path))
    np.testing.assert_allclose(model(pictures, training=False), _shufflenet(state, pictures), rtol=1e-3, atol=1e-3)


def _squeezenet_shapes(classes):
    """The state dictionary of torchvision's `squeezenet1_1`, in its order."""
    fires = ((3, 64, 16, 64), (4, 128, 16, 64), (6, 128, 32, 128), (7, 256, 32, 128))
    fires += ((9, 256, 48, 192), (10, 384, 48, 192), (11, 384, 64, 256), (12, 512, 64, 256))
    shapes = [("features.0", (64, 3, 3, 3))]
    for number, into, squeezed, expanded in fires:
        shapes.append((f"features.{number}.squeeze", (squeezed, into, 1, 1)))
        shapes.append((f"features.{number}.expand1x1", (expanded, squeezed, 1, 1)))
        shapes.append((f"features.{number}.expand3x3", (expanded, squeezed, 3, 3)))
    shapes.append(("classifier.1", (classes, 512, 1, 1)))
    return [pair for name, shape in shapes for pair in ((f"{name}.weight", shape), (f"{name}.bias", shape[:1]))]


def _squeezenet(state, pictures):
    """What torchvision's `forward` computes, up to the ReLU on the scores."""
    x = (pictures - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_STD, np.float32)
    x = tf.nn.relu(_torch_convolution(state, "features.0", x, 2, bias=True))
    for number in range(2, 13):
        if number in (2, 5, 8):  # Rounds up: what hangs over the edge counts for nothing.
            more = [(0, 1 - side % 2) for side in x.shape[1:3]]
            x = tf.nn.max_pool2d(tf.pad(x, ((0, 0), *more, (0, 0))), 3, 2, "VALID")
            continue
        x = tf.nn.relu(_torch_convolution(state, f"features.{number}.squeeze", x, bias=True))
        expand = f"features.{number}.expand"
        left, right = (
            _torch_convolution(state, f"{expand}1x1", x, bias=True),
            _torch_convolution(state, f"{expand}3x3", x, pad=1, bias=True),
        )
        x = tf.nn.relu(tf.concat([left, right], -1))
    return _torch_convolution(state, "classifier.1", x, bias=True)


@pytest.mark.parametrize("classes", [7, 1000])
def test_a_file_of_torchvisions_squeezenet_computes_what_torchvision_computes(tmp_path, pictures, classes):
    state = _random_state(_squeezenet_shapes(classes))
    path = write_state(tmp_path / "squeezenet1_1.pth", state)
    model = models.build("squeezenet_1_1", SHAPE, classes, weights=str(path))
    scores = _squeezenet(state, pictures)
    expected = tf.reduce_mean(tf.nn.relu(scores) if classes == 1000 else scores, (1, 2))
    np.testing.assert_allclose(model(pictures, training=False), expected, rtol=1e-3, atol=1e-4)
    model.save(tmp_path / "model.keras")
    again = models.build("squeezenet_1_1", SHAPE, classes, weights=str(tmp_path / "model.keras"))
    np.testing.assert_allclose(again(pictures, training=False), expected, rtol=1e-3, atol=1e-4)


def test_networks_without_pytorch_files_refuse_one(tmp_path):
    path = write_state(tmp_path / "w.pth", {"weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(SuiteError, match=r"\.pth files are read for .*shufflenet_v2.* only, not vgg16"):
        models.build("vgg16", SHAPE, 7, weights=str(path))


def test_widths_without_published_weights_are_refused():
    with pytest.raises(
        SuiteError, match="shufflenet_v2 has ImageNet weights for 0.5, 1.0, 1.5, 2.0 only. Received: 0.7"
    ):
        models.build("shufflenet_v2", SHAPE, 7, alpha=0.7, weights="imagenet")
