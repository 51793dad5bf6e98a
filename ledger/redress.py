"""Redress: what became of a finding, by later events or by the decision of a bureau.

A finding is put right once nothing of what it names as lacking is left (``remedy``); that follows
from the events alone. Everything else is decided: it was put right elsewhere, it is accepted as it
is, or it was a mistake. A decision may be taken back, and from then on only a decision counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import FindingMade, Lack
from ledger.names import FindingId, JurisdictionId, Name
from ledger.register import unknown
from ledger.remedy import REMEDY_EVENTS, left
from ledger.review import reasoned
from ledger.text import trimmed

EVIDENCE_MAX = 50
EVENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class FindingState(Enum):
    """Whether a finding is open, and if not, how it was closed."""

    OPEN = "OPEN"
    RECTIFIED = "RECTIFIED"
    ACCEPTED = "ACCEPTED"
    MISTAKEN = "MISTAKEN"


class Resolution(Enum):
    """How a bureau closes a finding."""

    RECTIFIED = "RECTIFIED"
    ACCEPTED = "ACCEPTED"
    MISTAKEN = "MISTAKEN"


class FindingResolved(Event, name="redress.finding-resolved"):
    """A bureau closed a finding: put right, accepted as it is, or made by mistake."""

    finding: FindingId
    subjects: tuple[Name, ...]
    place: JurisdictionId
    how: Resolution
    reason: str
    evidence: tuple[str, ...] = ()


class FindingReopened(Event, name="redress.finding-reopened"):
    """A bureau opened a finding again; ``corrects`` is the event that had closed it."""

    finding: FindingId
    subjects: tuple[Name, ...]
    place: JurisdictionId
    corrects: str
    reason: str


DECISIONS: list[type[Event]] = [FindingResolved, FindingReopened]


class AlreadyResolved(Refused):
    """The finding is closed."""


class NotResolved(Refused):
    """The finding is open."""


class RedressStep(Struct, frozen=True, kw_only=True):
    """One step in what became of a finding, and the state to which it led.

    A step that is ``derived`` follows from the events of its evidence; the others were decided.
    """

    state: FindingState
    event: str
    position: int
    on: date
    at: datetime
    derived: bool
    reason: str = ""
    evidence: tuple[str, ...] = ()


class Redress(Struct, kw_only=True):
    """What became of a finding, as the events say it."""

    id: FindingId | None = None
    state: FindingState = FindingState.OPEN
    lacking: tuple[Lack, ...] = ()
    resolved_by: RedressStep | None = None
    steps: tuple[RedressStep, ...] = ()
    met_by: tuple[str, ...] = ()

    def begin(self, entry: Entry) -> None:
        """Takes in the finding itself."""
        assert isinstance(entry.event, FindingMade)
        self.id, self.lacking = FindingId(f"finding:{entry.id}"), entry.event.lacking

    @property
    def follows(self) -> tuple[str, ...]:
        """The tags of which every later event that it heeds carries one."""
        if self.id is None:
            return ()
        names = [each[0] for each in _abouts(self.lacking)] if not self.steps else []
        return tuple(dict.fromkeys(map(str, (self.id, *names))))

    @property
    def awaits(self) -> frozenset[str]:
        """The types of the later events of which it may heed one."""
        lacking = () if self.steps else self.lacking
        return _awaited(tuple(each.events + each.gone for each in lacking))

    def heeds(self, entry: Entry) -> bool:
        """Whether a later entry changes anything."""
        event = entry.event
        # A union would be made anew for each finding that an entry might be about.
        if isinstance(event, (FindingResolved, FindingReopened)):
            return event.finding == self.id
        return not self.steps and left(self.lacking, entry) is not None

    def follow(self, entry: Entry) -> None:
        """Takes in a later entry that it heeds."""
        match entry.event:
            case FindingResolved(how=how, reason=reason, evidence=evidence):
                self._step(entry, FindingState(how.value), reason, evidence)
            case FindingReopened(reason=reason, corrects=corrects):
                self._step(entry, FindingState.OPEN, reason, (corrects,))
            case _:
                self.lacking = left(self.lacking, entry) or ()
                self.met_by = (*self.met_by, entry.id)
                if not self.lacking:
                    self._step(entry, FindingState.RECTIFIED, "", self.met_by, derived=True)

    def _step(
        self,
        entry: Entry,
        state: FindingState,
        reason: str,
        evidence: tuple[str, ...],
        *,
        derived: bool = False,
    ) -> None:
        step = RedressStep(
            state=state,
            event=entry.id,
            position=entry.position,
            on=entry.on,
            at=entry.at,
            derived=derived,
            reason=reason,
            evidence=evidence,
        )
        self.state, self.steps = state, (*self.steps, step)
        self.resolved_by = None if state is FindingState.OPEN else step


@dataclass(kw_only=True)
class _FindingStep(Command):
    """What the decisions about a finding share; ``subject`` is one of those that it names."""

    id: FindingId
    subject: Name
    reason: str

    made: Entry | None = fact(default=None)
    later: dict[int, Entry] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [about(self.subject, of=[FindingMade]), about(self.id, of=DECISIONS)]

    def beyond(self) -> list[Selector]:
        if self.made is None:
            return []
        whom = dict.fromkeys(_abouts(self._event.lacking))
        return [about(*each, of=REMEDY_EVENTS) for each in whom]

    def learn(self, entry: Entry) -> None:
        if not isinstance(entry.event, FindingMade):
            self.later[entry.position] = entry
        elif entry.id == self.id.value and self.subject in entry.event.subjects:
            self.made = entry

    @property
    def _event(self) -> FindingMade:
        if self.made is None:
            raise unknown(self.id, "id")
        assert isinstance(self.made.event, FindingMade)
        return self.made.event

    def territory(self) -> JurisdictionId:
        event = self._event
        assert self.made is not None
        return self.made.place or event.place

    def authority(self) -> JurisdictionId:
        # No bureau decides about itself, but for the province, above which there is none.
        place = self.territory()
        own = place in self._event.subjects and place != PROVINCE
        return place.chain[1] if own else place

    def answerable(self) -> JurisdictionId:
        return self.authority()

    def known(self) -> Redress:
        """What became of the finding so far."""
        event, redress = self._event, Redress()
        assert self.made is not None and event is self.made.event
        redress.begin(self.made)
        for position in sorted(self.later):
            entry = self.later[position]
            if position > self.made.position and redress.heeds(entry):
                redress.follow(entry)
        return redress


@dataclass(kw_only=True)
class ResolveFinding(_FindingStep):
    """Close a finding as put right, accepted or mistaken, by the bureau of its place."""

    how: Resolution
    evidence: tuple[str, ...] = ()

    def decide(self) -> Iterator[Event]:
        by = self.known().resolved_by
        if by is not None:
            raise AlreadyResolved(
                zh=f"{self.id} 已于 {by.on} 处理为 {by.state.value}；要改，先重新打开",
                en=f"{self.id} is {by.state.value} since {by.on}; reopen it first",
                field="id",
                evidence=(by.event,),
            )
        reasoned(self.reason, needed=True)
        yield FindingResolved(
            finding=self.id,
            subjects=self._event.subjects,
            place=self.territory(),
            how=self.how,
            reason=trimmed(self.reason),
            evidence=_ids(self.evidence),
        )


@dataclass(kw_only=True)
class ReopenFinding(_FindingStep):
    """Open a finding again that was closed, by the bureau of its place."""

    def decide(self) -> Iterator[Event]:
        by = self.known().resolved_by
        if by is None:
            raise NotResolved(
                zh=f"{self.id} 没有处理过，无须重新打开",
                en=f"{self.id} is open",
                field="id",
            )
        reasoned(self.reason, needed=True)
        yield FindingReopened(
            finding=self.id,
            subjects=self._event.subjects,
            place=self.territory(),
            corrects=by.event,
            reason=trimmed(self.reason),
        )


def _abouts(lacking: tuple[Lack, ...]) -> list[tuple[Name, ...]]:
    """About whom an event is that makes a lack good, or takes its ground away."""
    return [names for each in lacking for names in (each.about, each.gone_about) if names]


@lru_cache
def _awaited(types: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """One set for all findings that lack events of the same types."""
    return frozenset(each.NAME for each in DECISIONS).union(*types)


def _ids(given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of events as the ledger writes them. Raises ``Fault`` (``BAD_EVIDENCE``)."""
    found = tuple(dict.fromkeys(trimmed(each).lower() for each in given))
    if len(found) > EVIDENCE_MAX or not all(EVENT_ID.fullmatch(each) for each in found):
        raise Fault(
            "BAD_EVIDENCE",
            zh=f"evidence 须为事件的 id，最多 {EVIDENCE_MAX} 个",
            en=f"evidence names events by their ids, at most {EVIDENCE_MAX}",
            field="evidence",
        )
    return found
