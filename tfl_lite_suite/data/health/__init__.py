"""The health of a set of pictures: what in it will cost accuracy, or makes its figures wrong."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import balance, image_folder
from tfl_lite_suite.data.health import duplicates, findings, labels
from tfl_lite_suite.data.health.looked import Looked, look
from tfl_lite_suite.data.health.problem import SEVERITIES, Problem
from tfl_lite_suite.data.samples import Listing

__all__ = ["ClassCount", "Health", "Problem", "examine"]

# A run does not wait longer than for so many pictures.
_QUICK = 10_000
# From small pictures, uint8 `(n, side, side, 3)`, to features, float32 `(n, k)`.
Embed = Callable[[Array], Array]


@dataclasses.dataclass(frozen=True)
class ClassCount(Result):
    """A class, and how many pictures show it."""

    name: str
    count: int


@dataclasses.dataclass(frozen=True)
class Health(Result):
    """What `examine` found, as `data` prints it.

    Attributes:
        source: The set.
        pictures: Number of pictures.
        classes: Each class.
        imbalance: Pictures of the commonest class for each of the rarest; `None` where a class has none.
        splits: Pictures of each ready-made split; empty where the set is not divided.
        sizes: Least, median and greatest `height` and `width`, in pixels.
        label_accuracy: Share of the pictures of a class, mean over classes, whose label fits their features best;
            `None` where labels were not judged.
        problems: What was found, the gravest first.
        notes: What else a user should know.
    """

    source: str
    pictures: int
    classes: tuple[ClassCount, ...]
    imbalance: float | None
    splits: Mapping[str, int]
    sizes: Mapping[str, tuple[int, int, int]]
    label_accuracy: float | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def examine(listing: Listing, embed: Embed | None = None, unknown: str | None = None, progress: bool = True) -> Health:
    """Looks at every picture of a set.

    Args:
        listing: The set.
        embed: Gives features of a pretrained network, to judge labels by beside the suite's own.
        unknown: A folder of pictures that are none of the classes; it is an error if one of them is.
        progress: Print progress on stderr.

    Raises:
        SuiteError: If there is no picture in `unknown`.
    """
    looked = look(listing, progress)
    judged, notes = _judge_labels(listing, looked, embed)
    found = findings.all_of(listing, looked, _pairs(looked), judged)
    if unknown is not None:
        found += _overlap(listing, looked, image_folder.unlabelled(unknown), progress)
    counts = _counts(listing)
    ratio = balance.imbalance(counts)
    return Health(
        source=listing.source,
        pictures=len(listing),
        classes=tuple(ClassCount(name, count) for name, count in zip(listing.class_names, counts, strict=True)),
        imbalance=ratio if math.isfinite(ratio) else None,
        splits={part: int(listing.parts.count(part)) for part in dict.fromkeys(listing.parts) if part},
        sizes=_sizes(looked),
        label_accuracy=judged.accuracy,
        problems=tuple(sorted(found, key=lambda problem: SEVERITIES.index(problem.severity))),
        notes=(*listing.notes, *notes),
    )


def _counts(listing: Listing) -> list[int]:
    if listing.targets is not None:
        return [int(count) for count in listing.targets.sum(axis=0)]
    return [int(count) for count in np.bincount(listing.labels, minlength=len(listing.class_names))]


def _sizes(looked: Looked) -> dict[str, tuple[int, int, int]]:
    known = looked.sizes[looked.readable]
    if not len(known):
        return {}
    return {
        name: (int(side.min()), int(np.median(side)), int(side.max()))
        for name, side in zip(("height", "width"), known.T, strict=True)
    }


def _pairs(looked: Looked) -> list[tuple[int, int]]:
    """Returns pairs of near copies; of exact copies one alone is compared."""
    first = {digest: row for row, digest in reversed(list(enumerate(looked.digests)))}
    rows = np.array([row for row in looked.readable if first[looked.digests[row]] == row], np.int64)
    return [(int(rows[i]), int(rows[j])) for i, j in duplicates.near_pairs(looked.small[rows])]


def _overlap(listing: Listing, looked: Looked, unknown: Listing, progress: bool) -> list[Problem]:
    """Returns the finding that unknown pictures, or near copies of them, are among the classes."""
    others = look(unknown, progress)
    pairs = duplicates.near_pairs(np.concatenate([looked.small, others.small]))
    known = {digest: row for row, digest in enumerate(looked.digests)}
    shared = {(known[digest], row) for row, digest in enumerate(others.digests) if digest in known}
    shared |= {(i, j - len(listing)) for i, j in pairs if i < len(listing) <= j}
    return findings.overlap(listing, unknown, sorted(shared))


def _judge_labels(listing: Listing, looked: Looked, embed: Embed | None) -> tuple[labels.Suspects, list[str]]:
    """Returns the pictures that look mislabelled, and why labels were not judged if they were not."""
    nothing = labels.Suspects(np.empty(0, np.int64), np.empty(0, np.int64), None)
    if listing.targets is not None:
        return nothing, ["labels were not judged: pictures have several"]
    rows, notes = looked.readable, []
    if len(rows) > labels.LARGEST:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[: labels.LARGEST])
        notes.append(f"labels were judged of {labels.LARGEST:,} pictures drawn at random")
    if not len(rows):
        return nothing, notes
    parts = [labels.own_features(looked.small[rows]), *([embed(looked.small[rows])] if embed else [])]
    found = labels.suspects(labels.joined(parts), listing.labels[rows], len(listing.class_names))
    if found.accuracy is not None and found.accuracy < labels.LEAST_ACCURACY:
        notes.append(
            f"labels were not judged: simple features tell only {percent(found.accuracy, 0)} of these pictures' classes"
            + ("" if embed else "; data --features=pretrained may tell more")
        )
    return labels.Suspects(rows[found.places], found.likely, found.accuracy), notes


def quick_notes(images: Sequence[tuple[str, Any]]) -> list[str]:
    """Returns warnings for `run` about prepared pictures: near copies in two splits, and blank pictures.

    Args:
        images: Name and `Split` of each split.
    """
    total = sum(len(split) for _, split in images)
    if not 0 < total <= _QUICK:
        return []
    small = np.concatenate([split.images(np.arange(len(split))) for _, split in images if len(split)])
    owner = [(part, key) for part, split in images for key in split.keys]
    across = [(i, j) for i, j in duplicates.near_pairs(small) if owner[i][0] != owner[j][0]]
    notes = []
    if across:
        one, other = (owner[place] for place in across[0])
        pairs = "1 pair" if len(across) == 1 else f"{len(across)} pairs"
        notes.append(
            f"warning: {pairs} of near copies in two splits, which makes the test too easy; for example {one[1]} "
            f"({one[0]}) and {other[1]} ({other[0]}). The verb data shows all of them"
        )
    empty = [place for place, picture in enumerate(small) if picture.std() < 2]
    if len(empty):
        notes.append(f"warning: {len(empty)} pictures are blank; for example {owner[empty[0]][1]}")
    return notes
