import numpy as np
import pytest
from keras_samples import randomize

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import cost, layers, tflite_converter
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.prune import channels
from tfl_lite_suite.prune.channel_budget import choose
from tfl_lite_suite.prune.dependencies import Dependencies

CLASSES = 10
SHAPE = (32, 32, 3)
# Their widths at 1.0 would take minutes.
WIDE = ("vgg16", "resnet50")


def silence(dependencies, kept):
    """Makes every layer that takes channels give no weight to those that are to be removed."""
    by_name = {dependencies.calls.names[id(layer)]: layer for layer in dependencies.calls.layers}
    for axis in dependencies.axes:
        if axis.role == "in":
            weights = by_name[axis.layer].get_weights()
            np.moveaxis(weights[axis.weight], axis.axis, 0)[~kept[axis.channels]] = 0
            by_name[axis.layer].set_weights(weights)


def check_exact(model, seed=0):
    """Removes random channels that no layer weighs any more, and compares logits; changes `model`, returns the new."""
    dependencies = Dependencies(model)
    scores = np.random.default_rng(seed).uniform(size=dependencies.count)
    kept = choose(dependencies, scores, "params", 0.6 * model.count_params())
    silence(dependencies, kept)
    pruned = channels.remove(dependencies, kept)
    height, width, depth = model.input_shape[1:]
    smooth = np.random.default_rng(1).integers(0, 256, (3, height // 4, width // 4, depth))
    pictures = smooth.repeat(4, 1).repeat(4, 2).astype(np.float32)
    expected = model(pictures, training=False).numpy()
    scale = np.abs(expected).max()
    assert np.ptp(expected, axis=0).max() > 1e-4 * scale, "the pictures must give different logits"
    received = pruned(pictures, training=False).numpy()
    assert np.abs(received - expected).max() <= 3e-6 * scale
    assert pruned.count_params() < 0.7 * model.count_params()
    return pruned


@pytest.fixture(scope="module", params=models.names())
def network(request):
    model = models.build(request.param, SHAPE, CLASSES, alpha=0.25 if request.param in WIDE else 0.5)
    randomize(model)
    return model


@pytest.fixture(scope="module")
def halved(network):
    return channels.prune(network, "params", 0.5 * network.count_params())


def test_half_of_the_parameters_go(network, halved):
    pruned = halved.model
    assert halved.params_before == network.count_params() and halved.macs_before == cost.macs(network)
    assert halved.params_after == pruned.count_params() and halved.macs_after == cost.macs(pruned)
    assert abs(halved.params_after / halved.params_before - 0.5) <= 0.01
    assert halved.macs_after < 0.9 * halved.macs_before
    kinds = {(layer.name, type(layer)) for layer in network.layers}
    assert {(layer.name, type(layer)) for layer in pruned.layers} == kinds
    assert [whole.layers for whole in halved.whole] == [("classifier",)]


def test_halved_network_trains_is_saved_and_converts(halved, tmp_path):
    pruned = halved.model
    pictures = np.random.default_rng(0).integers(0, 256, (4, *SHAPE), np.uint8)
    keras_file.save(pruned, tmp_path / "pruned.keras")
    loaded = keras_file.load(tmp_path / "pruned.keras")
    floats = pictures.astype(np.float32)
    np.testing.assert_array_equal(loaded(floats, training=False), pruned(floats, training=False))
    content = tflite_converter.convert(loaded, "int8", calibration=pictures)
    # Operators and tensors cost some hundred bytes each, which is most of a micro network's file.
    assert len(content) < 2 * halved.params_after + 400 * len(loaded.layers)
    with tf.GradientTape() as tape:
        logits = loaded(floats, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2, 3], logits))
    gradients = tape.gradient(loss, loaded.trainable_variables)
    assert all(np.isfinite(gradient.numpy()).all() for gradient in gradients)


def test_logits_stay_when_channels_without_weight_go(network):
    check_exact(network)


def test_original_is_untouched():
    model = small(keras.layers.ReLU())
    before = model.get_weights()
    channels.prune(model, "macs", 0.5 * cost.macs(model))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def small(*between, filters=32):
    """A model with layers between two convolutions of which the first can be pruned if they allow it."""
    return keras.Sequential(
        [
            keras.layers.Conv2D(filters, 3, padding="same", input_shape=(16, 16, 3), name="first"),
            *between,
            keras.layers.Conv2D(32, 3, name="second"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, name="logits"),
        ]
    )


@pytest.mark.parametrize(
    "between",
    [
        lambda: [keras.layers.Flatten(), keras.layers.Dense(32), keras.layers.Reshape((1, 1, 32)), tall()],
        lambda: [keras.layers.DepthwiseConv2D(3, depth_multiplier=2), keras.layers.BatchNormalization()],
        lambda: [keras.layers.Conv2D(64, 3, groups=4), keras.layers.BatchNormalization()],
        lambda: [keras.layers.SeparableConv2D(48, 3, depth_multiplier=2, activation="relu")],
        lambda: [keras.layers.PReLU(shared_axes=[1, 2]), keras.layers.Cropping2D(1)],
        lambda: [layers.ChannelShuffle(4), layers.ChannelSlice(3, 11)],
        lambda: [keras.layers.BatchNormalization(scale=False), keras.layers.Activation("tanh")],
        lambda: [keras.layers.AveragePooling2D(), keras.layers.Rescaling(2.0, 1.0), keras.layers.LeakyReLU()],
    ],
    ids=["flatten", "multiplier", "groups", "separable", "prelu", "shuffle", "batch_norm", "elementwise"],
)
def test_layers_of_other_networks(between):
    model = small(*between())
    randomize(model)
    pruned = check_exact(model)
    assert pruned.get_layer("first").filters < 32


def tall():
    return keras.layers.UpSampling2D(8)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: keras.layers.Lambda(lambda x: tf.reverse(x, [-1]), name="odd"), "'odd' (Lambda)"),
        (lambda: keras.layers.Conv2DTranspose(16, 3, name="odd"), "'odd' (Conv2DTranspose)"),
        (lambda: keras.layers.LayerNormalization(name="odd"), "'odd' (LayerNormalization)"),
        (lambda: keras.layers.Activation("softmax", name="odd"), "its activation softmax may mix channels"),
        (lambda: keras.layers.BatchNormalization(1, name="odd"), "it normalises axis [1]"),
        (lambda: keras.layers.Reshape((8, 8, 128), name="odd"), "it moves channels"),
    ],
    ids=["lambda", "transposed", "layer_norm", "softmax", "batch_norm_axis", "reshape"],
)
def test_what_is_not_understood_is_named_and_left_whole(layer, reason):
    model = small(layer())
    randomize(model)
    result = channels.prune(model, "params", 0.8 * model.count_params())
    whole = {name: item.reason for item in result.whole for name in item.layers}
    assert reason in whole["first"]
    assert result.model.get_layer("first").filters == 32 and result.model.get_layer("second").filters < 32
    dependencies = Dependencies(model)
    kept = choose(dependencies, np.arange(dependencies.count), "params", 0.8 * model.count_params())
    silence(dependencies, kept)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)
    expected, received = model(pictures).numpy(), channels.remove(dependencies, kept)(pictures).numpy()
    np.testing.assert_allclose(received, expected, atol=1e-5 * np.abs(expected).max())


def test_nested_and_shared_layers():
    image = keras.Input((16, 16, 8), name="image")
    inner_input = keras.Input((16, 16, 32))
    inner = keras.layers.Conv2D(32, 3, padding="same", use_bias=False, name="shared")(inner_input)
    inner = keras.layers.BatchNormalization(name="stem")(inner)
    block = keras.Model(inner_input, keras.layers.ReLU()(inner), name="block")
    x = keras.layers.Conv2D(32, 3, padding="same", name="stem")(image)
    shared = keras.layers.Conv2D(32, 1, name="pointwise")
    y = block(shared(block(shared(x)))) + x * 0.5
    y = keras.layers.Maximum()([y, shared(y)])
    logits = keras.layers.Dense(7)(keras.layers.GlobalMaxPooling2D()(y))
    model = keras.Model(image, logits)
    for layer in block.layers:
        layer.set_weights([np.random.default_rng(0).uniform(0.1, 1, weight.shape) for weight in layer.get_weights()])
    pruned = check_exact(model)
    # Every tensor above is tied to every other, and each shared layer is still one.
    assert len([layer for layer in pruned.layers if isinstance(layer, keras.layers.Conv2D)]) == 3
    widths = {layer.filters for layer in pruned.layers if isinstance(layer, keras.layers.Conv2D)}
    assert len(widths) == 1 and widths.pop() < 32


def test_concatenation_added_and_gated():
    image = keras.Input((8, 8, 4))
    left, right = (keras.layers.Conv2D(16, 1, name=name)(image) for name in ("left", "right"))
    joined = keras.layers.Concatenate()([left, right])
    total = keras.layers.Add(name="sum")([joined, keras.layers.Conv2D(32, 3, padding="same", name="other")(image)])
    gate = keras.layers.Conv2D(1, 1, activation="sigmoid", name="gate")(total)
    stacked = keras.layers.Concatenate(axis=1)([keras.layers.Multiply()([total, gate]), total])
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(stacked)))
    randomize(model)
    pruned = check_exact(model)
    assert pruned.get_layer("gate").filters == 1
    assert pruned.get_layer("left").filters + pruned.get_layer("right").filters == pruned.get_layer("other").filters


def test_keras_applications_with_tensorflow_functions():
    model = keras.applications.MobileNetV3Small((32, 32, 3), 0.75, weights=None, classes=4, classifier_activation=None)
    randomize(model)
    check_exact(model)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: keras.Sequential([keras.layers.Dense(3, input_shape=(4,), name="only")]), "no channel can be removed"),
        (lambda: keras.Sequential([keras.layers.Dense(3)]), "expected a functional or sequential"),
        (lambda: small(Stubborn(name="stubborn")), "layer 'stubborn' (Stubborn): it cannot be copied"),
    ],
)
def test_what_cannot_be_pruned_is_one_clear_error(model, message):
    made = model()
    with pytest.raises(SuiteError) as error:
        channels.prune(made, "params", 0.9 * made.count_params() if made.built else 1)
    assert message in str(error.value)


class Stubborn(keras.layers.Layer):
    def __init__(self, size=3, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs):
        return inputs[..., : self.size]

    @classmethod
    def from_config(cls, config):
        raise TypeError("no copy")
