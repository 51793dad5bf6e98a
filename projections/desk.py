"""The desk: a sheet as it was read, its people found and its claims compared, in one go.

The same inputs make the same result, byte for byte: file, mapping, terms, and the ledger up to the
position. What it reads of persons is compared and not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, Struct, structs

from ledger.amount import ZERO
from ledger.claim import Terms
from ledger.claimed import claims, people, require_claims, silent
from ledger.comparison import Comparison, Sums, compare, digest, sums
from ledger.cycle import Cycle
from ledger.event import express, revive
from ledger.footing import cycles
from ledger.holding import Holding
from ledger.joining import are_of_years
from ledger.mapping import Mapping as Columns
from ledger.mapping import Reading
from ledger.matching import Doubtful, Matching, Person, Registered, match
from ledger.misreading import misread
from ledger.names import VALUE, JurisdictionId, TeacherId
from ledger.reconciliation import CauseTotal, Compared
from ledger.row import Standing
from ledger.sheet import CellFault, Skipped
from projections.catalogue import SCHOOLS
from projections.comparison import Basis, basis
from projections.reader import Reader
from projections.tab import TabRead, tab_read
from projections.verdict import Rules

OPENED_AT_ONCE = 1_000
STEPS = 4  # of holding a sheet against the ledger, as ``told`` hears them


class Persons(Protocol):
    """What the vault answers about persons."""

    def fingerprint(self, id_number: str) -> bytes:
        """The keyed hash of an id number."""
        ...

    def owners(self, fingerprints: list[bytes]) -> dict[bytes, str]:
        """The subjects of those keyed hashes that are known."""
        ...

    def open(self, subjects: list[str]) -> dict[str, dict[str, str]]:
        """The values of each subject by field."""
        ...


class Held(Struct, kw_only=True, frozen=True):
    """A sheet held against the ledger: how it was read, who is in doubt, and each line.

    ``tabs``: those that were read, where they are several; ``hidden`` is of the first.
    """

    sha256: str
    bytes: int
    mapping: Columns
    rows: int
    faults: tuple[CellFault, ...]
    skipped: tuple[Skipped, ...]
    hidden: tuple[int, ...]
    unread: tuple[str, ...] = ()
    concealed: bool = False
    doubtful: tuple[Doubtful, ...]
    tabs: tuple[TabRead, ...] = ()
    comparison: Comparison

    @property
    def differing(self) -> tuple[int, ...]:
        """The numbers of the lines that are not equal; lines count from 1."""
        rows = enumerate(self.comparison.rows, start=1)
        return tuple(at for at, row in rows if row.standing is not Standing.EQUAL)

    @property
    def named(self) -> set[str]:
        """The teachers whom the sheet names, or may."""
        doubted = {str(who) for each in self.doubtful if each.rows for who in each.teachers}
        rows = self.comparison.rows
        return doubted | {str(each.teacher) for each in rows if each.row and each.teacher}

    @property
    def compared(self) -> Compared:
        """What an event says of it."""
        terms, sums = self.comparison.terms, self.sums
        of = {each.standing: each.rows for each in sums.by_standing} if sums else {}
        return Compared(
            sha256=self.sha256,
            bytes=self.bytes,
            mapping=self.mapping.digest,
            form=self.mapping.form,
            position=terms.position,
            day=terms.day,
            sheet_day=terms.sheet_day,
            digest=digest(self.comparison),
            rows=self.rows,
            faults=len(self.faults),
            equal=of.get(Standing.EQUAL, 0),
            differing=of.get(Standing.DIFFERS, 0),
            only_ledger=of.get(Standing.ONLY_HERE, 0),
            only_sheet=of.get(Standing.ONLY_THERE, 0),
            credits_sheet=sums.sheet if sums else ZERO,
            credits_ledger=sums.ledger if sums else ZERO,
            difference=sums.difference if sums else ZERO,
            attributed=sums.attributed if sums else ZERO,
            unattributed=sums.unattributed if sums else ZERO,
            causes=tuple(
                CauseTotal(cause=each.cause.value, lines=each.rows, amount=each.amount)
                for each in (sums.by_cause if sums else ())
            ),
        )

    def of_tab(self, tab: str) -> Sums | None:
        """What the lines of a tab come to, if it has any; where one is read its name is empty."""
        own = (each for each in self.comparison.rows if each.row is not None)
        some = sums(each for each in own if each.spot.tab == tab)
        return next((each for each in some if each.unit is self.comparison.terms.unit), None)

    @property
    def sums(self) -> Sums | None:
        """What its lines come to; all are in the unit of its terms."""
        unit = self.comparison.terms.unit
        return next((each for each in self.comparison.sums if each.unit is unit), None)


def held(
    reader: Reader,
    rules: Rules,
    persons: Persons,
    reading: Reading,
    terms: Terms,
    places: tuple[str, ...] | None,
    told: Callable[[int], None] = lambda _: None,
    hidden_tabs: tuple[str, ...] = (),
    **file: Any,
) -> Held:
    """A sheet held against the ledger, for the places of a bureau. Position 0 is the present.

    ``told``: hears how many of the ``STEPS`` are done. ``hidden_tabs``: those that are hidden.
    Raises ``Fault`` (``COLUMNS_LACKING``) for a sheet that says of nobody how much.
    """
    require_claims(reading.mapping, terms.unit)
    if terms.years is not UNSET and not are_of_years(reading):
        terms = structs.replace(terms, years=UNSET)
    owners = owners_of(persons, reading)
    named = {each for found in owners.values() for each in found}
    named |= set(_numbered(reading))
    told(1)
    side = basis(reader, rules, terms, places=places, named=named)
    told(2)
    registered = _registered(reader, persons, side, {*_numbered(reading)})
    matching = match(_people(persons, reading, owners), registered, owners)
    side = replace(side, holdings=with_alike(side.holdings, matching))
    told(3)
    found, faults = claims(reading, matching, side.terms.unit, cycles_in(side))
    mute = silent(reading, matching, side.terms.unit)
    tabs = reading.mapping.tabs
    comparison = compare(found, side.holdings, side.rules, side.terms, side.schools, mute, tabs)
    wrong = (*reading.faults, *faults)
    return Held(
        mapping=reading.mapping,
        rows=len(reading.rows),
        faults=wrong,
        skipped=reading.skipped,
        hidden=reading.hidden,
        doubtful=matching.doubtful,
        comparison=comparison,
        tabs=tuple(tab_read(reading, wrong, each, hidden_tabs) for each in tabs),
        **file,
    )


def _people(
    persons: Persons, reading: Reading, owners: dict[str, tuple[TeacherId, ...]]
) -> list[Person]:
    near = _near(persons, reading, owners)
    told = people(
        reading,
        lambda number: persons.fingerprint(number).hex(),
        lambda number: near.get(number, ()),
    )
    return list(told)


def inside(place: JurisdictionId, places: Iterable[str]) -> tuple[str, ...] | None:
    """The places of a bureau among all; ``None`` where that is the whole province."""
    if place.level == "PROVINCE":
        return None
    return tuple(each for each in places if place.covers(JurisdictionId(each)))


def _numbered(reading: Reading) -> Iterator[TeacherId]:
    for row in reading.rows:
        value = (row.number or "").removeprefix("teacher:")
        if VALUE.fullmatch(value):
            yield TeacherId(f"teacher:{value}")


def owners_of(persons: Persons, reading: Reading) -> dict[str, tuple[TeacherId, ...]]:
    """The teachers of the id numbers of a sheet, by their hashes; and of those almost the same."""
    numbers = {row.id_number for row in reading.rows if row.id_number}
    return _known(persons, (persons.fingerprint(each) for each in numbers))


def _near(
    persons: Persons, reading: Reading, owners: dict[str, tuple[TeacherId, ...]]
) -> dict[str, tuple[str, ...]]:
    """For each id number that nobody has, the hashes of those that people have and are near it."""
    told = {row.id_number or row.id_misread for row in reading.rows}
    numbers = sorted(each for each in told if each)
    strange = [each for each in numbers if persons.fingerprint(each).hex() not in owners]
    made = {each: tuple(persons.fingerprint(one) for one in misread(each)) for each in strange}
    known = _known(persons, (one for several in made.values() for one in several))
    owners.update(known)
    return {
        number: tuple(each.hex() for each in several if each.hex() in known)
        for number, several in made.items()
    }


def _known(persons: Persons, printed: Iterable[bytes]) -> dict[str, tuple[TeacherId, ...]]:
    asked = list(printed)
    found: dict[bytes, str] = {}
    for first in range(0, len(asked), OPENED_AT_ONCE):
        found |= persons.owners(asked[first : first + OPENED_AT_ONCE])
    return {each.hex(): (TeacherId(owner),) for each, owner in found.items()}


def _registered(
    reader: Reader, persons: Persons, side: Basis, numbered: set[TeacherId]
) -> list[Registered]:
    """The teachers within reach by name and school, so that a row without a number has a hint.

    Of the bureau's own whom the sheet names by number, also by the id number on file.
    """
    names = sorted(side.holdings)
    stays = {each: held.record.at(side.terms.day) for each, held in side.holdings.items()}
    titles = reader.many(SCHOOLS, sorted({str(e.school) for e in stays.values() if e.school}))
    found: list[Registered] = []
    for first in range(0, len(names), OPENED_AT_ONCE):
        some = names[first : first + OPENED_AT_ONCE]
        opened = persons.open([str(each) for each in some])
        for each in some:
            place, told = stays[each].place, opened[str(each)]
            within = place is not None and side.terms.place.covers(place)
            number = told.get("id_number", "") if within and each in numbered else ""
            school = titles.get(str(stays[each].school))
            title = school.title if school else ""
            known = persons.fingerprint(number).hex() if number else ""
            name = told.get("name", "")
            found.append(Registered(teacher=each, name=name, school=title, fingerprint=known))
    return found


def cycles_in(side: Basis) -> Callable[[TeacherId], list[Cycle]]:
    """The cycles of a teacher within reach, up to the day of the terms."""

    @cache
    def found(teacher: TeacherId) -> list[Cycle]:
        held = side.holdings.get(teacher)
        return cycles(held.record, side.rules, side.terms.day) if held else []

    return found


def with_alike(
    holdings: Mapping[TeacherId, Holding], matching: Matching
) -> dict[TeacherId, Holding]:
    """The holdings with the ids that may be of the same person."""
    return {
        teacher: replace(held, alike=matching.alike[teacher]) if teacher in matching.alike else held
        for teacher, held in holdings.items()
    }


def encoded(found: Held) -> bytes:
    """A result as it is kept."""
    return _ENCODER.encode(found)


def decoded(body: bytes) -> Held:
    """A result as it was kept."""
    return _DECODER.decode(body)


_ENCODER = msgspec.json.Encoder(enc_hook=express)
_DECODER = msgspec.json.Decoder(Held, dec_hook=revive)
