"""Knowledge distillation: a network learns from another one's logits, beside the labels.

Source: Hinton et al., 2015, https://arxiv.org/abs/1503.02531, section 2.
"""

from typing import Any

from tfl_lite_suite.data import Dataset
from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.framework import tf
from tfl_lite_suite.optimize import keras_file
from tfl_lite_suite.optimize.scores import as_logits
from tfl_lite_suite.optimize.training import Loss
from tfl_lite_suite.recipe import Distill


def loss_of(chosen: Distill, file: str, hard: Loss, images: Dataset) -> Loss:
    """Returns the loss that a recipe asks for.

    Args:
        chosen: The recipe's `distill` section.
        file: The teacher, a `.keras` file. Where it takes other pictures than the network that learns, they are scaled
            and made grey or given three channels.
        hard: Loss against the labels.
        images: What is learned from.

    Raises:
        SuiteError: If the file cannot be read, or has other classes.
    """
    teacher, classes = keras_file.load(file), len(images.class_names)
    if len(teacher.input_shape) != 4 or tuple(teacher.output_shape[1:]) != (classes,):
        raise SuiteError(
            f"distill.teacher: '{file}' is from {teacher.input_shape} to {teacher.output_shape}; expected a classifier "
            f"of pictures with {classes} outputs"
        )
    return loss(_fitted(teacher, images.contract.image_shape), hard, chosen.share, chosen.temperature)


def _fitted(teacher: Any, shape: tuple[int, int, int]) -> Any:
    """Returns the teacher as a function of pictures of another size or number of channels."""
    height, width, channels = teacher.input_shape[1:]
    if (height, width, channels) == shape:
        return teacher

    def answer(images: Any, training: bool = False) -> Any:
        if channels != shape[2]:
            images = tf.image.grayscale_to_rgb(images) if channels == 3 else tf.image.rgb_to_grayscale(images)
        if (height, width) != shape[:2]:
            images = tf.image.resize(images, (height, width), antialias=True)
        return as_logits(teacher, teacher(images, training=training))

    return answer


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
        answers = tf.stop_gradient(as_logits(teacher, teacher(images, training=False)))
        soft = tf.nn.softmax(answers / temperature)
        distance = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, logits / temperature))
        return (1 - share) * hard(images, targets, logits) + share * temperature**2 * distance

    return combined
