"""Cautions: read from the teacher's own events and those of the classes that are not settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.attendance import ATTENDANCE_EVENTS
from ledger.caution import Caution, of_absence, of_cycle
from ledger.completion import COMPLETION_EVENTS
from ledger.credit import CreditAwarded
from ledger.enrollment import ENROLLMENT_EVENTS, EnrollmentConfirmed
from ledger.event import Entry, Event
from ledger.extent import EXTENT_EVENTS
from ledger.footing import footing
from ledger.names import OfferingId, TeacherId
from ledger.offering import OFFERING_EVENTS
from ledger.prospect import Attending, Prospects
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from ledger.store.feed import Filter
from projections.reader import Reader
from projections.verdict import Judged, Rules

OWN: tuple[type[Event], ...] = (
    *ENROLLMENT_EVENTS,
    *ATTENDANCE_EVENTS,
    *COMPLETION_EVENTS,
    CreditAwarded,
    SchoolBasedRecorded,
    SchoolBasedRecognised,
)


def cautions(
    reader: Reader, rules: Rules, found: Judged, effective: date | None = None
) -> list[Caution]:
    """The warnings to a teacher as of where the record stands."""
    record, verdict, book = found.record, found.verdict, rules.at(found.position)
    base = footing(record, book, found.day)
    if verdict is None or base is None or record.place is None:
        return []
    prospects = begun(reader, record.teacher, found.position, effective)
    return [
        *of_absence(book, prospects.attending),
        *of_cycle(book, record.place, base, verdict, prospects),
    ]


def begun(reader: Reader, teacher: TeacherId, known: int, effective: date | None) -> Prospects:
    """The trainings of a teacher that are not settled or not credited."""
    prospects = Prospects()
    entries = list(_read(reader, str(teacher), OWN, known, effective))
    classes: dict[OfferingId, Attending] = {
        each.event.offering: Attending(teacher)
        for each in entries
        if isinstance(each.event, EnrollmentConfirmed)
    }
    for entry in entries:
        prospects.learn(entry)
        own = classes.get(getattr(entry.event, "offering", OfferingId("offering:none")))
        if own is not None:
            own.learn(entry)
    for offering, own in classes.items():
        if own.standing.denied or own.credited:
            continue
        for entry in _read(
            reader, str(offering), (*OFFERING_EVENTS, *EXTENT_EVENTS), known, effective
        ):
            own.learn(entry)
        prospects.attending.append(own)
    return prospects


def _read(
    reader: Reader, tag: str, types: tuple[type[Event], ...], known: int, effective: date | None
) -> Iterable[Entry]:
    wanted = Filter(
        tags=(tag,),
        types=tuple(sorted({each.NAME for each in types})),
        before=known + 1,
        true_by=effective,
    )
    return reader.feed.entries(wanted)
