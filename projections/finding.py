"""Findings: one row each, by what they concern, the rule and the outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct

from ledger.event import Entry
from ledger.finding import FindingMade, Outcome
from ledger.names import JurisdictionId, Name
from projections.projection import Projection


class Finding(Struct, kw_only=True):
    """A finding with its evidence."""

    key: str
    position: int = 0
    on: date | None = None
    at: datetime | None = None
    code: str = ""
    outcome: Outcome | None = None
    subjects: tuple[Name, ...] = ()
    place: JurisdictionId | None = None
    rule: str | None = None
    citation: str | None = None
    zh: str = ""
    en: str = ""
    evidence: tuple[str, ...] = ()
    parameters: dict[str, str | int | bool | tuple[str, ...]] = {}
    chosen_for: JurisdictionId | None = None
    chosen_on: date | None = None
    tags: tuple[str, ...] = ()


class Findings(Projection[Finding]):
    """Findings by rule, outcome and whatever they concern; the key sorts by position."""

    name = "findings"
    state = Finding
    events = (FindingMade,)
    facets = {"rule": "text", "outcome": "text", "code": "text", "tags": "text[]"}

    def keys(self, entry: Entry) -> Iterable[str]:
        return (f"{entry.position:020d}",)

    def tags(self, key: str) -> tuple[str, ...]:
        return ()

    def span(self, key: str) -> tuple[int, int]:
        return int(key), int(key)

    def blank(self, key: str) -> Finding:
        return Finding(key=key)

    def apply(self, state: Finding, entry: Entry) -> Finding:
        event = entry.event
        assert isinstance(event, FindingMade)
        for name in event.__struct_fields__:
            setattr(state, name, getattr(event, name))
        state.position, state.on, state.at = entry.position, entry.on, entry.at
        state.place, state.tags = entry.place or event.place, entry.tags
        if entry.cause is not None:
            state.evidence = tuple(dict.fromkeys((entry.cause, *event.evidence)))
        return state
