"""Explanations: the events of their subjects, read as of a moment, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from ledger.balance import BalanceOpened
from ledger.command import Selector
from ledger.credit import CreditAwarded
from ledger.denial import completion_selectors, why_not_completed
from ledger.event import Entry
from ledger.exclusion import credit_selectors, why_not_counted
from ledger.explanation import Explanation
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.obstacle import why_not_selected
from ledger.placement import placement_selectors, why_not_admitted
from ledger.regulation import Rulebook
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from ledger.selection import SelectOffering
from ledger.store.feed import Feed, Filter

CREDITED = (CreditAwarded, SchoolBasedRecorded, SchoolBasedRecognised, BalanceOpened)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What may be looked at: the ledger up to a position, facts up to a day, and the rules there.

    ``day``: the one that is asked about.
    """

    feed: Feed
    rules: Rulebook
    position: int
    effective: date | None
    day: date

    def entries(self, selectors: Iterable[Selector]) -> list[Entry]:
        """The entries of the selectors, in order."""
        found: dict[int, Entry] = {}
        for selector in selectors:
            wanted = Filter(
                tags=selector.tags,
                types=selector.types,
                before=self.position + 1,
                true_by=self.effective,
                scattered=not selector.rare,
            )
            found.update((each.position, each) for each in self.feed.entries(wanted))
        return [found[position] for position in sorted(found)]

    def told(self, explanation: Explanation) -> Explanation:
        """The explanation, with where it stands and the day that was asked about."""
        return replace(explanation, position=self.position, day=self.day)


def selection(known: Known, teacher: TeacherId, offering: OfferingId) -> Explanation:
    """Why a teacher cannot choose an offering on the day."""
    asked = SelectOffering(teacher=teacher, offering=offering)
    for entry in known.entries(asked.boundary()):
        asked.learn(entry)
    # What lies beyond holds some of what is near; each is learned once, in its order.
    entries = known.entries([*asked.boundary(), *asked.beyond()])
    return known.told(why_not_selected(teacher, offering, entries, known.rules, known.day))


def completion(known: Known, teacher: TeacherId, offering: OfferingId) -> Explanation:
    """Why a training is not completed."""
    entries = known.entries(completion_selectors(teacher, offering))
    return known.told(why_not_completed(teacher, offering, entries, known.rules, known.day))


def admission(
    known: Known, teacher: TeacherId, offering: OfferingId, *, named: bool
) -> Explanation:
    """Why a teacher was not admitted to a class; ``named``: whether others may be named."""
    entries = known.entries(placement_selectors(offering))
    return known.told(why_not_admitted(teacher, offering, entries, known.rules, named=named))


def credit(
    known: Known, teacher: TeacherId, credit: CreditId | None, offering: OfferingId | None
) -> Explanation:
    """Why a credit, or that of an offering, does not count on the day."""
    entries = known.entries(credit_selectors(teacher))
    completed = completion(known, teacher, offering) if offering else None
    return known.told(
        why_not_counted(teacher, credit, offering, entries, known.rules, known.day, completed)
    )


def owner(known: Known, credit: CreditId) -> TeacherId | None:
    """Whose credit it is, or would be; ``None`` for one that nobody has heard of."""
    names = tuple(each.NAME for each in CREDITED)
    for entry in known.entries([Selector(types=names, tags=(str(credit),))]):
        event = entry.event
        if isinstance(event, CREDITED):
            return event.teacher
    return None
