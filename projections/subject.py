"""Subjects: whose indicators may be asked for, and the places that count for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.fault import Fault
from ledger.names import KINDS, JurisdictionId, Name, ProviderId, SchoolId
from ledger.register import JurisdictionRegistered
from ledger.store.feed import Filter
from projections.catalogue import PROVIDERS, SCHOOLS
from projections.measure import Subject
from projections.obligation import Rows


def subject_of(rows: Rows, name: Name, within: tuple[str, ...] | None = None) -> Subject:
    """A subject with the places that count. Raises ``Fault`` for one that nobody registered.

    ``within``: the places of whose classes a provider's numbers are made.
    """
    if isinstance(name, JurisdictionId):
        entered = Filter(types=(JurisdictionRegistered.NAME,))
        known: Iterator[Any] = (e.event for e in rows.entries(entered, of_any_day=True))
        places = sorted({str(e.jurisdiction) for e in known if name.covers(e.jurisdiction)})
        if str(name) not in places:
            raise _unknown(name, "PLACE")
        return Subject(name, None if name.level == "PROVINCE" else tuple(places), name)
    if isinstance(name, SchoolId):
        school = rows.one(SCHOOLS, str(name))
        if school is None:
            raise _unknown(name, "SCHOOL")
        return Subject(name, (str(school.place),), school.place)
    if isinstance(name, ProviderId):
        provider = rows.one(PROVIDERS, str(name))
        if provider is None:
            raise _unknown(name, "PROVIDER")
        return Subject(name, within, provider.place)
    raise Fault(
        "BAD_SUBJECT",
        zh=f"指标只按属地、学校、培训机构统计，不能是 {name}",
        en=f"indicators are of places, schools and providers, not of {name}",
        field="of",
    )


def name_asked(given: str) -> Name:
    """The name of a subject as it was asked. Raises ``Fault`` for what is no name."""
    try:
        return KINDS.get(given.partition(":")[0], Name)(given)
    except Fault as fault:
        fault.field = "of"
        raise


def _unknown(name: Name, kind: str) -> Fault:
    return Fault(
        f"UNKNOWN_{kind}",
        zh=f"账本中没有登记 {name}",
        en=f"no {name} is registered in this ledger",
        field="of",
    )
