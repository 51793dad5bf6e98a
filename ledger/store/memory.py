"""Memory: what the committer has read of selectors, so that a batch reads only what is new.

The ledger only grows and positions are dense, so what was read up to a position stays right for
ever; the next batch asks for the positions after it. Bounded: the least used selector goes first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from itertools import chain
from operator import attrgetter
from typing import Protocol

from ledger.command import Selector
from ledger.event import Entry, decode
from ledger.store.tail import Tail

SELECTORS_MAX = 20_000
ENTRIES_MAX = 200_000


class Fold(Protocol):
    """A fact that follows from the entries of a selector, up to a position."""

    upto: int

    def learn(self, entry: Entry) -> None:
        """Takes in the next entry; one that it knows changes nothing."""


class Recall:
    """The entries of one selector up to a position, and the facts that were folded from them."""

    __slots__ = ("entries", "folds", "upto")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.folds: dict[type[Fold], Fold] = {}
        self.upto = 0


class Memory:
    """Recalls by selector, least used first out."""

    def __init__(self) -> None:
        self._recalls: OrderedDict[Selector, Recall] = OrderedDict()
        self._held = 0

    def recall(self, selector: Selector) -> Recall:
        """What is known of a selector; nothing yet for a new one."""
        found = self._recalls.get(selector)
        if found is None:
            found = self._recalls[selector] = Recall()
        else:
            self._recalls.move_to_end(selector)
        return found

    def add(self, recall: Recall, position: int, body: bytes) -> None:
        """Takes in one more entry of a selector, as it is kept."""
        if not recall.entries or recall.entries[-1].position < position:
            self.take(recall, decode(position, bytes(body), keep=False))

    def take(self, recall: Recall, entry: Entry) -> None:
        """Takes in one more entry of a selector, unless it is known."""
        if not recall.entries or recall.entries[-1].position < entry.position:
            recall.entries.append(entry)
            self._held += 1

    def follow(self, wanted: Iterable[Selector], tail: Tail | None, head: int) -> None:
        """Brings what is known of selectors up to the head, where the tail goes back so far."""
        if tail is None:
            return
        for selector in wanted:
            recall = self.recall(selector)
            if tail.floor <= recall.upto < head:
                for entry in tail.entries(selector, recall.upto):
                    self.take(recall, entry)
                recall.upto = head

    def passes(self, wanted: Iterable[Selector], position: int) -> bool:
        """Whether of any selector an entry after a position is known."""
        recalls = map(self.recall, wanted)
        return any(each.entries and each.entries[-1].position > position for each in recalls)

    def fold(self, selector: Selector, kind: type[Fold], newer: Iterable[Entry]) -> Fold:
        """A fact of a selector's entries and of those on the tray; it is shared, so only read."""
        recall = self.recall(selector)
        found = recall.folds.get(kind)
        if found is None:
            found = recall.folds[kind] = kind()
        start = bisect_right(recall.entries, found.upto, key=_POSITION)
        for entry in chain(recall.entries[start:], newer):
            found.learn(entry)
        return found

    def unfold(self, position: int) -> None:
        """Drops the facts that know of entries after a position, which were taken back."""
        for recall in self._recalls.values():
            for kind in [kind for kind, each in recall.folds.items() if each.upto > position]:
                del recall.folds[kind]

    def trim(self) -> None:
        """Drops the least used selectors beyond the bounds."""
        while len(self._recalls) > SELECTORS_MAX or self._held > ENTRIES_MAX:
            _, gone = self._recalls.popitem(last=False)
            self._held -= len(gone.entries)

    def forget(self) -> None:
        """Drops everything, after a batch whose fate is unknown."""
        self._recalls.clear()
        self._held = 0


_POSITION = attrgetter("position")
