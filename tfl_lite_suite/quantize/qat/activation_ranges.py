"""Ranges of activations by several rules, from what calibration pictures show.

The extremes waste most of the 256 steps where activations have long tails, as after swish, and more pictures only find
longer ones. The other rules clip: where the squared error of the tensor is least, or what that error does to the
outputs, or at a share of its values. The corners of a picture, where padding is nearest, can have the greatest values
and hardly any effect. No one rule suits every network, so the divergence of the outputs chooses.

A trained network can answer to one picture in a hundred with activations ten times as large as to the others. One such
picture holds more of the values than the percentiles clip, so these pictures count for the extremes only.

Source: Nagel et al., 2021, https://arxiv.org/abs/2106.08295, section 3.1, "Quantization range setting".
"""

import dataclasses

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasModel, Tensor
from tfl_lite_suite.models.graph.batches import batches_of, for_batches

EXTREMES, LEAST_ERROR, LEAST_DIVERGENCE = "extremes", "least_error", "least_divergence"
# Share of the values that each end loses, by rule.
CLIPPED = {"percentile_0.01": 1e-4, "percentile_0.1": 1e-3, "percentile_0.3": 3e-3}
RULES = (EXTREMES, LEAST_ERROR, LEAST_DIVERGENCE, *CLIPPED)
Range = tuple[float, float]

_BATCH = 64
_BINS = 2048
_STEPS = 255
_CANDIDATES = 64
_LEAST_WIDTH = 1e-3
# Of the extremes, that may be clipped to for the least divergence.
_SHARES = 2.0 ** -(np.arange(9) / 3)
# What clipping does is weighted so: unlike noise it adds up from tensor to tensor, and other pictures reach further.
_CAUTION = 3.0
# A picture stands out if half of the tensors reach more than this many times what they reach for the median picture.
# Where more than this share of the pictures do, it is their kind and no exception.
_STANDS_OUT, _MOST_OUTSTANDING = 2.5, 0.05


@dataclasses.dataclass(frozen=True)
class Values:
    """Distribution of one tensor's values on the calibration pictures.

    Attributes:
        extremes: The least and the greatest value on all pictures.
        least: The least value on pictures that do not stand out.
        most: The greatest value on these.
        counts: Number of their values in each of equal bins between them, int64 `(bins,)`.
    """

    extremes: Range
    least: float
    most: float
    counts: Array

    def range_by(self, rule: str) -> Range:
        """Returns the range that a rule of `RULES` chooses, but `LEAST_DIVERGENCE`; 0 lies in it."""
        if rule == EXTREMES or self.most <= self.least:
            return _with_zero(*self.extremes)
        if rule == LEAST_ERROR:
            return self._least_error()
        edges, below = self._edges(), np.cumsum(self.counts) / self.counts.sum()
        share = CLIPPED[rule]
        low = edges[np.searchsorted(below, share, "right")]
        high = edges[min(int(np.searchsorted(below, 1 - share)) + 1, len(self.counts))]
        return _with_zero(float(low), float(high))

    def least_divergence(self, moments: Array) -> Range:
        """Returns the range in which clipping and rounding together move the answers the least.

        Args:
            moments: What `moments` gives for the tensor, `(n, 1 + 2 · 9)`.
        """
        noise, below, above = np.split(moments.astype(np.float64), [1, 1 + len(_SHARES)], axis=1)
        lows, highs = min(self.least, 0.0) * _SHARES, max(self.most, 0.0) * _SHARES
        clipped = ((below[:, :, None] - above[:, None, :]) ** 2).mean(axis=0)
        errors = _CAUTION * clipped + ((highs[None, :] - lows[:, None]) / _STEPS) ** 2 / 12 * noise.mean()
        low, high = np.unravel_index(np.argmin(errors), errors.shape)
        return _with_zero(float(lows[low]), float(highs[high]))

    def moments(self, values: Tensor, gradients: Tensor) -> Tensor:
        """Returns what `least_divergence` needs of each picture, from its values and gradients, both `(batch, …)`."""
        axes = list(range(1, len(values.shape)))
        low, high = (share.astype(np.float32) for share in (min(self.least, 0.0) * _SHARES, self.most * _SHARES))
        below = [tf.reduce_sum(gradients * tf.nn.relu(end - values), axes) for end in low]
        above = [tf.reduce_sum(gradients * tf.nn.relu(values - end), axes) for end in np.maximum(high, 0)]
        return tf.stack([tf.reduce_sum(gradients**2, axes), *below, *above], axis=1)

    def _edges(self) -> Array:
        return np.linspace(self.least, self.most, len(self.counts) + 1)

    def _least_error(self) -> Range:
        """Returns the range in which clipping and rounding together have the least squared error."""
        edges = self._edges()
        centres = (edges[1:] + edges[:-1]) / 2
        lows = np.linspace(0, min(self.least, 0.0), _CANDIDATES) if self.least < 0 else np.zeros(1)
        highs = np.linspace(0, max(self.most, 0.0), _CANDIDATES) if self.most > 0 else np.zeros(1)
        lost_low = (np.maximum(lows[:, None] - centres, 0) ** 2 * (centres < 0)) @ self.counts
        lost_high = (np.maximum(centres - highs[:, None], 0) ** 2 * (centres > 0)) @ self.counts
        steps = (highs[None, :] - lows[:, None]) / _STEPS
        errors = lost_low[:, None] + lost_high[None, :] + steps**2 / 12 * self.counts.sum()
        low, high = np.unravel_index(np.argmin(errors), errors.shape)
        return _with_zero(float(lows[low]), float(highs[high]))


def observe(model: KerasModel, tensors: list[Tensor], logits: Tensor, calibration: Array) -> tuple[list[Values], Array]:
    """Returns the values of tensors of a model, and the logits of pictures that do not stand out, `(m, classes)`.

    Args:
        model: Functional Keras model from raw pixels.
        tensors: Some of its tensors.
        logits: The tensor of logits.
        calibration: uint8 `(n, height, width, channels)`.
    """
    probe = keras.Model(model.inputs, [logits, *tensors])
    # Both functions below use one graph of the model, which takes far longer to make than what they add.
    run = for_batches(probe)

    def answers(images: Tensor) -> tuple[Tensor, Tensor]:
        scores, *values = run(images)
        return scores, tf.stack([_extremes(value) for value in values])

    def histograms(images: Tensor, limits: Tensor) -> Tensor:
        values = zip(run(images)[1:], tf.unstack(limits), strict=True)
        return tf.stack([tf.histogram_fixed_width(*pair, _BINS) for pair in values])

    ask = for_batches(probe, answers)
    found = [[output.numpy() for output in ask(batch)] for batch in batches_of(calibration, _BATCH)]
    scores = np.concatenate([batch[0] for batch in found])
    extremes = np.concatenate([batch[1] for batch in found], axis=1)
    kept = ~outstanding(extremes)
    least, most = extremes[:, kept, 0].min(axis=1), extremes[:, kept, 1].max(axis=1)
    limits = np.stack([least, np.maximum(most, least + np.float32(_LEAST_WIDTH))], axis=1)
    count = for_batches(probe, histograms, tf.TensorSpec(limits.shape, tf.float32))
    counts = sum(count(batch, limits).numpy().astype(np.int64) for batch in batches_of(calibration[kept], _BATCH))
    ends = np.stack([extremes[..., 0].min(axis=1), extremes[..., 1].max(axis=1)], axis=1)
    rows = zip(ends, least, most, counts, strict=True)
    values = [Values((float(of[0]), float(of[1])), float(low), float(high), row) for of, low, high, row in rows]
    return values, scores[kept]


def outstanding(extremes: Array) -> Array:
    """Tells which pictures make activations that are far larger than those of nearly all others.

    Args:
        extremes: Least and greatest value of each tensor and picture, `(tensors, n, 2)`.

    Returns:
        Bool `(n,)`.
    """
    reach = np.abs(extremes).max(axis=2)
    usual = np.maximum(np.median(reach, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    found = np.median(reach / usual, axis=0) > _STANDS_OUT
    return found if found.mean() <= _MOST_OUTSTANDING else np.zeros_like(found)


def _extremes(values: Tensor) -> Tensor:
    """Returns the least and greatest value of each picture, float32 `(batch, 2)`."""
    axes = list(range(1, len(values.shape)))
    return tf.stack([tf.reduce_min(values, axes), tf.reduce_max(values, axes)], axis=1)


def _with_zero(least: float, most: float) -> Range:
    low, high = min(least, 0.0), max(most, 0.0)
    return low, max(high, low + _LEAST_WIDTH)
