"""Whereabouts: the place of a school, a provider or a teacher, as the ledger has it.

An issuer whose ``within`` bounds its scopes speaks for parties of that place only. Where a party is
stands in no claim that could be believed, so it is looked up.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg_pool import PoolTimeout

from ledger.accreditation import ProviderAccredited
from ledger.names import JurisdictionId, Name
from ledger.register import SchoolRegistered
from ledger.store.connection import trouble_behind
from ledger.store.feed import Feed, Filter
from ledger.teacher import TeacherRegistered, TeacherTransferred, Whereabouts

PLACING = {
    "school": (SchoolRegistered.NAME,),
    "provider": (ProviderAccredited.NAME,),
    "teacher": (TeacherRegistered.NAME, TeacherTransferred.NAME),
}
MOVES_MAX = 1_000
Where = Callable[[Name], JurisdictionId | None]


def place_of(feed: Feed, party: Name) -> JurisdictionId | None:
    """Where a party is at present; ``None``: the ledger does not know it.

    Raises ``Trouble`` where the database cannot be asked.
    """
    types = PLACING.get(party.kind)
    if types is None:
        return None
    wanted = Filter(tags=(str(party),), types=types)
    try:
        found = feed.page(wanted, MOVES_MAX)
    except (psycopg.Error, PoolTimeout) as error:
        trouble = trouble_behind(error)
        if trouble is None:
            raise
        raise trouble from None
    person = Whereabouts()
    for each in found:
        match each.event:
            case SchoolRegistered(school=named, place=place) if named == party:
                return place
            case ProviderAccredited(provider=named, place=place) if named == party:
                return place
            case _:
                person.learn(each)
    return person.place if person.stays else None
