"""The optimizer of a recipe, and how its learning rate changes."""

import math

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.core.types import JsonObject, KerasOptimizer, Tensor


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then cosine decay to zero.

    Source: Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983, Eq. 5, without restarts.
    """

    def __init__(self, peak: float, total_steps: int, warmup_steps: int) -> None:
        """Sets the shape.

        Args:
            peak: Greatest learning rate.
            total_steps: Steps until zero.
            warmup_steps: Steps of warm-up, fewer than `total_steps`.
        """
        self.peak, self.total_steps, self.warmup_steps = peak, total_steps, warmup_steps

    def __call__(self, step: Tensor) -> Tensor:
        """Returns the learning rate of a step, a float32 scalar."""
        step = tf.cast(step, tf.float32)
        warm = (step + 1) / max(self.warmup_steps, 1)
        progress = (step - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
        cosine = 0.5 * (1 + tf.cos(math.pi * tf.clip_by_value(progress, 0.0, 1.0)))
        return self.peak * tf.where(step < self.warmup_steps, warm, cosine)

    def get_config(self) -> JsonObject:
        """Returns the constructor's arguments."""
        return {"peak": self.peak, "total_steps": self.total_steps, "warmup_steps": self.warmup_steps}


def optimizer_of(settings: Train, peak: float, total_steps: int, warmup_steps: int) -> KerasOptimizer:
    """Returns the optimizer of a recipe's `train` section, with the schedule of one phase.

    Args:
        settings: The section.
        peak: Greatest learning rate.
        total_steps: Steps until zero.
        warmup_steps: Steps of warm-up.
    """
    schedule = WarmupCosine(peak, total_steps, warmup_steps)
    decay = settings.weight_decay or None
    clip = settings.clip_norm or None
    optimizers = keras.optimizers
    if settings.optimizer == "sgd":
        optimizer = optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=decay, global_clipnorm=clip)
    elif settings.optimizer == "rmsprop":
        optimizer = optimizers.RMSprop(
            schedule, rho=0.9, momentum=0.9, epsilon=1e-3, weight_decay=decay, global_clipnorm=clip
        )
    elif settings.optimizer == "adam":
        optimizer = optimizers.Adam(schedule, weight_decay=decay, global_clipnorm=clip)
    else:
        optimizer = optimizers.AdamW(schedule, weight_decay=settings.weight_decay, global_clipnorm=clip)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    return optimizer
