"""Thresholds of the classes, one label a picture, that keep to all wishes at once as far as they can be kept.

One class after the other takes the best of all thresholds that change any answer, the others being fixed: pictures are
sorted by the greatest threshold with which they get this class, and what each wish loses or gains is added up in this
order. That is repeated until nothing changes, from several beginnings. No randomness beyond a fixed seed.
"""

import dataclasses
import functools

import numpy as np

from tfl_lite_suite.core.types import Array

# A threshold taken from a picture must be reached by that picture in spite of rounding.
BELOW = 1 - 1e-9
LEAST = 1e-9
_PASSES = 8
# Of more probabilities than this, so few beginnings and passes are tried that it takes seconds.
_MANY, _STARTS_OF_MANY, _PASSES_OF_MANY = 500_000, 2, 3
_LOWERED = (0.1, 0.01, 0.001)
_DRAWN = 4
_SAME = 1e-12


@dataclasses.dataclass(frozen=True)
class Goal:
    """What thresholds should reach on labelled pictures.

    Attributes:
        chances: Probability of each class, `(n, classes)`; 0 where it is NaN and in pictures that are rejected.
        labels: Class of each picture, int64 `(n,)`.
        needed: Pictures of each class that should be answered with it, `(classes,)`; 0 where nothing is wished.
        allowed: Pictures of other classes that may be answered with each class, `(classes,)`; `n` where all may.
        costs: Cost of each true class and answer, `(classes, classes + 1)`, the last column for none of these; absent
            where thresholds should stay as near as possible to where they begin.
    """

    chances: Array
    labels: Array
    needed: Array
    allowed: Array
    costs: Array | None = None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.chances.shape[1])

    @functools.cached_property
    def counts(self) -> Array:
        """Pictures of each class."""
        return np.bincount(self.labels, minlength=self.classes)

    def missed(self, hits: Array, label: Array | int) -> Array:
        """Returns the share of a class's pictures that is missing, by how many of them are found."""
        return np.asarray(np.maximum(self.needed[label] - hits, 0) / np.maximum(self.counts[label], 1))

    def exceeded(self, alarms: Array, label: Array | int) -> Array:
        """Returns the share of other pictures that is too much, by how many are answered with a class."""
        others = len(self.labels) - self.counts[label]
        return np.asarray(np.maximum(alarms - self.allowed[label], 0) / np.maximum(others, 1))


@dataclasses.dataclass(frozen=True, order=True)
class Reached:
    """How far thresholds are from a goal; less is better, the first before the next.

    Attributes:
        missed: Sum over the classes of the share that is missing of a wished recall.
        exceeded: Sum over the classes of the share of false alarms beyond what is allowed.
        cost: Mean cost of an answer; without costs the share of wrong ones.
        moved: How far thresholds are from where they began, in steps of a factor of e.
    """

    missed: float
    exceeded: float
    cost: float
    moved: float

    @property
    def kept(self) -> bool:
        """Whether every wish is kept."""
        return self.missed <= _SAME and self.exceeded <= _SAME


def best(goal: Goal, begin: Array, movable: Array) -> Array:
    """Returns the best thresholds found.

    Args:
        goal: What they should reach.
        begin: Where the search begins, `(classes,)`, each from 1e-9 to 1.
        movable: Classes whose thresholds may change, int64. Where the wishes cannot be kept with these alone, but can
            with all classes, all may.
    """
    found, reached = _best_of(goal, begin, movable, _beginnings(goal, begin, movable))
    if reached.kept or len(movable) == goal.classes:
        return found
    every = np.arange(goal.classes)
    wider, of_wider = _best_of(goal, begin, every, [found, begin])
    return wider if of_wider.kept else found


def _best_of(goal: Goal, begin: Array, movable: Array, starts: list[Array]) -> tuple[Array, Reached]:
    found: list[tuple[Reached, int, Array]] = []
    many = goal.chances.size > _MANY
    for start in starts[:_STARTS_OF_MANY] if many else starts:
        state = _State(goal, start)
        for _ in range(_PASSES_OF_MANY if many else _PASSES):
            if not [index for index in movable if state.improve(int(index), float(begin[index]))]:
                break
        found.append((state.reached(begin), len(found), state.least))
        if goal.costs is None and found[0][0].kept:
            break
    reached, _, least = min(found, key=lambda item: item[:2])
    return least, reached


def _beginnings(goal: Goal, begin: Array, movable: Array) -> list[Array]:
    """Returns where to begin: as given, with wished classes lowered, with limited ones raised, and a few at random."""
    wished, limited = goal.needed > 0, goal.allowed < len(goal.labels)
    starts, random = [begin], np.random.default_rng(0)
    starts += [np.where(limited & chosen, 1.0, begin) for chosen in (limited, ~wished) if (limited & chosen).any()]
    if wished.any():
        starts += [np.where(wished, np.maximum(begin * factor, LEAST), begin) for factor in _LOWERED]
    for _ in range(_DRAWN):
        drawn = begin.copy()
        drawn[movable] *= np.exp(random.normal(0, 1, len(movable)))
        starts.append(np.clip(drawn, LEAST, 1.0))
    return starts


class _State:
    """Thresholds, and which two classes gain most in each picture with them."""

    def __init__(self, goal: Goal, least: Array) -> None:
        self.goal, self.least = goal, least.copy()
        self._gains = np.where(goal.chances >= least, goal.chances / least, 0.0)
        self._first, self._second = (np.zeros(len(goal.labels), np.int64) for _ in range(2))
        self._rank(np.arange(len(goal.labels)))

    def _rank(self, rows: Array) -> None:
        gains = self._gains[rows]
        self._first[rows] = gains.argmax(axis=1)
        gains[np.arange(len(rows)), self._first[rows]] = -1.0
        self._second[rows] = gains.argmax(axis=1) if gains.shape[1] > 1 else -1

    def answers(self, without: int = -1) -> tuple[Array, Array]:
        """Returns the answer to each picture, `classes` for none, and its gain; were it not for one class."""
        chosen = np.where(self._first == without, self._second, self._first)
        gain = np.where(chosen >= 0, self._gains[np.arange(len(chosen)), chosen], 0.0)
        return np.where(gain > 0, chosen, self.goal.classes), gain

    def reached(self, begin: Array) -> Reached:
        """Returns how far the thresholds are from the goal."""
        goal, answers = self.goal, self.answers()[0]
        hits, alarms = _counts(goal, answers)
        every = np.arange(goal.classes)
        cost = (answers != goal.labels) if goal.costs is None else goal.costs[goal.labels, answers]
        moved = float(np.abs(np.log(self.least / begin)).sum())
        return Reached(
            float(goal.missed(hits, every).sum()), float(goal.exceeded(alarms, every).sum()), float(cost.mean()), moved
        )

    def improve(self, index: int, preferred: float) -> bool:
        """Gives a class its best threshold, of equally good ones the nearest to a preferred one; whether it changed."""
        others, rival = self.answers(without=index)
        own = self.goal.chances[:, index]
        # The greatest threshold with which a picture gets the class.
        reach = np.where(rival > 0, np.minimum(own, own / np.maximum(rival, 1e-300)), own)
        order = np.flatnonzero(reach > LEAST)
        order = order[np.argsort(-reach[order], kind="stable")]
        ends = np.append(reach[order], 0.0)
        # Of equal reaches all or none get the class.
        cuts = np.flatnonzero(np.append(True, ends[:-1] > ends[1:]))
        for values in self._by_count(index, order, others):
            least = values[cuts].min()
            cuts = cuts[values[cuts] <= least + _SAME]
        high = np.where(cuts > 0, ends[cuts - 1] * BELOW, 1.0)
        low = np.nextafter(ends[cuts], 1.0) / BELOW
        placed = np.clip(preferred, np.minimum(low, high), high)
        if self.goal.costs is not None and not self._wished(index):
            # Halfway generalizes better than a threshold at a picture.
            placed = np.sqrt(np.maximum(low, LEAST) * high)
        placed = np.clip(placed, LEAST, 1.0)
        chosen = float(placed[np.abs(np.log(placed / preferred)).argmin()])
        if chosen == self.least[index]:
            return False
        self._set(index, chosen)
        return True

    def _wished(self, index: int) -> bool:
        return bool(self.goal.needed[index] > 0 or self.goal.allowed[index] < len(self.goal.labels))

    def _set(self, index: int, threshold: float) -> None:
        own, rows = self.goal.chances[:, index], np.arange(len(self.goal.labels))
        gain = np.where(own >= threshold, own / threshold, 0.0)
        second = self._gains[rows, self._second]
        self.least[index], self._gains[:, index] = threshold, gain
        self._rank(np.flatnonzero((self._first == index) | (self._second == index) | (gain >= second)))

    def _by_count(self, index: int, order: Array, others: Array) -> tuple[Array, ...]:
        """Returns what is missed, exceeded and paid if the first 0, 1, … pictures of an order get a class."""
        goal = self.goal
        hits, alarms = _counts(goal, others)
        truth, before = goal.labels[order], others[order]
        own = np.append(0, np.cumsum(truth == index))
        missed = goal.missed(own, index)
        exceeded = goal.exceeded(np.arange(len(own)) - own, index)
        for right, counts, figure, sums in (
            (True, hits, goal.missed, missed),
            (False, alarms, goal.exceeded, exceeded),
        ):
            events = np.flatnonzero((before < goal.classes) & ((truth == before) == right))
            classes = before[events]
            taken = counts[classes] - _occurrence(classes)
            change = figure(taken - 1, classes) - figure(taken, classes)
            sums[1:] += np.cumsum(np.bincount(events, change, len(order)))
        if goal.costs is None:
            return missed, exceeded
        change = goal.costs[truth, index] - goal.costs[truth, before]
        return missed, exceeded, np.append(0.0, np.cumsum(change)) / len(goal.labels)


def _counts(goal: Goal, answers: Array) -> tuple[Array, Array]:
    """Returns how many pictures of each class are answered with it, and how many others are."""
    right = answers == goal.labels
    return (
        np.bincount(answers[right], minlength=goal.classes)[: goal.classes],
        np.bincount(answers[~right], minlength=goal.classes + 1)[: goal.classes],
    )


def _occurrence(keys: Array) -> Array:
    """Returns how many equal keys are in front of each."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    first = np.searchsorted(ranked, ranked)
    found = np.empty(len(keys), np.int64)
    found[order] = np.arange(len(keys)) - first
    return found
