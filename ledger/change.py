"""Change: altering a published plan, and the right to withdraw that a major change gives.

The authority sets the class of a change; until it does, the kinds in ``MAJOR_KINDS`` count as
major and the rest as minor (rulebook C-19). Withdrawal after a change carries no penalty (C-41).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from ledger.amount import strange
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import ChangeId, JurisdictionId, Name, OfferingId, ProviderId
from ledger.offering import OFFERING_EVENTS, ClassStep, OfferingOpened
from ledger.register import taken, unknown
from ledger.regulation import Parameters
from ledger.review import AlreadyReviewed, reasoned


class ChangeKind(Enum):
    """What is altered."""

    OFFLINE_TO_ONLINE = "OFFLINE_TO_ONLINE"
    TRAINER_REPLACED = "TRAINER_REPLACED"
    COURSE_REMOVED = "COURSE_REMOVED"
    HOURS_REDUCED = "HOURS_REDUCED"
    DATES_CHANGED = "DATES_CHANGED"
    SEGMENTS_CHANGED = "SEGMENTS_CHANGED"
    FEE_RAISED = "FEE_RAISED"
    ROOM_CHANGED = "ROOM_CHANGED"
    LESSONS_REORDERED = "LESSONS_REORDERED"


class ChangeClass(Enum):
    """Whether a change is major."""

    MAJOR = "MAJOR"
    MINOR = "MINOR"


MAJOR_KINDS = frozenset(ChangeKind) - {ChangeKind.ROOM_CHANGED, ChangeKind.LESSONS_REORDERED}


class ChangeRequested(Event, name="change.requested"):
    """A provider asked to alter a published plan."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    kinds: tuple[ChangeKind, ...]
    description: str


class ChangeDecided(Event, name="change.decided"):
    """The authority approved or refused a change and set its class."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    approved: bool
    change_class: ChangeClass
    reason: str


class TraineesNotified(Event, name="change.trainees-notified"):
    """The provider explained a change to the trainees."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    explanation: str


class ChangeCarriedOut(Event, name="change.carried-out"):
    """A change took effect."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    change_class: ChangeClass


CHANGE_EVENTS: list[type[Event]] = [
    ChangeRequested,
    ChangeDecided,
    TraineesNotified,
    ChangeCarriedOut,
]


CONDITIONS = ("APPROVED", "EXPLAINED", "NOTIFIED_IN_ADVANCE", "WITHDRAWAL_ALLOWED")


class MajorChange(
    Parameters,
    kind="major-change",
    zh="重大调整缺少所列条件之一的，逐项记违规。",
    many=True,
    scope=(),
):
    """Notes a violation for each condition that a major change lacks."""

    conditions: tuple[str, ...]

    def wrong(self) -> str | None:
        return strange("conditions", self.conditions, CONDITIONS)


class AlreadyCarriedOut(Refused):
    """The change took effect."""


class NothingToChange(Refused):
    """No kind of change is named, or the class is over."""


class ChangeConditionMissing(Refused):
    """A major change lacks one of its conditions."""


@dataclass
class Change:
    """A change as the events say it."""

    requested: ChangeRequested | None = None
    decided: ChangeDecided | None = None
    notified: bool = False
    done: bool = False
    evidence: list[str] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Takes in the change's events; others change nothing."""
        match entry.event:
            case ChangeRequested() as event:
                self.requested = event
            case ChangeDecided() as event:
                self.decided = event
            case TraineesNotified():
                self.notified = True
            case ChangeCarriedOut():
                self.done = True
            case _:
                return
        self.evidence.append(entry.id)

    def known(self, change: ChangeId) -> ChangeRequested:
        """The request. Raises ``UnknownReference``."""
        if self.requested is None:
            raise unknown(change, "change")
        return self.requested

    @property
    def change_class(self) -> ChangeClass:
        """As the authority set it, else by the kinds."""
        if self.decided is not None:
            return self.decided.change_class
        assert self.requested is not None
        major = MAJOR_KINDS.intersection(self.requested.kinds)
        return ChangeClass.MAJOR if major else ChangeClass.MINOR

    @property
    def opens_withdrawal(self) -> bool:
        """Whether trainees may withdraw on its account: major, and approved or carried out."""
        if self.requested is None or self.change_class is ChangeClass.MINOR:
            return False
        return self.done or (self.decided is not None and self.decided.approved)


@dataclass(kw_only=True)
class RequestChange(ClassStep):
    """Ask to alter a published plan, by the provider."""

    change: ChangeId
    kinds: tuple[ChangeKind, ...]
    description: str

    seen: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=OFFERING_EVENTS),
            about(self.change, of=[ChangeRequested]),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen = self.seen or isinstance(entry.event, ChangeRequested)
        super().learn(entry)

    def decide(self) -> Iterator[Event]:
        opened: OfferingOpened = self.room.known(self.offering)
        if not self.kinds or self.ask.on > opened.closes:
            raise NothingToChange(
                zh=f"须写明调整的种类，且 {self.offering} 尚未结束（{opened.closes}）",
                en=f"say what kinds of change, while {self.offering} runs (to {opened.closes})",
                field="kinds",
            )
        if self.seen:
            raise taken(self.change, "change")
        reasoned(self.description, needed=True, field="description")
        yield ChangeRequested(
            change=self.change,
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            kinds=self.kinds,
            description=self.description,
        )


@dataclass(kw_only=True)
class _ChangeStep(Command):
    """What the later steps of a change share."""

    change: ChangeId

    seen: Change = fact(default_factory=Change)

    def boundary(self) -> list[Selector]:
        return [about(self.change, of=CHANGE_EVENTS)]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return self.seen.known(self.change).provider

    def territory(self) -> JurisdictionId:
        return self.seen.known(self.change).place


@dataclass(kw_only=True)
class DecideChange(_ChangeStep):
    """Approve or refuse a change and set its class, by the competent bureau."""

    approved: bool
    change_class: ChangeClass
    reason: str = ""

    def authority(self) -> Name:
        return self.seen.known(self.change).place

    def decide(self) -> Iterator[Event]:
        asked = self.seen.known(self.change)
        if self.seen.decided is not None:
            raise AlreadyReviewed(
                zh=f"{self.change} 已经批复", en=f"{self.change} is decided", field="change"
            )
        reasoned(self.reason, not self.approved)
        yield ChangeDecided(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            place=asked.place,
            approved=self.approved,
            change_class=self.change_class,
            reason=self.reason,
        )


@dataclass(kw_only=True)
class NotifyTrainees(_ChangeStep):
    """Explain a change to the trainees, by the provider."""

    explanation: str

    def decide(self) -> Iterator[Event]:
        asked = self.seen.known(self.change)
        reasoned(self.explanation, needed=True, field="explanation")
        yield TraineesNotified(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            explanation=self.explanation,
        )


@dataclass(kw_only=True)
class CarryOutChange(_ChangeStep):
    """Put a change into effect, by the provider; notes the conditions that it lacks."""

    def decide(self) -> Iterator[Event]:
        asked = self.seen.known(self.change)
        if self.seen.done:
            raise AlreadyCarriedOut(
                zh=f"{self.change} 已经实施", en=f"{self.change} is carried out", field="change"
            )
        yield ChangeCarriedOut(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            change_class=self.seen.change_class,
        )
        if self.seen.change_class is ChangeClass.MAJOR:
            yield from self._missing(asked)

    def _missing(self, asked: ChangeRequested) -> Iterator[Event]:
        approved = self.seen.decided is not None and self.seen.decided.approved
        lacks = {
            "APPROVED": (not approved, "主管部门同意", "the authority's approval"),
            "NOTIFIED_IN_ADVANCE": (not self.seen.notified, "提前告知学员", "advance notice"),
            "EXPLAINED": (not self.seen.notified, "向学员充分说明", "an explanation to trainees"),
        }
        for rule in self.ask.rules.find_all(MajorChange, asked.place, self.ask.on):
            for condition in rule.value.conditions:
                missing, zh, en = lacks.get(condition, (False, "", ""))
                if missing:
                    said = ChangeConditionMissing(
                        zh=f"{asked.offering} 的较大调整缺少：{zh}",
                        en=f"a major change of {asked.offering} lacks {en}",
                        rule=rule,
                        field="change",
                        evidence=tuple(self.seen.evidence),
                    )
                    yield self.finding(said, Outcome.VIOLATION, asked.offering, asked.provider)
