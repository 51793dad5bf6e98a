"""Abreast: appends of a process beside others that write too, which the database itself decides.

Who is to decide has to know what all others wrote: they wait while it has the lock, reads, decides
and writes. An append asks no more than whether something with certain tags came after a position.
So what can be known of a batch beforehand is decided without the lock, and the statement that
writes it looks for the rest: either nothing came that forbids any of it, and all is written after
the head, wherever that is; or nothing is, and the batch goes in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from eventsourcing.dcb.api import DCBAppendCondition
from eventsourcing.persistence import IntegrityError

from ledger.event import leaf_hash
from ledger.regulation import Rulebook
from ledger.store.column import blobs, numbers, texts
from ledger.store.flight import Flight
from ledger.store.insertion import tagged
from ledger.store.reading import hashes
from ledger.store.statements import POSITION_FAR, UNIT, tag_hash
from ledger.store.tray import Row, Tray
from ledger.store.work import Plain, Settled, Work

# After so many turns in which nobody else wrote a process finds out whether it is alone.
TURNS_ALONE = 8


class Abreast:
    """Whether others write too, as far as a process saw, and the batch that it sent beside them."""

    def __init__(self) -> None:
        # Whoever knows nothing begins as if it were alone.
        self._turns_alone = TURNS_ALONE
        # The position that the batch in flight was decided after, and the end of the one before.
        self._after = self._end = 0
        self.flies = False

    def met(self, *, others: bool | None) -> None:
        """Whether others wrote since this process last looked; ``None``: it cannot tell."""
        if others:
            self._turns_alone = 0

    def set_off(self, flight: Flight, batch: Sequence[Work], now: datetime) -> bool:
        """Decides a batch as far as it can be known here, and sends it off.

        ``False``, and nothing was done, where it is not appends that tags decide, or nobody writes
        beside. It is decided as if it followed the last position that any of its conditions has
        seen: what one of the batch writes comes after all that the others saw.
        """
        if self._turns_alone >= TURNS_ALONE or not all(map(_decidable, batch)):
            return False
        self._after = max((seen for _, seen in _conditions(batch)), default=0)
        tray = Tray(self._after, now, Rulebook(), lambda _: None)
        settled = [(work, _decided(work, tray)) for work in batch]
        flight.send_apart(settled, tray.rows, self._given(tray.rows, batch))
        self.flies = True
        return True

    def landed(self, settled: Settled, head: bytes | None) -> Settled:
        """The same after the head that it was written after; ``None``: it was not written."""
        self.flies = False
        if head is None:
            # Where conditions fail it is decided in turn until others write again.
            self._turns_alone = TURNS_ALONE
            return settled
        found = int.from_bytes(head)
        self._turns_alone = self._turns_alone + 1 if found == self._end else 0
        moved = [(work, _moved(answer, found - self._after)) for work, answer in settled]
        self._end = max((answer for _, answer in moved if isinstance(answer, int)), default=found)
        return moved

    def _given(self, rows: Sequence[Row], batch: Sequence[Work]) -> list[bytes]:
        asked = list(_conditions(batch))
        bodies = [row.body for row in rows]
        return [
            b"%d" % self._after,
            rows[0].at.isoformat().encode(),
            texts([row.type for row in rows]),
            texts([UNIT.join(row.tags) for row in rows]),
            blobs(bodies),
            blobs([leaf_hash(body) for body in bodies]),
            *tagged(rows),
            numbers([tag_hash(tags[0]) for tags, _ in asked]),
            texts([hashes(tags) for tags, _ in asked]),
            numbers([seen for _, seen in asked]),
        ]


def _decidable(work: Work) -> bool:
    """Whether tags alone decide of it."""
    if not isinstance(work, Plain) or not work.events:
        return False
    if work.condition is None:
        return True
    items = work.condition.fail_if_events_match.items
    near = _seen(work.condition) <= POSITION_FAR
    return near and bool(items) and all(item.tags for item in items)


def _conditions(batch: Sequence[Work]) -> Iterator[tuple[list[str], int]]:
    """The tags that nothing may have after a position, and the position."""
    for work in batch:
        if isinstance(work, Plain) and work.condition is not None:
            for item in work.condition.fail_if_events_match.items:
                yield item.tags, _seen(work.condition)


def _seen(condition: DCBAppendCondition) -> int:
    return max(condition.after or 0, 0)


def _decided(work: Work, tray: Tray) -> Any:
    assert isinstance(work, Plain)
    try:
        return work.decide(tray)
    except IntegrityError as error:
        return error


def _moved(answer: Any, by: int) -> Any:
    return answer + by if isinstance(answer, int) else answer
