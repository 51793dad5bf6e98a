"""What was known of a teacher at a moment: the two ends of a difference."""

from __future__ import annotations

from datetime import date

from ledger.difference import Known
from ledger.store.feed import Filter
from projections.catalogue import RECORDS
from projections.reader import Reader
from projections.verdict import Rules


def known(
    reader: Reader, rules: Rules, teacher: str, position: int, effective: date | None, day: date
) -> Known:
    """What the ledger knew of a teacher at a position, of facts true up to a day."""
    own = Filter(
        tags=RECORDS.tags(teacher),
        types=tuple(sorted(RECORDS.types)),
        before=position + 1,
        true_by=effective,
    )
    return Known(
        position=position,
        entries=tuple(reader.feed.entries(own)),
        regulations=rules.entries(position),
        day=day,
    )
