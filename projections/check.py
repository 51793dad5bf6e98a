"""Checks by name: whether the ledger and all that stands on it is what it must be.

Codes are for ever. All checks of entries share one reading of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.store.feed import Feed
from ledger.store.kept import Kept
from projections.check_access import Accesses
from projections.check_block import Blocks
from projections.check_desk import Reconciled, SignedOff, TakenIn
from projections.check_entry import (
    Bodies,
    Hashes,
    Positions,
    Sealed,
    TagsComplete,
    Times,
)
from projections.check_erasure import Erased
from projections.check_reference import Causes, Corrections, RuleIds
from projections.check_search import Search
from projections.check_store import Answers, Guards, Ids, Seats, TagsNeeded
from projections.check_view import Stopped, Views
from projections.inspection import (
    Books,
    Check,
    EntryCheck,
    Noted,
    Pool,
    Problem,
    Told,
    WholeCheck,
    unnoted,
)

CHECKS: tuple[type[Check], ...] = (
    Guards,
    Positions,
    Hashes,
    Bodies,
    Times,
    Causes,
    Corrections,
    RuleIds,
    TagsComplete,
    Sealed,
    Erased,
    Ids,
    TagsNeeded,
    Blocks,
    Answers,
    Seats,
    Accesses,
    Stopped,
    Views,
    Search,
    SignedOff,
    Reconciled,
    TakenIn,
)
NAMES = tuple(each.name for each in CHECKS)
SEALED = frozenset({Reconciled.name, TakenIn.name})
"""Those that need the key of the vault."""


def _quiet(what: str, done: int, total: int) -> None:
    """Tells nobody."""


def check(
    pool: Pool,
    feed: Feed,
    names: Sequence[str] = (),
    told: Told = _quiet,
    kept: Kept | None = None,
    noted: Noted = unnoted,
) -> Iterator[Problem]:
    """The problems that the named checks find, or all checks, up to the present head.

    ``kept``: opens what lies sealed; without it that is not looked at. ``noted``: hears of what
    cannot be proved any more, since an erasure destroyed it.
    """
    books = Books(pool, feed, feed.head(), told, kept, noted)
    chosen = [each() for each in CHECKS if not names or each.name in names]
    of_entries = [each for each in chosen if isinstance(each, EntryCheck)]
    if of_entries:
        for rows in books.rows():
            for each in of_entries:
                yield from each.look(books, rows)
    for whole in chosen:
        if isinstance(whole, WholeCheck):
            yield from whole.run(books)
