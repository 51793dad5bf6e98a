"""The ledger's side of a comparison: all that it holds of a bureau's teachers, read in bulk.

Records come from the stored view; those that moved on since the position are folded again from
their own events, and so are all where a day lies in the past. Whoever never worked within the
place is absent, also where a sheet names them; of those who left, what was credited elsewhere is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from msgspec import structs

from ledger.attendance import ATTENDANCE_EVENTS, AttendanceRecorded
from ledger.claim import Terms
from ledger.completion import CompletionDenied, CompletionGranted
from ledger.event import Entry, Event
from ledger.holding import AHEAD_EVENTS, ASIDE_EVENTS, Holding, Training, training_of
from ledger.names import JurisdictionId, OfferingId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom
from ledger.record import Line, Record
from ledger.regulation import Rulebook
from ledger.store.feed import Filter
from ledger.teacher import TeacherTransferred, stay_on
from projections.catalogue import RECORDS, SCHOOLS
from projections.reader import Reader, Where
from projections.snapshot import Snapshot
from projections.verdict import Rules

# So many subjects are asked for at once; the events of each carry few tags.
SUBJECTS_AT_ONCE = 200
FOLDED_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a sheet is held against: the terms with their position, the teachers, the rules."""

    terms: Terms
    holdings: dict[TeacherId, Holding]
    rules: Rulebook
    schools: dict[SchoolId, str]


@dataclass
class _Side:
    """What is read for one comparison."""

    reader: Reader
    terms: Terms
    places: tuple[str, ...] | None
    entries: dict[TeacherId, list[Entry]] = field(default_factory=dict)
    ahead: dict[TeacherId, list[Entry]] = field(default_factory=dict)
    attendance: dict[TeacherId, list[Entry]] = field(default_factory=dict)

    def within(self, place: JurisdictionId | None) -> bool:
        """Whether a place is that of the bureau, or lies in it."""
        return place is not None and self.terms.place.covers(place)

    def movers(self) -> set[TeacherId]:
        """Those who ever moved into the place, within it or away from it, up to the present.

        The stored records say where a teacher is now: who left since the position is found by this.
        """
        wanted = Filter(types=(TeacherTransferred.NAME,), any_tags=self.places)
        return {
            entry.event.teacher
            for entry in self.reader.feed.entries(wanted)
            if isinstance(entry.event, TeacherTransferred)
        }

    @property
    def _seen(self) -> int:
        return self.terms.seen or self.terms.position

    def records(
        self, stored: Mapping[str, Record], others: Iterable[TeacherId]
    ) -> dict[str, Record]:
        """The records as of the terms, of those here by the view and of others by name."""
        found: dict[str, Record] = dict(stored)
        missing = sorted({*others} - found.keys())
        found |= self.reader.many(RECORDS, missing)
        known, effective = self.terms.position, self.terms.effective
        stale = sorted(key for key, each in found.items() if effective or each.position > known)
        for keys in _portions(stale, FOLDED_AT_ONCE):
            folded = Snapshot(self.reader.feed, known, effective).many(RECORDS, keys)
            for key in keys:
                if key in folded:
                    found[key] = folded[key]
                else:
                    del found[key]
        return found

    def reached(self, record: Record) -> bool:
        """Whether the teacher works within the place, or ever did."""
        return any(self.within(stay.place) for stay in record.stays)

    def to_come(self, missing: Iterable[TeacherId]) -> dict[str, Record]:
        """The later records of those of whom the ledger knew nothing yet at the moment."""
        if self._seen <= self.terms.position and self.terms.effective is None:
            return {}
        found: dict[str, Record] = {}
        for keys in _portions(sorted(map(str, missing)), FOLDED_AT_ONCE):
            found |= Snapshot(self.reader.feed, self._seen, None).many(RECORDS, keys)
        return {key: each for key, each in found.items() if self.reached(each)}

    def read(self, records: Mapping[str, Record]) -> None:
        """Reads what records do not keep, and what came after the moment."""
        known, effective = self.terms.position, self.terms.effective
        asked: list[str] = sorted(records)
        aside = Filter(types=_names(ASIDE_EVENTS), before=known + 1, true_by=effective)
        for entry in self._of(aside, asked):
            self._put(self.entries, entry)
        denied = sorted(
            str(teacher)
            for teacher, own in self.entries.items()
            if any(isinstance(each.event, CompletionDenied) for each in own)
        )
        granted = replace(aside, types=(CompletionGranted.NAME,))
        for entry in self._of(granted, denied):
            self._put(self.entries, entry)
        for own in self.entries.values():
            own.sort(key=lambda each: each.position)
        lacked = {key for key, each in records.items() if any(_lessened(e) for e in each.lines)}
        self._attended(replace(aside, types=_names(ATTENDANCE_EVENTS)), sorted(lacked | {*denied}))
        late = Filter(types=_names(AHEAD_EVENTS), before=self._seen + 1)
        later: dict[int, Entry] = {}
        if self._seen > known:
            later |= {e.position: e for e in self._of(replace(late, after=known), asked)}
        if effective is not None:
            known_later = (e for e in self._of(late, asked) if e.effective_on > effective)
            later |= {e.position: e for e in known_later}
        for position in sorted(later):
            self._put(self.ahead, later[position])

    def _attended(self, wanted: Filter, teachers: list[str]) -> None:
        """Reads from which attendance the hours follow that some teachers missed."""
        found: dict[TeacherId, dict[int, Entry]] = {TeacherId(each): {} for each in teachers}
        for entry in self._of(wanted, teachers):
            event = entry.event
            absent = event.absences if isinstance(event, AttendanceRecorded) else (event,)
            for each in absent:
                own = found.get(getattr(each, "teacher", TeacherId("teacher:none")))
                if own is not None:
                    own[entry.position] = entry
        for teacher, own in found.items():
            self.attendance[teacher] = [own[position] for position in sorted(own)]

    def _of(self, wanted: Filter, subjects: list[str]) -> Iterator[Entry]:
        for names in _portions(subjects, SUBJECTS_AT_ONCE):
            own = replace(wanted, any_tags=tuple(names), scattered=True)
            yield from self.reader.feed.entries(own)

    def _put(self, held: dict[TeacherId, list[Entry]], entry: Entry) -> None:
        teacher = getattr(entry.event, "teacher", None)
        if isinstance(teacher, TeacherId):
            held.setdefault(teacher, []).append(entry)

    def trainings(self) -> dict[OfferingId, Training]:
        """The classes that somebody did not complete."""
        names = {
            str(offering)
            for own in self.entries.values()
            for each in own
            if not hasattr(each.event, "credit")
            and (offering := getattr(each.event, "offering", None))
        }
        rooms = {name: ClassRoom() for name in names}
        wanted = Filter(
            types=_names(OFFERING_EVENTS),
            before=self.terms.position + 1,
            true_by=self.terms.effective,
        )
        for entry in self._of(wanted, sorted(names)):
            for tag in entry.tags:
                if tag in rooms:
                    rooms[tag].learn(entry)
        found = (training_of(OfferingId(name), room) for name, room in rooms.items())
        return {each.offering: each for each in found}

    def own(self, record: Record) -> Record:
        """The record as far as the bureau sees it: of one who is elsewhere, what it credited."""
        if self.within(record.at(self.terms.day).place):
            return record
        lines = [each for each in record.lines if self.within(each.place)]
        return structs.replace(record, lines=lines)

    def visible(self, record: Record, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Those of the entries that the bureau sees of a teacher: what was done while here."""
        return tuple(
            each
            for each in entries
            if (stay := stay_on(record.stays, each.on)) is None or self.within(stay.place)
        )


def basis(
    reader: Reader,
    rules: Rules,
    terms: Terms,
    *,
    places: tuple[str, ...] | None = None,
    school: SchoolId | None = None,
    named: Iterable[TeacherId] = (),
    alike: Mapping[TeacherId, tuple[TeacherId, ...]] | None = None,
) -> Basis:
    """What the ledger holds for a bureau, on the terms; position 0 is the present.

    ``places``: those of the bureau, without which it is the whole province. ``school``: only the
    teachers of a school, and those ``named``. ``alike``: ids that may be of one person.
    """
    where = Where().and_among(place=places).and_equal(school=school)
    with reader.stream(RECORDS, where) as (stands, rows):
        stored = dict(rows)
    if not terms.position:
        terms = structs.replace(terms, position=stands)
    if terms.seen is not None and terms.seen <= terms.position:
        terms = structs.replace(terms, seen=None)
    side = _Side(reader, terms, places)
    movers = side.movers()
    wanted = {*named}
    records = {
        key: each
        for key, each in side.records(stored, {*movers, *wanted}).items()
        if side.reached(each) and (key in wanted or _of_sheet(each, terms.day, terms.place, school))
    }
    later = side.to_come(wanted - {TeacherId(key) for key in records})
    records |= {key: Record(teacher=each.teacher) for key, each in later.items()}
    side.read(records)
    trainings = side.trainings()
    holdings = {
        TeacherId(key): _holding(side, record, trainings, alike or {}, later.get(key))
        for key, record in sorted(records.items())
    }
    names = sorted({line.school for each in holdings.values() for line in each.record.lines})
    return Basis(
        terms=terms,
        holdings=holdings,
        rules=rules.at(terms.position),
        schools={SchoolId(key): each.title for key, each in reader.many(SCHOOLS, names).items()},
    )


def _holding(
    side: _Side,
    record: Record,
    trainings: dict[OfferingId, Training],
    alike: Mapping[TeacherId, tuple[TeacherId, ...]],
    later: Record | None = None,
) -> Holding:
    """What the ledger holds of one; ``later``: the record of one whom it knew only afterwards."""
    teacher = record.teacher
    own = side.own(record)
    seen, ahead = tuple(side.entries.get(teacher, ())), tuple(side.ahead.get(teacher, ()))
    attended = tuple(side.attendance.get(teacher, ()))
    if later is not None and side.own(later) is not later:
        ahead = side.visible(later, ahead)
    elif own is not record:
        seen, ahead = side.visible(record, seen), side.visible(record, ahead)
        attended = side.visible(record, attended)
    offerings = {getattr(each.event, "offering", None) for each in seen}
    return Holding(
        teacher=teacher,
        record=own,
        aside=seen,
        ahead=ahead,
        attendance=attended,
        trainings={each: trainings[each] for each in offerings if each in trainings},
        alike=alike.get(teacher, ()),
    )


def _of_sheet(record: Record, day: date, place: JurisdictionId, school: SchoolId | None) -> bool:
    """Whether a teacher belongs into the sheet, named or not: who works there on the day."""
    at = record.at(day)
    return at.place is not None and place.covers(at.place) and school in (None, at.school)


def _lessened(line: Line) -> bool:
    """Whether hours were taken off a credit, or it was put right."""
    return bool(line.hours_missed) or len(line.events) > 1


def _names(kinds: Iterable[type[Event]]) -> tuple[str, ...]:
    return tuple(each.NAME for each in kinds)


def _portions(names: list[str], size: int) -> Iterator[list[str]]:
    for first in range(0, len(names), size):
        yield names[first : first + size]
