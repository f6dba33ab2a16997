"""Prints what each network costs before anything is trained: parameters, multiply-adds and float size."""

import sys
from collections.abc import Sequence

from tfl_lite_suite import models
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.terminal import Style, Styled
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.result import NetworkCost


def summary(names: Sequence[str], shape: tuple[int, int, int], classes: int, alpha: float) -> list[NetworkCost]:
    """Returns what networks cost, from a table where it has them, else by building them.

    Args:
        names: The networks.
        shape: `(height, width, channels)` of the input, in pixels.
        classes: Number of classes.
        alpha: Width multiplier.

    Returns:
        One record a network.

    Raises:
        SuiteError: If a network cannot be built so.
    """
    for name in names:
        models.check_values(name, shape, classes, alpha)
    records = []
    for name in names:
        params, macs = _known(name, shape, classes, alpha) or _built(name, shape, classes, alpha)
        records.append(NetworkCost(name, shape, params, macs, 4 * params))
    return records


def _known(name: str, shape: tuple[int, int, int], classes: int, alpha: float) -> tuple[int, int] | None:
    """Returns parameters and multiply-adds by the table; `None` where it does not have them."""
    height, width, channels = shape
    size = costs.Size(name, alpha, height)
    if height != width or channels != costs.CHANNELS or size not in costs.sizes():
        return None
    found = costs.cost(size, classes)
    return found.params, found.macs


def _built(name: str, shape: tuple[int, int, int], classes: int, alpha: float) -> tuple[int, int]:
    print(f"building {name}, since the table of costs does not have it at this size", file=sys.stderr, flush=True)
    from tfl_lite_suite.models import cost

    with cost.zero_weights():
        model = models.build(name, shape, classes, alpha=alpha)
    return cost.params(model), cost.macs(model)


def show(records: Sequence[NetworkCost]) -> str:
    """Returns the table for a terminal."""
    rows = [
        [record.model, "x".join(map(str, record.input_shape))]
        + [f"{record.params / 1e6:.2f} M", f"{record.macs / 1e6:,.1f} M", f"{record.float_bytes / 1e6:.1f} MB"]
        for record in records
    ]
    header = ["network", "input", "parameters", "multiply-adds", "float32"]
    return Styled(Table(header, rows).terminal(Style()))
