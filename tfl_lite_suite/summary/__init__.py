"""Prints what each network costs before anything is trained: parameters, multiply-adds and float size."""

from collections.abc import Sequence
from typing import Any

from tfl_lite_suite import models


def summary(names: Sequence[str], shape: tuple[int, int, int], classes: int, alpha: float) -> list[dict[str, Any]]:
    """Returns what networks cost.

    Args:
        names: The networks.
        shape: `(height, width, channels)` of the input, in pixels.
        classes: Number of classes.
        alpha: Width multiplier.

    Returns:
        One record a network: `model, input_shape, params, macs, float_bytes`.

    Raises:
        SuiteError: If a network cannot be built so.
    """
    for name in names:
        models.check_values(name, shape, classes, alpha)
    return [_measure(name, shape, classes, alpha) for name in names]


def _measure(name: str, shape: tuple[int, int, int], classes: int, alpha: float) -> dict[str, Any]:
    from tfl_lite_suite.models import cost

    with cost.zero_weights():
        model = models.build(name, shape, classes, alpha=alpha)
    params = cost.params(model)
    return {
        "model": name,
        "input_shape": list(shape),
        "params": params,
        "macs": cost.macs(model),
        "float_bytes": 4 * params,
    }


def show(records: list[dict[str, Any]]) -> str:
    """Returns the table for people."""
    lines = [f"{'network':<20}{'input':>13}{'parameters':>14}{'multiply-adds':>16}{'float32':>11}"]
    for record in records:
        shape = "x".join(map(str, record["input_shape"]))
        lines.append(
            f"{record['model']:<20}{shape:>13}{record['params'] / 1e6:>12.2f} M{record['macs'] / 1e6:>14.1f} M"
            f"{record['float_bytes'] / 1e6:>8.1f} MB"
        )
    return "\n".join(lines)
