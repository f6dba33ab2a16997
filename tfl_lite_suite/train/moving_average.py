"""The moving average of a model's weights during training."""

from collections.abc import Sequence

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import Array, Tensor, Variable


class MovingAverage:
    """Exponential moving average of weights, with a decay that grows while there is little to average."""

    def __init__(self, variables: Sequence[Variable], decay: float) -> None:
        """Begins with the weights as they are.

        Args:
            variables: The weights.
            decay: Greatest decay a step; 0 keeps no averages.
        """
        self._variables = variables if decay else []
        self._averages = [tf.Variable(variable, trainable=False) for variable in self._variables]
        self._decay = float(decay)

    def update(self, step: Tensor) -> None:
        """Takes in the weights as they are after a step, of which there were `step`."""
        step = tf.cast(step, tf.float32)
        decay = tf.minimum(self._decay, (1 + step) / (10 + step))
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign_sub((1 - decay) * (average - variable))

    def values(self) -> list[Array]:
        """Returns the averages."""
        return [average.numpy() for average in self._averages]

    def set_values(self, values: Sequence[Array]) -> None:
        """Puts back what `values` returned."""
        for average, value in zip(self._averages, values, strict=True):
            average.assign(value)

    def in_place(self) -> "_Swapped":
        """Returns a context in which the weights are their averages."""
        return _Swapped(self._variables, self._averages)


class _Swapped:
    """While entered, the model's weights are their averages."""

    def __init__(self, variables: Sequence[Variable], averages: Sequence[Variable]) -> None:
        self._variables, self._averages = variables, averages

    def __enter__(self) -> None:
        self._trained = [variable.numpy() for variable in self._variables]
        for variable, average in zip(self._variables, self._averages, strict=True):
            variable.assign(average)

    def __exit__(self, *_: object) -> None:
        for variable, value in zip(self._variables, self._trained, strict=True):
            variable.assign(value)
