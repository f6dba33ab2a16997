"""Disjoint sets, each of which has a leader (union-find)."""

from typing import Generic, TypeVar

Item = TypeVar("Item")


class DisjointSets(Generic[Item]):
    """Sets of items; an item that was not joined to another is a set of its own."""

    def __init__(self) -> None:
        self._above: dict[Item, Item] = {}

    def find(self, item: Item) -> Item:
        """Returns the leader of an item's set."""
        while (above := self._above.get(item, item)) != item:
            self._above[item] = item = self._above.get(above, above)
        return item

    def join(self, item: Item, other: Item) -> None:
        """Makes one set of two; the leader of `item` leads it."""
        leader, joined = self.find(item), self.find(other)
        if leader != joined:
            self._above[joined] = leader
