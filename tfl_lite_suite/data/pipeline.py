"""Batches for training and evaluation as `tf.data`, reproducible step by step.

The order of an epoch depends on the seed and the epoch, and the random changes on the seed and the step, so training
that is resumed at an epoch sees the same batches as training that never stopped.
"""

import numpy as np

from tfl_lite_suite.data import augment as augmentation
from tfl_lite_suite.data.samples import Split
from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.framework import tf
from tfl_lite_suite.recipe import Augment

_PREFETCH = 4
_AUGMENT_SALT = 0x61756772


def steps_per_epoch(split: Split, batch_size: int) -> int:
    """Returns the number of whole batches in a split; what is left over is dropped.

    Raises:
        SuiteError: If there is not even one.
    """
    if batch_size > len(split):
        raise SuiteError(f"train.batch_size: {batch_size} is more than the {len(split)} training pictures")
    return len(split) // batch_size


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Returns the order of the pictures in an epoch: a permutation of `range(count)`, int64."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def training_batches(
    split: Split, batch_size: int, augment: Augment, seed: int, first_epoch: int, epochs: int, num_classes: int
) -> tf.data.Dataset:
    """Shuffled, randomly changed batches.

    Args:
        split: Pictures to train on.
        batch_size: Pictures a batch, at most `len(split)`.
        augment: Random changes.
        seed: Seed of order and changes.
        first_epoch: Epoch to begin with, from 0.
        epochs: Epoch to stop before.
        num_classes: Length of the label vectors.

    Returns:
        Pairs of pictures, float32 in [0, 255], `(batch_size, height, width, channels)`, and label distributions,
        float32, `(batch_size, num_classes)`; `steps_per_epoch` times `epochs - first_epoch` of them.
    """
    steps = steps_per_epoch(split, batch_size)
    shape = split.images([0]).shape[1:]
    orders: dict[int, np.ndarray] = {}

    def gather(step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        epoch, place = divmod(int(step), steps)
        order = orders.get(epoch)
        if order is None:
            order = epoch_order(len(split), seed, epoch)
            orders.clear()
            orders[epoch] = order
        rows = order[place * batch_size : (place + 1) * batch_size]
        return split.images(rows), split.labels[rows]

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        images, labels = tf.numpy_function(gather, [step], [tf.uint8, tf.int64], stateful=False)
        return step, tf.ensure_shape(images, (batch_size, *shape)), tf.ensure_shape(labels, (batch_size,))

    def changed(step: tf.Tensor, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        key = tf.stack([tf.constant(seed ^ _AUGMENT_SALT, tf.int64), step])
        soft = tf.one_hot(labels, num_classes)
        return augmentation.apply(tf.cast(images, tf.float32), soft, augment, key)

    batches = tf.data.Dataset.range(first_epoch * steps, epochs * steps).map(batch)
    return batches.map(changed, num_parallel_calls=2).prefetch(_PREFETCH)


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

    def gather(begin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = np.arange(int(begin), min(int(begin) + batch_size, count))
        return split.images(rows), split.labels[rows]

    def batch(begin: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels = tf.numpy_function(gather, [begin], [tf.uint8, tf.int64], stateful=False)
        images = tf.cast(tf.ensure_shape(images, (None, *shape)), tf.float32)
        return images, tf.ensure_shape(labels, (None,))

    return tf.data.Dataset.range(0, count, batch_size).map(batch).prefetch(_PREFETCH)
