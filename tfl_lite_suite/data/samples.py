"""What readers, the cache and the splits share: labelled pictures before and after preparation."""

import dataclasses
import math
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.core.types import Array

PARTS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Listing:
    """Every picture of a source, in an order that does not depend on the file system; nothing is decoded yet.

    Attributes:
        source: What the user called it, for messages.
        class_names: One name a class.
        keys: Names the picture in messages and reports, such as its relative path.
        labels: Index into `class_names`, int64 `(n,)`; of several labels the rarest, and −1 for none.
        parts: Ready-made split of each picture: `train`, `validation`, `test`, or empty where the source has none.
        fingerprint: Changes when any picture may have changed; names the prepared cache.
        read: Returns the encoded bytes of picture `i`, or its decoded grey or RGB pixels, uint8 `(height, width, c)`.
        notes: What a user should know about the source.
        targets: Which classes each picture shows, bool `(n, classes)`; `None` where every picture shows one.
    """

    source: str
    class_names: tuple[str, ...]
    keys: tuple[str, ...]
    labels: Array
    parts: tuple[str, ...]
    fingerprint: str
    read: Callable[[int], bytes | Array]
    notes: tuple[str, ...] = ()
    targets: Array | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def part_indices(self, part: str) -> Array:
        """Returns the indices of the pictures in a ready-made split, int64."""
        return np.flatnonzero(np.asarray(self.parts) == part)

    def subset(self, indices: Array) -> "Listing":
        """Returns a listing of some of the pictures, in the order of `indices`."""
        chosen = [int(index) for index in indices]
        read = self.read
        return dataclasses.replace(
            self,
            keys=tuple(self.keys[index] for index in chosen),
            labels=self.labels[chosen],
            parts=tuple(self.parts[index] for index in chosen),
            fingerprint=f"{self.fingerprint} {chosen}",
            read=lambda index: read(chosen[index]),
            targets=None if self.targets is None else self.targets[chosen],
        )


class Split:
    """Prepared pictures with labels, in a fixed order, read at random.

    Attributes:
        notes: What a user should know of where they come from.
    """

    notes: tuple[str, ...] = ()

    def __init__(
        self,
        fetch: Callable[[Array], Array],
        rows: Array,
        labels: Array,
        keys: Sequence[str],
        num_classes: int,
        targets: Array | None = None,
        balanced: bool = False,
    ) -> None:
        """Makes a split.

        Args:
            fetch: Returns prepared pictures `(n, height, width, channels)`, uint8, by their place in the source.
            rows: Place in the source of each picture of this split, int64 `(n,)`.
            labels: Class index of each, int64 `(n,)`; of several labels the rarest, and −1 for none.
            keys: Name of each.
            num_classes: Number of classes, of which some may be absent here.
            targets: Which classes each shows, bool `(n, num_classes)`; `None` where every picture shows one.
            balanced: Whether an epoch of training shows every class equally often.
        """
        self._fetch = fetch
        self._rows = np.asarray(rows, np.int64)
        self.labels = np.asarray(labels, np.int64)
        self.keys = tuple(keys)
        self.num_classes = num_classes
        self.targets = targets
        self.balanced = balanced

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Number of pictures of each class; a picture of several counts for each."""
        if self.targets is not None:
            return tuple(int(count) for count in self.targets.sum(axis=0))
        known = self.labels[self.labels >= 0]
        return tuple(int(count) for count in np.bincount(known, minlength=self.num_classes))

    def one_hot(self, indices: Sequence[int] | Array | None = None) -> Array:
        """Returns 1 for each class that a picture shows, else 0: float32 `(n, num_classes)`; all pictures if absent."""
        chosen = slice(None) if indices is None else np.asarray(indices, np.int64)
        if self.targets is not None:
            return self.targets[chosen].astype(np.float32)
        return (self.labels[chosen, None] == np.arange(self.num_classes)).astype(np.float32)

    def epoch_order(self, seed: int, epoch: int) -> Array:
        """Returns the places of the pictures that an epoch shows, one after the other, int64 `(n,)`.

        Every picture once; or, if the split is `balanced`, every class equally often, its pictures in turn.
        """
        random = np.random.default_rng([seed, epoch])
        if not self.balanced:
            return random.permutation(len(self))
        own = [np.flatnonzero(self.labels == label) for label in np.unique(self.labels)]
        shares = np.bincount(random.permutation(len(self)) % len(own), minlength=len(own))
        drawn = [_in_turn(places, count, random) for places, count in zip(own, shares, strict=True)]
        return random.permutation(np.concatenate(drawn))

    def images(self, indices: Sequence[int] | Array) -> Array:
        """Returns prepared pictures.

        Args:
            indices: Places in this split, `(n,)`, each from 0 to `len(self) - 1`.

        Returns:
            `(n, height, width, channels)`, uint8 in [0, 255].
        """
        return self._fetch(self._rows[np.asarray(indices, np.int64)])

    def sample(self, count: int, seed: int) -> Array:
        """Returns pictures of `evenly`, uint8 `(min(count, n), height, width, channels)`."""
        return self.images(self.evenly(count, seed))

    def evenly(self, count: int, seed: int) -> Array:
        """Draws pictures without replacement, as many of each class as there are, up to an equal share.

        Returns:
            Their places, int64 `(min(count, n),)`, ascending.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        turn = np.empty(len(self), np.int64)
        for label in np.unique(self.labels):
            own = order[self.labels[order] == label]
            turn[own] = np.arange(len(own))
        return np.sort(order[np.argsort(turn[order], kind="stable")[:count]])

    def subset(self, indices: Sequence[int] | Array) -> "Split":
        """Returns a split of some of the pictures, in the order of `indices`."""
        chosen = np.asarray(indices, np.int64)
        keys = [self.keys[index] for index in chosen]
        targets = None if self.targets is None else self.targets[chosen]
        return Split(
            self._fetch, self._rows[chosen], self.labels[chosen], keys, self.num_classes, targets, self.balanced
        )

    def joined(self, other: "Split") -> "Split":
        """Returns these pictures, and behind them those of another split with the same classes."""
        count, targets = len(self), None
        if self.targets is not None and other.targets is not None:
            targets = np.concatenate([self.targets, other.targets])

        def fetch(places: Array) -> Array:
            first = np.flatnonzero(places < count)
            second = np.flatnonzero(places >= count)
            parts = [
                split.images(own) for split, own in ((self, places[first]), (other, places[second] - count)) if len(own)
            ]
            order = np.argsort(np.concatenate([first, second]))
            return np.concatenate(parts or [self.images([])])[order]

        keys, labels = (*self.keys, *other.keys), np.concatenate([self.labels, other.labels])
        return Split(fetch, np.arange(len(keys)), labels, keys, self.num_classes, targets, self.balanced)


def _in_turn(places: Array, count: int, random: np.random.Generator) -> Array:
    """Draws `count` of `places`, each as often as any other, but for one."""
    rounds = [random.permutation(places) for _ in range(-(-count // len(places)))]
    return np.concatenate(rounds)[:count]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A source cut into three splits.

    Attributes:
        class_names: One name a class, in the order of the logits.
        contract: How pictures are prepared; its labels are `class_names`.
        train: Pictures to train on.
        validation: Pictures to choose the best epoch by; may be empty if the recipe wants none.
        test: Pictures for the final figures; may be empty if the recipe wants none.
        notes: Class counts, skipped files, duplicates and what else a user should know.
        unknown: Pictures that are none of the classes, with labels −1; `None` where the recipe names no folder.
    """

    class_names: tuple[str, ...]
    contract: Contract
    train: Split
    validation: Split
    test: Split
    notes: list[str]
    unknown: Split | None = None


def contract_for(data: Data, labels: Sequence[str]) -> Contract:
    """Returns the preprocessing contract that a recipe asks for.

    Args:
        data: The recipe's `data` section.
        labels: Class names, in the order of the logits.
    """
    height, width = data.size
    return Contract(
        height=height,
        width=width,
        channels=3 if data.color == "rgb" else 1,
        resize_height=math.floor(height / data.crop_fraction + 0.5),
        resize_width=math.floor(width / data.crop_fraction + 0.5),
        fit=data.fit,
        contrast=data.contrast,
        labels=tuple(labels),
    )


def class_indices(listing: Listing, labels: Sequence[str]) -> Array:
    """Maps a source's classes to a model's.

    By name where every class name is one of the labels; else the class name is the index itself where all are whole
    numbers in range; else in sorted order where the source has as many classes as the model.

    Args:
        listing: The source.
        labels: The model's class names; a model without names gives `("0", "1", …)`.

    Returns:
        The model's index of each of `listing.class_names`, int64.

    Raises:
        SuiteError: If none of these fits.
    """
    names = listing.class_names
    # Labels of others may be in another Unicode form than the names, which are composed.
    labels = [unicodedata.normalize("NFC", label) for label in labels]
    places = {label: place for place, label in reversed(list(enumerate(labels)))}
    if set(names) <= set(places):
        return np.array([places[name] for name in names], np.int64)
    if all(name.isascii() and name.isdigit() and int(name) < len(labels) for name in names):
        return np.array([int(name) for name in names], np.int64)
    if len(names) == len(labels) and not set(names) & set(labels):
        return np.arange(len(names), dtype=np.int64)
    strange = sorted(set(names) - set(labels))
    raise SuiteError(
        f"{listing.source}: its classes do not match the model's. Not a label of the model: {_some(strange)}. "
        f"Labels: {_some(labels)}. Name the folders as the labels, or by index from 0 to {len(labels) - 1}"
    )


def order_notes(listing: Listing, labels: Sequence[str]) -> list[str]:
    """Returns a warning where classes stand for labels of other names, by their order alone."""
    names = listing.class_names
    numbered = list(labels) == [str(place) for place in range(len(labels))]
    if numbered or set(names) & {unicodedata.normalize("NFC", label) for label in labels}:
        return []
    if all(name.isascii() and name.isdigit() and int(name) < len(labels) for name in names):
        return []
    return [
        f"warning: no class of '{listing.source}' is a label of the model: taken in sorted order, '{names[0]}' as "
        f"'{labels[0]}', '{names[-1]}' as '{labels[-1]}'. Name the folders as the labels if that is wrong"
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:8]) + (f", … ({len(names)} in all)" if len(names) > 8 else "")
