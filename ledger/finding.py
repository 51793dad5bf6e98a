"""Findings: what the ledger notes about a fact under a rule, without refusing the fact.

A finding comes from a rule about things that happen in the world anyway, or from a gate that a
reported fact would not have passed. It is an event beside the fact, in the same append.
"""

from __future__ import annotations

from datetime import date
from enum import Enum

from ledger.event import Event, unchanged
from ledger.names import JurisdictionId, Name


class Outcome(Enum):
    """How a fact stands to a rule (rulebook section 0.5)."""

    COMPLIANT = "COMPLIANT"
    VIOLATION = "VIOLATION"
    DEVIATION = "DEVIATION"
    ADVISORY = "ADVISORY"
    INDETERMINATE = "INDETERMINATE"


class FindingMade(Event, name="finding.made", version=2):
    """A fact breaks a rule, departs from it, or cannot be judged by it.

    The rule was chosen for the place ``chosen_for`` on the day ``chosen_on`` (``None``: by the
    term), and judged with ``parameters``.
    """

    code: str
    outcome: Outcome
    subjects: tuple[Name, ...]
    place: JurisdictionId
    zh: str
    en: str
    rule: str | None = None
    citation: str | None = None
    evidence: tuple[str, ...] = ()
    parameters: dict[str, str | int | bool | tuple[str, ...]] = {}
    chosen_for: JurisdictionId | None = None
    chosen_on: date | None = None


FindingMade.upcast(from_version=1)(unchanged)
