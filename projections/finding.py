"""Findings: one row each, by what they concern, the rule, the outcome, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from ledger.event import Entry
from ledger.finding import FindingMade, Outcome
from ledger.names import JurisdictionId, Name, TermId
from ledger.redress import DECISIONS, Redress
from ledger.remedy import REMEDY_EVENTS
from projections.projection import Projection, facet


class Finding(Redress, kw_only=True):
    """A finding with its evidence, and what became of it."""

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
    chosen_term: TermId | None = None
    tags: tuple[str, ...] = ()


class Findings(Projection[Finding]):
    """Findings by rule, outcome, state and whatever they concern; the key sorts by position.

    A later event names no finding but that of a decision; so a row says which events it follows.
    """

    name = "findings"
    version = 4
    state = Finding
    events = (FindingMade,)
    later = (*DECISIONS, *REMEDY_EVENTS)
    facets = {
        "rule": "text",
        "outcome": "text",
        "code": "text",
        "standing": "text",
        "place": "text",
        "on": "date",
        "at": "timestamptz",
        "tags": "text[]",
    }

    def keys(self, entry: Entry) -> Iterable[str]:
        return (f"{entry.position:020d}",) if isinstance(entry.event, FindingMade) else ()

    def tags(self, key: str) -> tuple[str, ...]:
        return ()

    def span(self, key: str) -> tuple[int, int]:
        return int(key), int(key)

    def blank(self, key: str) -> Finding:
        return Finding(key=key)

    def facet_values(self, state: Finding) -> dict[str, Any]:
        # A table has a column for the whole state already.
        names = [each for each in self.facets if each != "standing"]
        return {name: facet(getattr(state, name)) for name in names} | {
            "standing": state.state.value
        }

    def follows(self, state: Finding) -> tuple[str, ...]:
        return state.follows

    def awaits(self, state: Finding) -> frozenset[str]:
        return state.awaits

    def heeds(self, state: Finding, entry: Entry) -> bool:
        return entry.position > state.position > 0 and state.heeds(entry)

    def apply(self, state: Finding, entry: Entry) -> Finding:
        event = entry.event
        if not isinstance(event, FindingMade):
            state.follow(entry)
            return state
        for name in event.__struct_fields__:
            setattr(state, name, getattr(event, name))
        state.begin(entry)
        state.position, state.on, state.at = entry.position, entry.on, entry.at
        state.place, state.tags = entry.place or event.place, entry.tags
        if entry.cause is not None:
            state.evidence = tuple(dict.fromkeys((entry.cause, *event.evidence)))
        return state
