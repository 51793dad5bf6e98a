"""Places: which ones a ledger begins with, before there is a ledger to ask."""

from __future__ import annotations

from functools import cache

from ledger.names import JurisdictionId
from ledger.register import RegisterJurisdiction
from ledger.store.founding import founding_commands


@cache
def founded_places() -> frozenset[JurisdictionId]:
    """The province, cities and counties that every ledger is founded with."""
    commands = founding_commands()
    return frozenset(
        each.jurisdiction for each in commands if isinstance(each, RegisterJurisdiction)
    )
