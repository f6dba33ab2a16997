"""Adam whose learning rate is a share of each variable's own size, so that one rate suits every layer and network.

Kernels with folded batch normalization differ in size from channel to channel by orders of magnitude, and so do ranges
of activations. What matters in training for int8 is how many of its own int8 steps a variable moves.

Source: Kingma and Ba, 2015, https://arxiv.org/abs/1412.6980, algorithm 1; relative sizes as for the thresholds of Jain
et al., 2020, https://arxiv.org/abs/1903.08066, appendix B.
"""

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Tensor, Variable

_TINY = 1e-12


class RelativeAdam(keras.optimizers.Adam):
    """Adam that moves each variable by at most about `learning_rate` of its size at a time."""

    def __init__(self, learning_rate: Tensor, sizes: dict[Variable, Variable], **kwargs: object) -> None:
        """Sets the rate.

        Args:
            learning_rate: A number, or a schedule.
            sizes: The size of each variable, by its reference, shaped to be multiplied with it.
            kwargs: As for Adam.
        """
        super().__init__(learning_rate, **kwargs)
        self._sizes = sizes

    def update_step(self, gradient: Tensor, variable: Variable) -> None:
        """Moves one variable."""
        index = self._index_dict[self._var_key(variable)]
        momentum, velocity = self._momentums[index], self._velocities[index]
        passed = tf.cast(self.iterations + 1, tf.float32)
        momentum.assign_add((gradient - momentum) * (1 - self.beta_1))
        velocity.assign_add((tf.square(gradient) - velocity) * (1 - self.beta_2))
        mean, spread = momentum / (1 - self.beta_1**passed), velocity / (1 - self.beta_2**passed)
        direction = mean / (tf.sqrt(spread) + _TINY)
        variable.assign_sub(tf.cast(self.learning_rate, tf.float32) * self._sizes[variable.ref()] * direction)
