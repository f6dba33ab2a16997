"""Batches for training and evaluation as `tf.data`, reproducible step by step.

The order of an epoch depends on the seed and the epoch, and the random changes on the seed and the step, so training
that is resumed at an epoch sees the same batches as training that never stopped.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.recipe import Augment
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import augment as augmentation
from tfl_lite_suite.data.samples import Split

_PREFETCH = 4
_AUGMENT_SALT = 0x61756772


@dataclasses.dataclass(frozen=True)
class Parts:
    """The equal parts of each batch that one process makes; others make the rest.

    Attributes:
        total: Parts of a batch.
        first: The first part made here, from 0.
        count: Parts made here.
    """

    total: int = 1
    first: int = 0
    count: int = 1


def steps_per_epoch(split: Split, batch_size: int) -> int:
    """Returns the number of whole batches in a split; what is left over is dropped.

    Raises:
        SuiteError: If there is not even one.
    """
    if batch_size > len(split):
        raise SuiteError(f"train.batch_size: {batch_size} is more than the {len(split)} training pictures")
    return len(split) // batch_size


def training_batches(
    split: Split,
    batch_size: int,
    augment: Augment,
    seed: int,
    first_epoch: int,
    epochs: int,
    num_classes: int,
    parts: Parts = Parts(),
    beside: Array | None = None,
) -> tf.data.Dataset:
    """Shuffled, randomly changed batches, or parts of them.

    Args:
        split: Pictures to train on.
        batch_size: Pictures a batch, at most `len(split)`.
        augment: Random changes.
        seed: Seed of order and changes.
        first_epoch: Epoch to begin with, from 0.
        epochs: Epoch to stop before.
        num_classes: Length of the label vectors.
        parts: Which parts of each batch, one after the other; `parts.total` divides `batch_size`. Together, the parts
            that all processes make are the whole batches, picture by picture.
        beside: What else is known of each picture, float32 `(len(split), k)`; put behind its label distribution.

    Returns:
        Pairs of pictures, float32 in [0, 255], `(n, height, width, channels)`, and label distributions (1 for each of
        several labels), float32,
        `(n, num_classes + k)`, where n is `batch_size / parts.total`; for each of `steps_per_epoch` times
        `epochs - first_epoch` batches, `parts.count` of them.
    """
    steps = steps_per_epoch(split, batch_size)
    shape = split.images([0]).shape[1:]
    known = np.zeros((len(split), 0), np.float32) if beside is None else beside
    gather, width = _gathering(split, batch_size, seed, known), num_classes + known.shape[1]
    size = batch_size // parts.total
    # Blending takes the picture before each one, so a part begins with the last picture of the part before it.
    extra = int(parts.total > 1 and bool(augment.mixup or augment.cutmix))

    def part(number: tf.Tensor) -> tuple[tf.Tensor, ...]:
        step, begin = number // parts.count, (parts.first + number % parts.count) * size
        places = tf.ensure_shape(tf.range(begin - extra, begin + size) % batch_size, (extra + size,))
        images, rows = tf.numpy_function(gather, [step, places], [tf.uint8, tf.float32], stateful=False)
        return (
            step,
            places,
            tf.ensure_shape(images, (extra + size, *shape)),
            tf.ensure_shape(rows, (extra + size, width)),
        )

    def changed(step: tf.Tensor, places: tf.Tensor, images: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        key = tf.stack([tf.constant(seed ^ _AUGMENT_SALT, tf.int64), step])
        draw = augmentation.Draw(key, None if parts.total == 1 else (batch_size, places))
        images, soft = augmentation.apply(tf.cast(images, tf.float32), rows[:, :num_classes], augment, draw)
        return images[extra:], tf.concat([soft, rows[:, num_classes:]], axis=1)[extra:]

    numbers = tf.data.Dataset.range(first_epoch * steps * parts.count, epochs * steps * parts.count)
    return numbers.map(part).map(changed, num_parallel_calls=2).prefetch(_PREFETCH * parts.count)


def _gathering(split: Split, batch_size: int, seed: int, known: Array) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Returns a function from a step and places in its batch to pictures, and labels with what else is known."""
    steps = steps_per_epoch(split, batch_size)
    order_of = functools.lru_cache(1)(lambda epoch: split.epoch_order(seed, epoch))

    def gather(step: Array, places: Array) -> tuple[Array, Array]:
        epoch, index = divmod(int(step), steps)
        rows = order_of(epoch)[index * batch_size + places]
        return split.images(rows), np.concatenate([split.one_hot(rows), known[rows]], axis=1)

    return gather


def evaluation_batches(split: Split, batch_size: int) -> tf.data.Dataset:
    """Every picture once, in order, unchanged; the last batch may be smaller.

    Args:
        split: Pictures.
        batch_size: Pictures a batch.

    Returns:
        Pairs of pictures, float32 in [0, 255], `(n, height, width, channels)`, and class indices, int64, `(n,)`.
    """
    count = len(split)
    shape = split.images([0] if count else []).shape[1:]

    def gather(begin: Array) -> tuple[Array, Array]:
        rows = np.arange(int(begin), min(int(begin) + batch_size, count))
        return split.images(rows), split.labels[rows]

    def batch(begin: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels = tf.numpy_function(gather, [begin], [tf.uint8, tf.int64], stateful=False)
        images = tf.cast(tf.ensure_shape(images, (None, *shape)), tf.float32)
        return images, tf.ensure_shape(labels, (None,))

    return tf.data.Dataset.range(0, count, batch_size).map(batch).prefetch(_PREFETCH)
