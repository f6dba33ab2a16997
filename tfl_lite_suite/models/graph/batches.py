"""One TensorFlow graph of a model for batches of every size.

Left alone, TensorFlow makes a graph for the usual batch and another one for the last, smaller batch. For a network with
fake quantization each takes seconds, more than the pictures of a small set.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import Array, KerasModel, Tensor, TfFunction


def for_batches(model: KerasModel, compute: Callable[..., Any] | None = None, *others: Tensor) -> TfFunction:
    """Returns a function of pictures, float32 `(n, height, width, channels)`, as one graph for every `n`.

    Args:
        model: Model with one input.
        compute: What to compute; the scores of `model`, without training, if absent.
        others: Of what `compute` takes besides pictures, the `tf.TensorSpec`s.
    """
    shape = model.inputs[0].shape if model.inputs else model.input_shape  # Subclassed models have no `inputs`.
    pictures = tf.TensorSpec((None, *shape[1:]), tf.float32)
    scores = compute or (lambda images: model(images, training=False))
    return tf.function(scores, autograph=False, input_signature=[pictures, *others])


def batches_of(pictures: Array, size: int) -> Iterator[Tensor]:
    """Yields pictures, `(n, height, width, channels)`, as float32, `size` at a time; fewer are the last."""
    return (tf.cast(pictures[start : start + size], tf.float32) for start in range(0, len(pictures), size))
