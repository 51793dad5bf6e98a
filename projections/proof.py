"""Proof: a result that is on record made again, from its file, its mapping and its position.

Nothing is taken from a view: what the ledger holds is folded from the events up to the position.
Whose a row is, is taken from the result, which an event binds by its digest; people register and
are erased later on, and that changes nothing of what was compared.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from typing import Any

from msgspec import structs

from ledger.claimed import claims, people, silent
from ledger.comparison import Comparison, compare
from ledger.mapping import Reading
from ledger.matching import Doubt, Match, Matching, Registered, match
from ledger.names import JurisdictionId, TeacherId
from ledger.register import JurisdictionRegistered
from ledger.spot import Spot, spots_of
from ledger.store.feed import Feed, Filter
from projections.comparison import Basis, basis
from projections.desk import Held, Persons, cycles_in, owners_of, with_alike
from projections.snapshot import Snapshot
from projections.verdict import Rules

ONE_PERSON = (Doubt.ONE_ID_NUMBER, Doubt.ALIKE)
SUGGESTING = (Doubt.CONTRADICTION, Doubt.ONE_DIGIT, Doubt.NAMESAKES, Doubt.NAME_AND_SCHOOL)


def repeated(
    feed: Feed, rules: Rules, persons: Persons, held: Held, reading: Reading
) -> Comparison:
    """The comparison of a sheet made again as of the position of a result."""
    terms = held.comparison.terms
    then: Any = Snapshot(feed, terms.position, unbounded=True)
    told = {row.spot: row.teacher for row in held.comparison.rows if row.row is not None}
    owners = owners_of(persons, reading)
    named = {each for found in owners.values() for each in found}
    named |= {each for each in told.values() if each is not None}
    named |= {each for doubt in held.doubtful for each in doubt.teachers}
    side = basis(then, rules, terms, places=places_in(feed, terms.place), named=named)
    matching = _matching(persons, reading, side, owners, held, told)
    side = replace(side, holdings=with_alike(side.holdings, matching))
    found, _ = claims(reading, matching, terms.unit, cycles_in(side))
    mute = silent(reading, matching, terms.unit)
    tabs = reading.mapping.tabs
    return compare(found, side.holdings, side.rules, terms, side.schools, mute, tabs)


def places_in(feed: Feed, place: JurisdictionId) -> tuple[str, ...]:
    """A place and all registered within it."""
    entries = feed.entries(Filter(types=(JurisdictionRegistered.NAME,)))
    known = {
        entry.event.jurisdiction
        for entry in entries
        if isinstance(entry.event, JurisdictionRegistered)
    }
    return tuple(sorted(str(each) for each in known if place.covers(each)))


def _matching(
    persons: Persons,
    reading: Reading,
    side: Basis,
    owners: dict[str, tuple[TeacherId, ...]],
    held: Held,
    told: dict[Spot, TeacherId | None],
) -> Matching:
    """Whose each row is: as the result says, or for want of a line there, as the numbers say."""
    some = people(reading, lambda number: persons.fingerprint(number).hex(), lambda _: ())
    known = [Registered(teacher=each) for each in side.holdings]
    made = match(some, known, owners)
    alike: dict[TeacherId, set[TeacherId]] = {}
    for doubt in held.doubtful:
        if doubt.doubt in ONE_PERSON:
            for each in doubt.teachers:
                alike.setdefault(each, set()).update({*doubt.teachers} - {each})
    # Whose it may be was said in words of the row, from names and numbers as they were then.
    hints = {
        spot: doubt.teachers
        for doubt in held.doubtful
        if doubt.doubt in SUGGESTING
        for spot in spots_of(doubt.tabs or repeat("", len(doubt.rows)), doubt.rows)
    }
    return structs.replace(
        made,
        matches=tuple(
            Match(
                row=each.row,
                tab=each.tab,
                teacher=told.get(each.spot, None if each.spot in hints else each.teacher),
                suggested=hints.get(each.spot, ()),
            )
            for each in made.matches
        ),
        alike={each: tuple(sorted(others)) for each, others in sorted(alike.items())},
    )
