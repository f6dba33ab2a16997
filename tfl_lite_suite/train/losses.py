"""What training makes small: by the labels, or by a teacher, too."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.core.types import Array, Tensor
from tfl_lite_suite.data import balance

Loss = Callable[[Any, Any, Any], Any]


@dataclasses.dataclass(frozen=True)
class DistilledLoss:
    """A loss in which a teacher has a part.

    Attributes:
        function: From pixels, target distributions, logits, features and the teacher's answers to these pictures to
            the mean loss.
        answers: The teacher's answers to all training pictures, float32 `(n, k)`; `None` where `function` asks it.
        takes_features: Whether `function` is given what the classifier takes as features, not `None`.
    """

    function: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
    answers: Array | None = None
    takes_features: bool = False


def loss_by_labels(settings: Train, counts: Sequence[int], weighted: bool) -> Loss:
    """Returns the loss against the labels that a recipe asks for.

    Args:
        settings: Its `train` section, without `auto`.
        counts: Training pictures of each class.
        weighted: Whether rare classes weigh more, as `data.balance: weights` says.
    """
    weights = balance.class_weights(counts) if weighted else None
    if settings.loss == "focal":
        return focal(settings.label_smoothing, weights)
    if settings.loss == "logit_adjusted":
        return logit_adjusted(settings.label_smoothing, counts)
    if settings.loss == "binary":
        return binary(settings.label_smoothing, weights)
    return cross_entropy(settings.label_smoothing, weights)


def cross_entropy(smoothing: float, weights: Array | None = None) -> Loss:
    """Returns the loss against target distributions of which a share is spread over all classes.

    Args:
        smoothing: That share.
        weights: What each class weighs, float32 `(classes,)`; all alike if absent.
    """

    def loss(_: object, targets: Tensor, logits: Tensor) -> Tensor:
        each = tf.nn.softmax_cross_entropy_with_logits(_smoothed(targets, smoothing), logits)
        return _mean(each, targets, weights)

    return loss


def focal(smoothing: float, weights: Array | None = None, gamma: float = 2.0) -> Loss:
    """Returns the cross-entropy in which a picture counts the less, the better it is answered already.

    Source: Lin et al., 2017, https://arxiv.org/abs/1708.02002, Eq. 4.
    """

    def loss(_: object, targets: Tensor, logits: Tensor) -> Tensor:
        log = tf.nn.log_softmax(logits)
        each = -tf.reduce_sum(_smoothed(targets, smoothing) * (1 - tf.exp(log)) ** gamma * log, axis=1)
        return _mean(each, targets, weights)

    return loss


def logit_adjusted(smoothing: float, counts: Sequence[int]) -> Loss:
    """Returns the cross-entropy of logits to which the logarithm of each class's share is added, in training alone.

    Source: Menon et al., 2021, https://arxiv.org/abs/2007.07314, Eq. 10, with tau 1.
    """
    known = np.maximum(np.asarray(counts, np.float32), 1)
    prior, plain = np.log(known / known.sum()), cross_entropy(smoothing)
    return lambda images, targets, logits: plain(images, targets, logits + prior)


def binary(smoothing: float, weights: Array | None = None) -> Loss:
    """Returns the loss for several labels a picture: each class is a question of its own; summed over the classes.

    Args:
        smoothing: As for `cross_entropy`; half of it is what remains of a label.
        weights: What each class's own pictures weigh.
    """
    positive = 1.0 if weights is None else weights

    def loss(_: object, targets: Tensor, logits: Tensor) -> Tensor:
        smooth = targets * (1 - smoothing) + smoothing / 2
        each = tf.nn.weighted_cross_entropy_with_logits(smooth, logits, positive)
        return tf.reduce_mean(tf.reduce_sum(each, axis=1))

    return loss


def _smoothed(targets: Tensor, smoothing: float) -> Tensor:
    return targets * (1 - smoothing) + smoothing / tf.cast(tf.shape(targets)[1], tf.float32)


def _mean(each: Tensor, targets: Tensor, weights: Array | None) -> Tensor:
    """Returns the mean over pictures, each weighed as its classes."""
    return tf.reduce_mean(each if weights is None else each * tf.linalg.matvec(targets, weights))
