"""When a trial is stopped during training: a network that costs no more already learns better."""

import dataclasses
import math
from collections.abc import Sequence

from tfl_lite_suite.core.schemes import SCHEME_OF_FILE
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.search.space import RATIO, SCHEME

LEAST_SHARE, MARGIN = 0.3, 0.02
# A greater value never makes the file smaller or faster.
_COSTS_MORE = ("model.alpha", "data.resolution", RATIO, "prune.macs_ratio")
# These change neither size nor speed of the file.
_COSTS_NOTHING = (
    "train.",
    "quantize.",
    "distill.",
    "data.augment.",
    "data.crop_fraction",
    "model.dropout",
    "model.weights",
    "seed",
    "prune.epochs",
    "prune.learning_rate",
)


@dataclasses.dataclass(frozen=True)
class Reference:
    """A trial that was trained to its end.

    Attributes:
        number: Its number.
        params: A value for each dimension.
        curve: Validation top-1 after each epoch.
        loss: Top-1 that pruning, quantization and conversion took from the float network, as a share, at least 0.
    """

    number: int
    params: JsonObject
    curve: tuple[float, ...]
    loss: float = 0.0


def beaten_by(
    params: JsonObject, curve: Sequence[float], epochs: int, references: Sequence[Reference]
) -> Reference | None:
    """Returns the finished trial for whose sake a trial is stopped, `None` if it goes on.

    It is stopped after three tenths of its epochs, or later, if a finished trial whose file can be neither larger nor
    slower (the same scheme, no greater width, resolution or remaining share) had a validation top-1 at that share of
    its epochs that is higher by more than two points and what compression took from it.

    Args:
        params: The trial's value for each dimension.
        curve: Its validation top-1 after each epoch so far.
        epochs: The number of epochs that it will have.
        references: Finished trials.
    """
    share = len(curve) / max(epochs, 1)
    if not LEAST_SHARE <= share < 1:
        return None
    for reference in references:
        place = math.floor(share * len(reference.curve) + 1e-9) - 1
        if place >= 0 and _costs_no_more(reference.params, params):
            if curve[-1] < reference.curve[place] - reference.loss - MARGIN:
                return reference
    return None


def _costs_no_more(one: JsonObject, other: JsonObject) -> bool:
    """Whether the file of one trial can be neither larger nor slower than that of another."""
    for name in {*one, *other}:
        mine, others = one.get(name), other.get(name)
        if name == SCHEME:
            mine, others = SCHEME_OF_FILE[str(mine)], SCHEME_OF_FILE[str(others)]
        if mine == others or name.startswith(_COSTS_NOTHING):
            continue
        if name not in _COSTS_MORE or mine is None or others is None or mine > others:
            return False
    return True
