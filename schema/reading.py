"""Reading: what one reader of the stream of changes wants, with its arguments looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.event import Entry
from ledger.store.feed import Filter
from projections.search import Sought


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is wanted of the stream.

    ``wanted`` lies within the reader's reach, ``sought`` is what no filter of the feed can tell,
    ``size`` the most entries of a batch, ``start`` the position after which it begins.
    """

    wanted: Filter
    sought: Sought | None
    size: int
    start: int

    def batches(
        self, entries: Sequence[Entry], reached: int
    ) -> Iterator[tuple[int, Sequence[Entry]]]:
        """Entries that the filter admits, cut into batches, each with the position it reaches.

        The last reaches ``reached``; where nothing is sought among them, it is empty.
        """
        sought = self.sought
        kept = entries if sought is None else [each for each in entries if sought.admits(each)]
        for first in range(0, max(len(kept), 1), self.size):
            batch = kept[first : first + self.size]
            last = first + self.size >= len(kept)
            yield (reached if last else batch[-1].position), batch
