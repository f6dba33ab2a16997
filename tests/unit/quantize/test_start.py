import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph.logits import root
from tfl_lite_suite.quantize import start
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES, RULES

PICTURES = keras_samples.blocky(48, (32, 32, 3))


def spiky():
    """A network one of whose channels is huge on a single picture, which extremes take for the range of all."""
    image = keras.Input((32, 32, 3))
    x = layers.Swish()(keras.layers.Conv2D(8, 3, 4)(layers.PixelNormalization([127.5] * 3, [127.5] * 3)(image)))
    x = layers.Swish()(keras.layers.Conv2D(8, 3)(x))
    model = keras.Model(image, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)))
    return keras_samples.randomize(model)


def test_clipped_ranges_are_chosen_where_one_picture_has_all_the_range():
    pictures = keras_samples.blocky(64, (32, 32, 3), seed=1) // 4 + 96
    pictures[0] = 255 * (np.indices((32, 32)).sum(axis=0) // 8 % 2)[..., None]
    found = start.find(spiky(), pictures[:40], pictures[40:])
    by_rule = {trial.rule: root(trial.kl).mean() for trial in found.trials if not trial.techniques}
    assert set(by_rule) == set(RULES)
    assert found.chosen.rule != EXTREMES
    assert root(found.chosen.kl).mean() < by_rule[EXTREMES]


def test_the_simulation_is_what_was_judged():
    model = keras_samples.randomize(models.build("mobilenet_v2", (32, 32, 3), 5, alpha=0.35))
    found = start.find(model, PICTURES[:32], PICTURES[32:])
    assert {technique for trial in found.trials for technique in trial.techniques} == {
        start.EQUALIZATION,
        start.BIAS_CORRECTION,
    }
    received = start.scores(found.simulation().model, PICTURES[32:])
    agreement = np.mean(received.argmax(1) == start.scores(model, PICTURES[32:]).argmax(1))
    assert agreement == found.chosen.agreement
    assert root(found.chosen.kl).mean() == min(root(trial.kl).mean() for trial in found.trials)


def test_the_same_start_is_found_once_and_training_leaves_it_as_it_is():
    model = spiky()
    found = start.find(model, PICTURES[:32], PICTURES[32:])
    trained = found.simulation(train_ranges=True).model
    for variable in trained.trainable_variables:
        variable.assign(0.5 * variable)
    again = start.find(model, PICTURES[:32], PICTURES[32:])
    assert again is found
    received = start.scores(again.simulation().model, PICTURES[32:])
    expected = start.scores(model, PICTURES[32:])
    assert start.divergence(expected, received).mean() == pytest.approx(found.chosen.kl.mean(), rel=1e-4)
    for other in (PICTURES[1:33], PICTURES[:16]):
        assert start.find(model, other, PICTURES[32:]) is not found


def test_clusters_of_weights_are_not_equalized_away():
    image = keras.Input((16, 16, 3))
    x = keras.layers.ReLU()(keras.layers.Conv2D(8, 3)(image))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3)(x))
    model = keras_samples.randomize(keras.Model(image, keras.layers.Dense(3)(x)))
    assert start.equalized_or_reason(model, keras_samples.blocky(16, (16, 16, 3)))[0] is not None
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([np.sign(kernel) * 0.1, bias])
    equalized, note = start.equalized_or_reason(model, keras_samples.blocky(16, (16, 16, 3)))
    assert equalized is None and "clustering" in note


def test_only_ranges_can_be_asked_for():
    found = start.find(spiky(), PICTURES[:32], PICTURES[32:], only_ranges=True)
    assert [trial.techniques for trial in found.trials] == [()] * len(RULES)


def test_layers_without_an_int8_form_are_named():
    image = keras.Input((32, 32, 3))
    x = keras.layers.ELU(name="strange")(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    with pytest.raises(SuiteError, match="'strange'"):
        start.find(model, PICTURES, PICTURES)


def test_a_layer_that_cannot_be_described_is_named():
    class Strange(keras.layers.Layer):
        def __init__(self, function):
            super().__init__(name="strange")
            self.function = function

        def call(self, inputs):
            return self.function(inputs)

    image = keras.Input((32, 32, 3))
    x = Strange(lambda values: values + 1)(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    with pytest.raises(SuiteError, match="'strange'"):
        start.find(model, PICTURES, PICTURES)


def test_few_pictures_give_ranges_and_judge():
    assert all(part is PICTURES[:8] or len(part) == 8 for part in start.share_out(PICTURES[:8], 0))
    ranges, judging = start.share_out(PICTURES, 0)
    assert (len(ranges), len(judging)) == (32, 16)
