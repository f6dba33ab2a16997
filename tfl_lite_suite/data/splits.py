"""Cutting labelled pictures into train, validation and test, and finding pictures that stand in two of them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.samples import PARTS, Listing, Split

_CHUNK = 256


def stratified(
    labels: Array, groups: Sequence[str], keys: Sequence[str], fraction: float, seed: int
) -> tuple[Array, Array]:
    """Holds out the same share of every class; pictures of one group stay together.

    Depends on labels, groups, keys, fraction and seed only, not on the order in which the pictures come.

    Args:
        labels: Class index of each picture, int64 `(n,)`.
        groups: Content digest of each picture: equal for the same picture.
        keys: Name of each picture.
        fraction: Share to hold out, 0 to 1. At least one picture of each class is held out, and one kept, where the
            fraction is above 0 and the class has two different pictures.
        seed: Seed of the draw.

    Returns:
        Indices kept and indices held out, each int64 and ascending.
    """
    if fraction == 0:
        return np.arange(len(labels)), np.arange(0)
    held: list[int] = []
    for label, found in _groups_by_class(labels, groups, keys).items():
        total = sum(map(len, found))
        wanted = min(max(round(total * fraction), 1), total - 1)
        taken = 0
        # No class at all, −1, needs a seed that is a natural number as well.
        random = np.random.default_rng([seed, label % 2**32])
        for members in (found[place] for place in random.permutation(len(found))[:-1]):
            if taken >= wanted:
                break
            held.extend(members)
            taken += len(members)
    out = np.array(sorted(held), np.int64)
    return np.setdiff1d(np.arange(len(labels)), out), out


def fold_parts(
    labels: Array, groups: Sequence[str], keys: Sequence[str], number: int, count: int, seed: int
) -> list[str]:
    """Divides pictures into equal folds, every class alike, pictures of one group together.

    Args:
        labels: As for `stratified`.
        groups: As for `stratified`.
        keys: As for `stratified`.
        number: Which fold is the test split, from 0.
        count: Number of folds.
        seed: Seed of the draw.

    Returns:
        `test` for each picture of that fold, `train` for the others.
    """
    parts = ["train"] * len(labels)
    dealt = 0
    for label, found in _groups_by_class(labels, groups, keys).items():
        random = np.random.default_rng([seed, label % 2**32, count])
        for place in random.permutation(len(found)):
            if dealt % count == number:
                for index in found[place]:
                    parts[index] = "test"
            dealt += 1
    return parts


def _groups_by_class(labels: Array, groups: Sequence[str], keys: Sequence[str]) -> dict[int, list[list[int]]]:
    """Returns the places of each group's pictures, by class, in an order that follows the keys alone."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    # A picture under two class names counts for the class of its first name.
    by_class: dict[int, list[list[int]]] = defaultdict(list)
    for group in sorted(members, key=lambda group: min(keys[index] for index in members[group])):
        by_class[int(labels[min(members[group], key=lambda index: keys[index])])].append(members[group])
    return dict(sorted(by_class.items()))


def limited(labels: Array, keys: Sequence[str], limit: int | None, seed: int) -> Array:
    """Chooses at most `limit` pictures, every class in proportion.

    Returns:
        Indices, int64, ascending; all of them where `limit` is absent or not reached.
    """
    if limit is None or limit >= len(labels):
        return np.arange(len(labels))
    order = np.array(sorted(range(len(keys)), key=lambda index: keys[index]), np.int64)
    order = order[np.random.default_rng([seed, 1]).permutation(len(order))]
    # Position within its class over the class's size: taking the smallest takes every class in proportion.
    rank = np.empty(len(labels))
    for label in np.unique(labels):
        own = order[labels[order] == label]
        rank[own] = (np.arange(len(own)) + 0.5) / len(own)
    return np.sort(order[np.argsort(rank[order], kind="stable")[:limit]])


def cut(
    labels: Array,
    parts: Sequence[str],
    groups: Sequence[str],
    keys: Sequence[str],
    fractions: tuple[float, float],
    seed: int,
) -> dict[str, Array]:
    """Cuts a source into three splits; ready-made splits are kept, missing ones cut from the training pictures.

    Args:
        labels: Class index of each picture, int64 `(n,)`.
        parts: Ready-made split of each picture, or empty.
        groups: Content digest of each picture.
        keys: Name of each picture.
        fractions: Shares of `(validation, test)` to hold out where the source has no such split: the test share of
            all pictures, the validation share of those then left to train on.
        seed: Seed of the draw.

    Returns:
        Ascending indices, int64, for each of `train`, `validation`, `test`.
    """
    made = np.asarray([part or "train" for part in parts])
    result = {part: np.flatnonzero(made == part) for part in PARTS}
    for part, fraction, salt in (("test", fractions[1], 2), ("validation", fractions[0], 3)):
        if len(result[part]) or not len(result["train"]):
            continue
        left = result["train"]
        keep, out = stratified(
            labels[left], [groups[i] for i in left], [keys[i] for i in left], fraction, seed * 10 + salt
        )
        result["train"], result[part] = left[keep], left[out]
    return result


def duplicate_notes(
    labels: Array,
    places: dict[str, Array],
    groups: Sequence[str],
    keys: Sequence[str],
    class_names: Sequence[str],
) -> list[str]:
    """Reports the same picture in two splits, and the same picture under two class names."""
    split_of = {int(index): part for part, indices in places.items() for index in indices}
    members: dict[str, list[int]] = defaultdict(list)
    for index in sorted(split_of):
        members[groups[index]].append(index)
    repeated = [found for found in members.values() if len(found) > 1]
    across = [found for found in repeated if len({split_of[index] for index in found}) > 1]
    twice_named = [found for found in repeated if len({int(labels[index]) for index in found}) > 1]
    notes = []
    if repeated:
        notes.append(f"{sum(len(found) - 1 for found in repeated)} pictures are exact copies of another")
    for found, what in ((across, "the same picture in two splits"), (twice_named, "the same picture in two classes")):
        if found:
            example = ", ".join(
                f"{keys[index]} ({split_of[index]}, {_name(class_names, labels[index])})" for index in found[0][:3]
            )
            notes.append(f"warning: {what}, {len(found)} times; for example {example}")
    return notes


def _name(class_names: Sequence[str], label: int) -> str:
    return class_names[label] if label >= 0 else "no class"


def check_unknown(unknown: Listing, digests: Sequence[str], known: Listing, known_digests: Sequence[str]) -> None:
    """Refuses unknown pictures that the classes have too, by the digests of their pixels.

    Raises:
        SuiteError: If there is one.
    """
    own = {digest: key for digest, key in zip(known_digests, known.keys, strict=True) if digest}
    _refuse_shared("data.unknown", unknown.source, own, zip(unknown.keys, digests, strict=True))


def check_apart(known: Split, unknown: Split, folder: str) -> None:
    """Refuses unknown pictures that the classes have too, by what the model sees of them.

    Args:
        known: The pictures of the classes.
        unknown: The unknown ones, prepared alike.
        folder: Where the latter lie.

    Raises:
        SuiteError: If there is one.
    """
    own = {digest: key for key, digest in _digests(known)}
    _refuse_shared("unknown", folder, own, _digests(unknown))


def _digests(split: Split) -> Iterator[tuple[str, str]]:
    for begin in range(0, len(split), _CHUNK):
        rows = np.arange(begin, min(begin + _CHUNK, len(split)))
        for row, pixels in zip(rows, split.images(rows), strict=True):
            yield split.keys[row], hashlib.sha256(pixels.tobytes()).hexdigest()


def _refuse_shared(key: str, folder: str, known: Mapping[str, str], unknown: Iterable[tuple[str, str]]) -> None:
    shared = [(name, known[digest]) for name, digest in unknown if digest in known]
    if shared:
        count = "1 picture is" if len(shared) == 1 else f"{len(shared)} pictures are"
        raise ArgumentError(
            key,
            f"{count} in '{folder}' and among the classes as well, such as '{shared[0][0]}' and "
            f"'{shared[0][1]}'. Remove one of the two",
        )


def check_classes(source: str, counts: Sequence[int], class_names: Sequence[str], part: str) -> None:
    """Refuses a split that lacks a class, by the number of its pictures of each."""
    absent = [name for name, count in zip(class_names, counts, strict=True) if not count]
    if absent:
        raise SuiteError(
            f"{source}: no picture of class '{absent[0]}' in the {part} split; add some or remove the class"
        )
