"""The ledger's side of a load: the teachers, schools and trainings that its rows may mean.

Names are opened only of those whom the party may read; of others no more is known than that a
number of the sheet is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from ledger.balance_sheet import Footing as BalanceFooting
from ledger.balance_sheet import Held
from ledger.balance_sheet import Key as BalanceKey
from ledger.class_book import ClassBook
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.fault import Fault
from ledger.mapping import Reading
from ledger.names import JurisdictionId, Name, OfferingId, ProviderId, SchoolId, TeacherId
from ledger.past import Past
from ledger.regulation import Rulebook
from ledger.roll import OnRoll, Roll, by_title, number_of
from ledger.school_sheet import Key, OnFile
from ledger.store.feed import Filter
from ledger.store.lookup import fingerprints_of, subjects_of
from projections.catalogue import (
    ENROLLMENTS,
    PROVIDERS,
    RECORDS,
    SCHOOL_BASED,
    SCHOOLS,
    TEACHERS,
)
from projections.projection import Projection
from projections.reader import Where
from projections.register import School, Teacher
from schema.context import House, place_titles

AT_ONCE = 1_000


def place_of(house: House, party: Name) -> JurisdictionId:
    """The place whose bureau a party answers to. Raises ``Fault`` for one that is unknown."""
    if isinstance(party, JurisdictionId) and str(party) in place_titles(house):
        return party
    views: dict[str, Projection[Any]] = {SchoolId.kind: SCHOOLS, ProviderId.kind: PROVIDERS}
    view = views.get(party.partition(":")[0])
    found = house.reader.one(view, str(party)) if view is not None else None
    if found is None or found.place is None:
        raise Fault(
            "UNKNOWN_PARTY", zh=f"没有登记 {party}", en=f"{party} is not registered", field="party"
        )
    place: JurisdictionId = found.place
    return place


def within(house: House, party: Name) -> Where:
    """The rows of a view that are a bureau's or a school's own."""
    if isinstance(party, JurisdictionId):
        inside = [each for each in place_titles(house) if party.covers(JurisdictionId(each))]
        return Where().and_among(place=inside)
    return Where().and_equal(school=party)


def roll_of(
    house: House, party: Name, reading: Reading, offering: OfferingId | None = None
) -> Roll:
    """The teachers against whom a sheet is held."""
    vault = house.ledger.vault
    prints = {row.row: vault.fingerprint(row.id_number) for row in reading.rows if row.id_number}
    found = {TeacherId(key): each for key, each in _own(house, party, offering)}
    subjects = subjects_of(house.ledger.pool, set(prints.values()))
    numbers = {name for row in reading.rows if isinstance(name := number_of(row), TeacherId)}
    others = sorted({*map(str, subjects.values()), *map(str, numbers)} - {*map(str, found)})
    far = {TeacherId(key): each for key, each in _many(house, others)}
    # Of whom the sheet has the number it is known by now; of the others all at once.
    known = {TeacherId(who): each for each, who in subjects.items()}
    rest = fingerprints_of(house.ledger.pool, sorted(map(str, {*found, *far} - {*known})))
    known |= {TeacherId(who): each for who, each in rest.items()}
    teachers = dict(_on_roll(house, found, known, named=True))
    teachers |= dict(_on_roll(house, far, known, named=False))
    schools = ((SchoolId(key), each.title) for key, each in _schools(house, party))
    return Roll(
        teachers=teachers,
        fingerprints={row: each.hex() for row, each in prints.items()},
        schools=by_title(schools),
    )


def files_of(house: House, party: Name) -> dict[Key, OnFile]:
    """The school-based trainings of a party, by whose they are, what and when."""
    found: dict[Key, OnFile] = {}
    with house.reader.stream(SCHOOL_BASED, within(house, party)) as (_, rows):
        for _, each in rows:
            if each.teacher is None or each.completed is None:
                continue
            base = each.credits if each.base_credits is None else each.base_credits
            found[each.teacher, each.title, each.completed] = OnFile(
                credit=each.credit,
                hours=each.hours,
                base=base,
                missed=each.hours_missed,
                approved=each.approved,
            )
    return found


def footing_of(house: House, party: Name, place: JurisdictionId, rules: Rulebook) -> BalanceFooting:
    """What stands of opening balances, and whose cycles and rules are not those of the place."""
    held: dict[BalanceKey, Held] = {}
    opened: dict[TeacherId, tuple[date, ...]] = {}
    places: dict[TeacherId, JurisdictionId] = {}
    with house.reader.stream(RECORDS, within(house, party)) as (_, rows):
        for _, record in rows:
            if record.opened:
                opened[record.teacher] = tuple(record.opened)
            if record.place is not None and record.place != place:
                places[record.teacher] = record.place
            for line in record.lines:
                if line.balance is not None and not line.revoked:
                    key = record.teacher, line.kind, line.completed
                    held[key] = Held(line.credit, line.credits)
    return BalanceFooting(held=held, opened=opened, places=places, rules=rules)


def book_of(house: House, party: Name, offering: OfferingId) -> ClassBook:
    """A class as the ledger has it.

    Raises ``Fault`` (``UNKNOWN_CLASS``) for one that is another provider's or that nobody opened;
    which of the two is not said.
    """
    book = ClassBook()
    for entry in house.ledger.feed.entries(Filter(tags=(str(offering),))):
        book.learn(entry)
    opened = book.room.opened
    if opened is None or (isinstance(party, ProviderId) and opened.provider != party):
        zh, en = "没有这个班期，或不是本机构的班期", "no such class, or not one of this provider"
        raise Fault("UNKNOWN_CLASS", zh=zh, en=en, field="offering")
    changed = (CreditCorrected.NAME, CreditRevoked.NAME)
    for some in _portions(sorted({str(credit) for credit, _ in book.awarded.values()})):
        for entry in house.ledger.feed.entries(Filter(types=changed, any_tags=tuple(some))):
            book.learn(entry)
    return book


def past_of(house: House, readings: Iterable[Reading]) -> Past:
    """What the ledger has of the projects and classes of sheets."""
    rows = [row for reading in readings for row in reading.rows]
    projects = {f"project:{row.project.removeprefix('project:')}" for row in rows if row.project}
    classes = {f"offering:{row.offering.removeprefix('offering:')}" for row in rows if row.offering}
    past = Past()
    for some in _portions(sorted(projects | classes)):
        for entry in house.ledger.feed.entries(Filter(any_tags=tuple(some))):
            past.learn(entry)
    return past


def _own(house: House, party: Name, offering: OfferingId | None) -> Iterator[tuple[str, Teacher]]:
    if offering is None and isinstance(party, JurisdictionId | SchoolId):
        with house.reader.stream(TEACHERS, within(house, party)) as (_, rows):
            yield from rows
        return
    where = Where().and_equal(offering=offering, provider=party)
    if not isinstance(party, ProviderId):
        where = Where().and_equal(offering=offering)
    with house.reader.stream(ENROLLMENTS, where) as (_, rows):
        enrolled = sorted({str(each.teacher) for _, each in rows})
    yield from _many(house, enrolled)


def _many(house: House, keys: list[str]) -> Iterator[tuple[str, Teacher]]:
    for some in _portions(keys):
        yield from house.reader.many(TEACHERS, some).items()


def _on_roll(
    house: House, found: dict[TeacherId, Teacher], known: dict[TeacherId, bytes], *, named: bool
) -> Iterator[tuple[TeacherId, OnRoll]]:
    for some in _portions(sorted(map(str, found))):
        people = house.ledger.vault.open(some) if named else {}
        for key in some:
            teacher = TeacherId(key)
            each = found[teacher]
            yield (
                teacher,
                OnRoll(
                    teacher=teacher,
                    school=each.school,
                    stage=each.stage,
                    subject=each.subject,
                    entered=each.entered,
                    name=people.get(key, {}).get("name", ""),
                    fingerprint=known[teacher].hex() if teacher in known else "",
                    within=named,
                ),
            )


def _schools(house: House, party: Name) -> Iterator[tuple[str, School]]:
    if isinstance(party, SchoolId):
        yield from house.reader.many(SCHOOLS, [str(party)]).items()
    elif isinstance(party, JurisdictionId):
        with house.reader.stream(SCHOOLS, within(house, party)) as (_, rows):
            yield from rows


def _portions(names: Iterable[str]) -> Iterator[list[str]]:
    listed = list(names)
    for first in range(0, len(listed), AT_ONCE):
        yield listed[first : first + AT_ONCE]
