"""Knowledge distillation: a network learns from another one's logits and features, beside the labels.

Source: Hinton et al., 2015, https://arxiv.org/abs/1503.02531, section 2.
"""

from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.recipe import Distill
from tfl_lite_suite.core.types import Array, KerasModel, Tensor
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.data import Dataset, Split, pipeline
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.models.graph.rewrite import with_features
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.train.losses import DistilledLoss, Loss

ANSWERS = "answers.npy"


def loss_of(
    chosen: Distill, file: str, hard: Loss, images: Dataset, kept: Stage | None, one_label: bool = True
) -> DistilledLoss:
    """Returns the loss that a recipe asks for, with the teacher of a file; see `taught_by`.

    Args:
        chosen: The recipe's `distill` section.
        file: The teacher, a `.keras` file. Where it takes other pictures than the network that learns, they are scaled
            and made grey or given three channels.
        hard: As for `taught_by`.
        images: As for `taught_by`.
        kept: As for `taught_by`.
        one_label: As for `taught_by`.

    Raises:
        SuiteError: If the file cannot be read, or has other classes.
    """
    teacher, classes = keras_file.load(file, images.contract.image_shape), len(images.class_names)
    if len(teacher.input_shape) != 4 or tuple(teacher.output_shape[1:]) != (classes,):
        raise SuiteError(
            f"distill.teacher: '{file}' is from {teacher.input_shape} to {teacher.output_shape}; expected a classifier "
            f"of pictures with {classes} outputs"
        )
    return taught_by(teacher, chosen, hard, images, kept, one_label=one_label)


def taught_by(
    teacher: KerasModel, chosen: Distill, hard: Loss | None, images: Dataset, kept: Stage | None, *, one_label: bool
) -> DistilledLoss:
    """Returns the loss in which a teacher has a part.

    Args:
        teacher: A classifier of the classes of `images`.
        chosen: What part, the recipe's `distill` section.
        hard: Loss against the labels; `None` where the teacher's share is all.
        images: What is learned from.
        kept: Where the teacher's answers to the training pictures are kept; `None` where these change at random, so
            that it has to be asked in every step.
        one_label: Whether classes exclude each other; else each logit is compared for itself.
    """
    ask, classes = _asking(teacher, images.contract.image_shape, bool(chosen.features)), len(images.class_names)

    def combined(pictures: Tensor, targets: Tensor, logits: Tensor, features: Tensor, answers: Tensor) -> Tensor:
        if kept is None:
            answers = tf.stop_gradient(ask(pictures))
        value = chosen.share * _distance(answers[:, :classes], logits, chosen.temperature, one_label)
        if hard is not None:
            value += (1 - chosen.share) * hard(pictures, targets, logits)
        if chosen.features:
            value += chosen.features * _similarity_distance(_pooled(features), answers[:, classes:])
        return value

    answers = None if kept is None else _kept_answers(ask, images.train, kept)
    return DistilledLoss(combined, answers, takes_features=bool(chosen.features))


def _asking(teacher: KerasModel, shape: tuple[int, int, int], features_too: bool) -> Callable[[Tensor], Tensor]:
    """Returns a function from pictures of a shape to the teacher's logits, with its features behind them if wanted."""
    height, width, channels = teacher.input_shape[1:]
    forward = with_features(teacher) if features_too else teacher

    def answer(images: Tensor) -> Tensor:
        if channels != shape[2]:
            images = tf.image.grayscale_to_rgb(images) if channels == 3 else tf.image.rgb_to_grayscale(images)
        if (height, width) != shape[:2]:
            images = tf.image.resize(images, (height, width), antialias=True)
        output = forward(images, training=False)
        scores, *features = output if features_too else [output]
        return tf.concat([as_logits(teacher, scores), *map(_pooled, features)], axis=1)

    return answer


def _pooled(features: Tensor) -> Tensor:
    """Returns features `(batch, n)`, float32; those with height and width are averaged over them."""
    features = tf.cast(features, tf.float32)
    return tf.reduce_mean(features, axis=(1, 2)) if len(features.shape) == 4 else features


def _kept_answers(ask: Callable[[Tensor], Tensor], split: Split, kept: Stage) -> Array:
    """Returns the answers to every picture, from the stage's folder if they are there."""
    if kept.finished() is None:
        forward, parts = tf.function(ask), []
        progress = Progress("asking the teacher", len(split))
        for pictures, _ in pipeline.evaluation_batches(split, 256):
            parts.append(forward(pictures).numpy())
            progress.update(sum(map(len, parts)))
        progress.close()
        with atomic_path(kept.folder / ANSWERS) as temporary:
            np.save(temporary, np.concatenate(parts))
        kept.finish({"pictures": len(split)}, [ANSWERS])
    return np.asarray(np.load(kept.folder / ANSWERS))


def _distance(answers: Tensor, logits: Tensor, temperature: float, one_label: bool) -> Tensor:
    """Returns how far logits are from a teacher's; times the squared temperature, so that gradients keep their size."""
    answers, logits = answers / temperature, logits / temperature
    if one_label:
        each = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(answers), logits)
    else:
        each = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(tf.nn.sigmoid(answers), logits), axis=1)
    return temperature**2 * tf.reduce_mean(each)


def _similarity_distance(student: Tensor, teacher: KerasModel) -> Tensor:
    """Returns how differently two networks find the pictures of a batch alike; features may differ in length.

    Source: Tung and Mori, 2019, https://arxiv.org/abs/1907.09682, equations 2 to 4.
    """
    ours, theirs = (
        tf.math.l2_normalize(tf.matmul(features, features, transpose_b=True), axis=1) for features in (student, teacher)
    )
    return tf.reduce_mean(tf.square(ours - theirs))
