"""Whether one classifier is better than another on the same pictures, by the pictures on which just one is right."""

import dataclasses
import math
from collections.abc import Iterable

_Z95 = 1.959964


@dataclasses.dataclass(frozen=True)
class Paired:
    """Two classifiers' hits and misses on the same pictures.

    Attributes:
        n: Pictures.
        gained: Pictures that the second alone has right.
        lost: Pictures that the first alone has right.
    """

    n: int
    gained: int
    lost: int

    @property
    def difference(self) -> float:
        """Top-1 of the second less top-1 of the first, a share in [-1, 1]."""
        return (self.gained - self.lost) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the difference.

        Pictures that both have right, or both wrong, tell nothing of it, so it is narrower than two separate intervals
        would make it. It speaks of other pictures from the same source, not of another training run.

        Source: Bonett and Price, 2012, https://doi.org/10.3102/1076998611411915, recommended by Fagerland et al., 2014,
        https://doi.org/10.1002/sim.6148.
        """
        n = self.n + 2
        gained, lost = (self.gained + 1) / n, (self.lost + 1) / n
        middle = gained - lost
        half = _Z95 * math.sqrt((gained + lost - middle**2) / n)
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def verdict(self) -> str:
        """`gain` or `loss` where the interval leaves zero out, else `not shown`."""
        least, most = self.interval
        return "gain" if least > 0 else "loss" if most < 0 else "not shown"


def compare(first: Iterable[bool], second: Iterable[bool]) -> Paired:
    """Compares two classifiers.

    Args:
        first: Whether the first is right, picture by picture.
        second: The same for the second, on the same pictures in the same order.
    """
    pairs = list(zip(first, second, strict=True))
    return Paired(len(pairs), pairs.count((False, True)), pairs.count((True, False)))
