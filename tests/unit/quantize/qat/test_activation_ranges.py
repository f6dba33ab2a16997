import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.quantize.qat import activation_ranges
from tfl_lite_suite.quantize.qat.activation_ranges import CLIPPED, EXTREMES, LEAST_ERROR, Values

BY_VALUES = (EXTREMES, LEAST_ERROR, *CLIPPED)


def values_of(numbers, bins=2048):
    least, most = float(numbers.min()), float(numbers.max())
    return Values((least, most), least, most, np.histogram(numbers, bins, (least, most))[0])


@pytest.fixture(scope="module")
def long_tailed():
    """Values of which one in a thousand is ten times as large as the others."""
    generator = np.random.default_rng(0)
    return np.concatenate([generator.normal(0, 1, 99_900), generator.normal(0, 10, 100)]).astype(np.float32)


def test_extremes_hold_all(long_tailed):
    assert values_of(long_tailed).range_by(EXTREMES) == (long_tailed.min(), long_tailed.max())


@pytest.mark.parametrize(("rule", "share"), CLIPPED.items())
def test_percentiles_lose_their_share_at_each_end(rule, share, long_tailed):
    low, high = values_of(long_tailed).range_by(rule)
    assert np.mean(long_tailed < low) == pytest.approx(share, rel=0.5)
    assert np.mean(long_tailed > high) == pytest.approx(share, rel=0.5)


def test_the_range_of_least_error_beats_all_others(long_tailed):
    def error(limits):
        low, high = limits
        step = (high - low) / 255
        rounded = np.clip(np.rint(long_tailed / step), np.rint(low / step), np.rint(high / step)) * step
        return np.mean((rounded - long_tailed) ** 2)

    values = values_of(long_tailed)
    errors = {rule: error(values.range_by(rule)) for rule in BY_VALUES}
    assert min(errors, key=errors.get) == LEAST_ERROR
    assert errors[LEAST_ERROR] < 0.9 * errors[EXTREMES]


def test_values_that_the_answers_do_not_depend_on_are_clipped(long_tailed):
    numbers = tf.reshape(tf.constant(long_tailed), (100, 10, 10, 10))
    values, noise = values_of(long_tailed), tf.constant(np.random.default_rng(1).normal(size=numbers.shape), tf.float32)

    def width(gradients):
        low, high = values.least_divergence(values.moments(numbers, gradients).numpy())
        return high - low

    assert width(tf.where(tf.abs(numbers) > 4, 0.0, noise)) < 10 < 0.5 * width(noise)


@pytest.mark.parametrize("rule", BY_VALUES)
@pytest.mark.parametrize("numbers", [[2.0, 3.0, 4.0], [-4.0, -3.0], [0.0, 0.0], [5.0]])
def test_zero_lies_in_every_range(rule, numbers):
    low, high = values_of(np.array(numbers * 100)).range_by(rule)
    assert low <= 0 <= high and high > low


def test_a_models_tensors_are_observed_in_batches_of_any_size():
    image = keras.Input((4, 4, 1))
    doubled = keras.layers.Rescaling(2.0, -1.0)(image)
    logits = keras.layers.Flatten()(doubled)
    pictures = np.random.default_rng(0).integers(0, 256, (70, 4, 4, 1), np.uint8)
    (pixels, scaled), scores = activation_ranges.observe(keras.Model(image, logits), [image, doubled], logits, pictures)
    assert (pixels.least, pixels.most) == (pictures.min(), pictures.max())
    assert (scaled.least, scaled.most) == (2 * pixels.least - 1, 2 * pixels.most - 1)
    assert pixels.counts.sum() == scaled.counts.sum() == pictures.size
    np.testing.assert_allclose(scores, 2.0 * pictures.reshape(70, 16) - 1)


def test_a_picture_that_stands_out_counts_for_the_extremes_only():
    image = keras.Input((4, 4, 1))
    logits = keras.layers.Flatten()(image)
    pictures = np.random.default_rng(0).integers(0, 21, (70, 4, 4, 1), np.uint8)
    pictures[7] *= 10
    model = keras.Model(image, logits)
    (pixels,), scores = activation_ranges.observe(model, [image], logits, pictures)
    assert pixels.range_by(EXTREMES) == (0, pictures.max()) and pictures.max() > 100
    assert all(pixels.range_by(rule)[1] <= 21 for rule in BY_VALUES if rule != EXTREMES)
    assert scores.shape == (69, 16)
    # What many do is no exception.
    pictures[:10] = pictures[7]
    (pixels,), scores = activation_ranges.observe(model, [image], logits, pictures)
    assert pixels.most == pictures.max() and scores.shape == (70, 16)
