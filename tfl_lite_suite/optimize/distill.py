"""Knowledge distillation: a network learns from another one's logits, beside the labels.

Source: Hinton et al., 2015, https://arxiv.org/abs/1503.02531, section 2.
"""

from typing import Any

from tfl_lite_suite.framework import tf
from tfl_lite_suite.optimize.training import Loss


def loss(teacher: Any, hard: Loss, share: float, temperature: float) -> Loss:
    """Returns a loss for `Training` that also draws the logits towards a teacher's on the same pictures.

    Args:
        teacher: Keras model from raw pixels to logits of the same classes; it is not changed.
        hard: Loss against the labels.
        share: Weight of the teacher's part, in [0, 1]; `hard` has the rest.
        temperature: What both networks' logits are divided by before the softmax; the teacher's part is multiplied by
            its square, so that its gradients keep their size.
    """

    def combined(images: Any, targets: Any, logits: Any) -> Any:
        answers = tf.stop_gradient(tf.cast(teacher(images, training=False), tf.float32))
        soft = tf.nn.softmax(answers / temperature)
        distance = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, logits / temperature))
        return (1 - share) * hard(images, targets, logits) + share * temperature**2 * distance

    return combined
