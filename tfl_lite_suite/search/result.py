"""What a search gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Result, Share, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome(Result):
    """What a run measured of one of its files, on the runtime on which it is fastest.

    Attributes:
        top1: On the half of the test images by which the search chooses.
        top1_unseen: On the other half.
        n: Number of images of the first half.
        n_unseen: Number of images of the other half.
        ms: Median latency.
        steady: Whether the timing counts.
        bytes: Size of the file.
        engine: The runtime.
        loss: Top-1 lost against the trained network, as a share.
    """

    top1: Share
    top1_unseen: Share
    n: int
    n_unseen: int
    ms: float
    steady: bool
    bytes: int
    engine: str
    loss: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialRow(Result):
    """A trial.

    Attributes:
        trial: Its number.
        state: Such as `complete`, `stopped` or `failed`.
        params: Its values, by key of the recipe.
        why: Why it was stopped, or failed.
    """

    trial: int
    state: str
    params: Document
    why: str | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class CompleteTrial(Outcome, TrialRow):
    """A trial that came to its end.

    Attributes:
        name: The recipe's name.
        folder: Its work folder, in that of the search.
        recipe: The file of its recipe, where it is on the front.
    """

    name: str
    folder: str
    recipe: str | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchResult(Result):
    """What `search` prints.

    Attributes:
        front: The trials than which no other is better in everything, best top-1 first.
        trials: Every trial.
        counts: How many trials are in each state.
        space: What varies.
        objectives: Whether each figure is to be large or small.
        study: The study's name.
        seconds: Time of this worker.
    """

    front: tuple[CompleteTrial, ...]
    trials: tuple[TrialRow, ...]
    counts: Mapping[str, int]
    space: tuple[Document, ...]
    objectives: Mapping[str, str]
    study: str | None = omitted()
    seconds: float | None = omitted()
