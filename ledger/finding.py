"""Findings: what the ledger notes about a fact under a rule, without refusing the fact.

A finding comes from a rule about things that happen in the world anyway, or from a gate that a
reported fact would not have passed. It is an event beside the fact, in the same append. Where
something was left undone, it names what is lacking, so that whoever does it later puts it right.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.event import Body, Event, Part, unchanged
from ledger.names import JurisdictionId, Name, TermId


class Outcome(Enum):
    """How a fact stands to a rule (rulebook section 0.5)."""

    COMPLIANT = "COMPLIANT"
    VIOLATION = "VIOLATION"
    DEVIATION = "DEVIATION"
    ADVISORY = "ADVISORY"
    INDETERMINATE = "INDETERMINATE"


class Lack(Part):
    """An event of one of these types about all of these, by which a finding is put right.

    The event says ``value``, where there is one. A lack of a later ``turn`` is met only after those
    of earlier turns; ``by`` is the last day on which it still helps. With ``yuan`` money is owed,
    and what is paid back counts against it. An event of the types ``gone`` about all of
    ``gone_about`` takes its ground away: nothing is asked for any more.
    """

    events: tuple[str, ...]
    about: tuple[Name, ...]
    value: str = ""
    turn: int = 0
    by: date | None = None
    yuan: Decimal | None = None
    gone: tuple[str, ...] = ()
    gone_about: tuple[Name, ...] = ()


class FindingMade(Event, name="finding.made", version=5, begins="finding"):
    """A fact breaks a rule, departs from it, or cannot be judged by it.

    The rule was chosen for the place ``chosen_for`` on the day ``chosen_on`` or by the term
    ``chosen_term``, and judged with ``parameters``. Once nothing of ``lacking`` is left it is put
    right; where nothing is named, only a decision closes it.
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
    lacking: tuple[Lack, ...] = ()
    chosen_term: TermId | None = None


FindingMade.upcast(from_version=1)(unchanged)
# Version 3 did not say which term chose a rule.
FindingMade.upcast(from_version=3)(unchanged)

DENIAL_NOTIFIED, GRANTED = "completion.denial-notified", "completion.granted"


@FindingMade.upcast(from_version=4)
def _(body: Body) -> Body:
    # A denial that was taken back is not to be told any more.
    told = {"gone": [GRANTED]}
    lacking = [
        each | told | {"gone_about": each["about"]} if each["events"] == [DENIAL_NOTIFIED] else each
        for each in body.get("lacking", ())
    ]
    return body | {"lacking": lacking}


# What a class lacked by these codes was one thing, so that older findings can be put right too.
ONE_LACK = {
    "TIMETABLE_MISSING": ("schedule.timetable-published", ""),
    "ASSESSMENT_NOT_HELD": ("assessment.recorded", ""),
    "SAFETY_UNTAUGHT": ("safeguard.recorded", "SAFETY_EDUCATION"),
    "DOCUMENTS_NOT_KEPT": ("safeguard.recorded", "DOCUMENTS_KEPT"),
}


@FindingMade.upcast(from_version=2)
def _(body: Body) -> Body:
    known = ONE_LACK.get(body["code"])
    classes = [each for each in body["subjects"] if each.startswith("offering:")]
    if known is None or not classes:
        return body
    event, value = known
    return body | {"lacking": [{"events": [event], "about": classes[:1], "value": value}]}
