"""The limited-memory quasi-Newton method L-BFGS, for smooth convex functions of many variables.

Source: Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5, with backtracking (algorithm 3.1).
"""

from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.types import Array

_MEMORY = 10
_SUFFICIENT_DECREASE = 1e-4
_MOST_HALVINGS = 30
_LEAST_CURVATURE = 1e-10

Function = Callable[[Array], tuple[float, Array]]


def minimize(function: Function, start: Array, most_steps: int = 500, tolerance: float = 1e-7) -> Array:
    """Finds the minimum.

    Args:
        function: From a point, float64 `(n,)`, to its value and gradient, float64 `(n,)`.
        start: Where to begin, `(n,)`.
        most_steps: Greatest number of steps.
        tolerance: Ends with a step that lowers the value by a smaller share than this.

    Returns:
        The best point, float64 `(n,)`.
    """
    point = np.asarray(start, np.float64)
    value, gradient = function(point)
    pairs: list[tuple[Array, Array]] = []
    for _ in range(most_steps):
        direction = -_times_inverse_hessian(gradient, pairs)
        slope = float(direction @ gradient)
        if slope >= 0:
            return point
        length = 1.0
        for _ in range(_MOST_HALVINGS):
            new_value, new_gradient = function(point + length * direction)
            if new_value <= value + _SUFFICIENT_DECREASE * length * slope:
                break
            length /= 2
        else:
            return point
        moved, turned = length * direction, new_gradient - gradient
        if moved @ turned > _LEAST_CURVATURE * (turned @ turned):
            pairs = [*pairs[1 - _MEMORY :], (moved, turned)]
        settled = value - new_value <= tolerance * max(abs(value), abs(new_value))
        point, value, gradient = point + moved, new_value, new_gradient
        if settled:
            break
    return point


def _times_inverse_hessian(gradient: Array, pairs: list[tuple[Array, Array]]) -> Array:
    """Returns the product of the estimated inverse Hessian and the gradient: the two-loop recursion."""
    if not pairs:
        return gradient / max(float(np.abs(gradient).sum()), 1e-300)
    result, shares = gradient.copy(), []
    for moved, turned in reversed(pairs):
        shares.append(float(moved @ result) / float(moved @ turned))
        result -= shares[-1] * turned
    moved, turned = pairs[-1]
    result *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), share in zip(pairs, reversed(shares), strict=True):
        result += (share - float(turned @ result) / float(moved @ turned)) * moved
    return result
