"""What training makes small: by the labels, or by a teacher, too."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tfl_lite_suite.core.framework import tf

Loss = Callable[[Any, Any, Any], Any]


@dataclasses.dataclass(frozen=True)
class Taught:
    """A loss in which a teacher has a part.

    Attributes:
        function: From pixels, target distributions, logits, features and the teacher's answers to these pictures to
            the mean loss.
        answers: The teacher's answers to all training pictures, float32 `(n, k)`; `None` where `function` asks it.
        takes_features: Whether `function` is given what the classifier takes as features, not `None`.
    """

    function: Callable[[Any, Any, Any, Any, Any], Any]
    answers: np.ndarray | None = None
    takes_features: bool = False


def cross_entropy(smoothing: float) -> Loss:
    """Returns the loss against target distributions of which a share is spread over all classes."""

    def loss(_: Any, targets: Any, logits: Any) -> Any:
        classes = tf.cast(tf.shape(targets)[1], tf.float32)
        smooth = targets * (1 - smoothing) + smoothing / classes
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits))

    return loss
