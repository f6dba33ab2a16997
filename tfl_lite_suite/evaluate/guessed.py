"""Whether raw pixels are right for a model whose file does not say how its pixels are normalised."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.tflite.normalization import Normalization, usual

if TYPE_CHECKING:
    from tfl_lite_suite.data import Split

_PICTURES = 100
# Of the pictures that two normalisations answer otherwise, the better one must win so clearly (chi-squared, 0.1 %).
_CLEAR = 10.83


def check(model: str, channels: int, split: "Split", answer: "Callable[[Normalization, Split], Array]") -> None:
    """Refuses raw pixels where another usual normalisation is clearly right, for their figures would be wrong.

    Args:
        model: The model's file, for the message.
        channels: Of its input.
        split: Pictures with labels, of which about a hundred are tried.
        answer: Returns the first place of each picture, `(n,)`, by a normalisation.

    Raises:
        SuiteError: If so; it names the flags.
    """
    rows = np.unique(np.linspace(0, len(split) - 1, min(len(split), _PICTURES)).astype(np.int64))
    tried = split.subset(rows)
    raw, *others = ((way, _right(tried, answer(way, tried))) for way in usual(channels))
    best, right = max(others, key=lambda item: item[1].sum())
    won, lost = int((right & ~raw[1]).sum()), int((raw[1] & ~right).sum())
    if won > lost and (won - lost) ** 2 > _CLEAR * (won + lost):
        raise SuiteError(
            f"{model}: the file does not say how its pixels are normalised. As raw pixels 0-255 it is right on "
            f"{int(raw[1].sum())} of {len(rows)} pictures, with {best.text()} on {int(right.sum())}. "
            f"Say it: {best.arguments()}"
        )


def _right(split: "Split", top: Array) -> Array:
    if split.targets is not None:
        return np.asarray(split.targets[np.arange(len(top)), top] > 0) & (top >= 0)
    return np.asarray(top == split.labels)
