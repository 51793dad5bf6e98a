"""Change: altering a published plan, and the right to withdraw that a major change gives.

The authority sets the class of a change; until it does, the kinds that the rules in force list
count as major and the rest as minor (rulebook C-19). The rules are those of the day on which the
class was opened (C-33). *In advance* is on an earlier day than the change takes effect, and the
right to withdraw must have been open on an earlier day too: it opens with the approval of a major
change, or with the notice of one that is not decided. Withdrawal carries no penalty (C-41).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.event import Entry, Event, unchanged
from ledger.fault import Fault
from ledger.names import ChangeId, JurisdictionId, Name, OfferingId, ProviderId, TermId
from ledger.offering import OFFERING_EVENTS, ClassStep, DatesChanged, OfferingOpened
from ledger.plan import Choice
from ledger.redating import moved_by_provider
from ledger.register import taken, unknown
from ledger.regulation import Parameters, Rulebook
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
    MANDATE_TO_CHOICE = "MANDATE_TO_CHOICE"
    ROOM_CHANGED = "ROOM_CHANGED"
    LESSONS_REORDERED = "LESSONS_REORDERED"


class ChangeClass(Enum):
    """Whether a change is major."""

    MAJOR = "MAJOR"
    MINOR = "MINOR"


CONDITIONS = frozenset(
    {"APPROVED", "NOTIFIED_IN_ADVANCE", "EXPLAINED", "UNDERSTOOD", "WITHDRAWAL_ALLOWED"}
)


class ChangeRequested(Event, name="change.requested", version=2):
    """A provider asked to alter a published plan; ``pinned``: the day that chooses the rules.

    ``opens`` and ``closes`` are the new days of the class, where the change names them.
    """

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    kinds: tuple[ChangeKind, ...]
    description: str
    opens: date | None = None
    closes: date | None = None
    pinned: date | None = None
    term: TermId | None = None
    choice: Choice | None = None

    @property
    def dated(self) -> bool:
        """Whether it names new days."""
        return self.opens is not None or self.closes is not None


ChangeRequested.upcast(from_version=1)(unchanged)


class ChangeDecided(Event, name="change.decided"):
    """The authority approved or refused a change and set its class."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    approved: bool
    change_class: ChangeClass
    reason: str


class TraineesNotified(Event, name="change.trainees-notified", version=2):
    """The provider explained a change to the trainees; ``understood``: and they accepted it."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    explanation: str
    understood: bool | None = None


TraineesNotified.upcast(from_version=1)(unchanged)


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


class MajorChange(
    Parameters,
    kind="major-change",
    zh="所列种类的调整（主管部门另定等级的从其规定）实施时，缺一个条件记一项违规。",
    scope=(),
    many=True,
    words={"conditions": CONDITIONS, "major": ChangeKind},
):
    """Each condition that a major change lacks when it takes effect is a violation.

    ``major`` lists the kinds that count as major until the authority sets the class.
    """

    conditions: tuple[str, ...]
    major: tuple[str, ...] = ()


class NothingToChange(Refused):
    """No kind of change is named, or the class is over."""


@dataclass
class Change:
    """A change as the events say it."""

    requested: ChangeRequested | None = None
    requested_on: date | None = None
    decided: ChangeDecided | None = None
    decided_on: date | None = None
    notified_on: date | None = None
    understood: bool | None = None
    done: ChangeCarriedOut | None = None
    evidence: list[str] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Takes in the change's events; others change nothing."""
        match entry.event:
            case ChangeRequested() as event:
                self.requested, self.requested_on = event, entry.on
            case ChangeDecided() as event:
                self.decided, self.decided_on = event, entry.on
            case TraineesNotified(understood=understood):
                self.notified_on = min(self.notified_on or entry.on, entry.on)
                # Once understood, a further notice does not undo it.
                self.understood = self.understood or understood
            case ChangeCarriedOut() as event:
                self.done = event
            case _:
                return
        self.evidence.append(entry.id)

    def known(self, change: ChangeId) -> ChangeRequested:
        """The request. Raises ``UnknownReference``."""
        if self.requested is None:
            raise unknown(change, "change")
        return self.requested

    def early(self, today: date) -> Refused | None:
        """What is wrong with a later step that is dated before the request."""
        asked = self.requested
        assert asked is not None
        zh, en = f"{asked.change} 已提出申请", f"{asked.change} was asked for"
        return premature(today, self.requested_on, zh, en, *self.evidence[:1])

    @property
    def approves(self) -> bool:
        """Whether the authority approved it."""
        return self.decided is not None and self.decided.approved

    def change_class(self, rules: Rulebook, on: date) -> ChangeClass:
        """As the authority set it, or as it took effect, else by the kinds that rules list."""
        if self.decided is not None:
            return self.decided.change_class
        if self.done is not None:
            return self.done.change_class
        asked = self.requested
        assert asked is not None
        kinds = {each.value for each in asked.kinds}
        found = rules.pinned_all(MajorChange, asked.place, asked.pinned or on)
        major = any(kinds & set(each.value.major) for each in found)
        return ChangeClass.MAJOR if major else ChangeClass.MINOR

    def withdrawal_opened(self, rules: Rulebook, on: date) -> date | None:
        """From which day trainees may withdraw on its account, before it takes effect."""
        if self.requested is None or self.change_class(rules, on) is ChangeClass.MINOR:
            return None
        if self.decided is None:
            return self.notified_on
        return self.decided_on if self.decided.approved else None

    def opens_withdrawal(self, rules: Rulebook, on: date) -> bool:
        """Whether trainees may withdraw now: a major change approved, told of, or carried out."""
        if self.withdrawal_opened(rules, on) is not None:
            return True
        if self.requested is None or self.done is None:
            return False
        return self.change_class(rules, on) is ChangeClass.MAJOR


@dataclass(kw_only=True)
class RequestChange(ClassStep):
    """Ask to alter a published plan, by the provider."""

    change: ChangeId
    kinds: tuple[ChangeKind, ...]
    description: str
    opens: date | None = None
    closes: date | None = None

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
        opened: OfferingOpened = self.running()
        if not self.kinds or self.ask.on > opened.closes:
            raise NothingToChange(
                zh=f"须写明调整的种类，且 {self.offering} 尚未结束（{opened.closes}）",
                en=f"say what kinds of change, while {self.offering} runs (to {opened.closes})",
                field="kinds",
            )
        if self.seen:
            raise taken(self.change, "change")
        reasoned(self.description, needed=True, field="description")
        self._days(opened)
        if ChangeKind.DATES_CHANGED in self.kinds:
            subjects = (self.offering, opened.provider)
            yield from self.gate(moved_by_provider(self, opened), *subjects)
        yield ChangeRequested(
            change=self.change,
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            kinds=self.kinds,
            description=self.description,
            opens=self.opens,
            closes=self.closes,
            pinned=self.room.opened_on,
            term=opened.term,
            choice=opened.plan.choice,
        )

    def _days(self, opened: OfferingOpened) -> None:
        if self.opens is None and self.closes is None:
            return
        if ChangeKind.DATES_CHANGED not in self.kinds:
            raise Fault(
                "DATES_NOT_NAMED",
                zh="写了新的日期，调整内容中却没有变更日期（DATES_CHANGED）",
                en="new days are given, but DATES_CHANGED is not among the kinds",
                field="kinds",
            )
        first, last = self.opens or opened.opens, self.closes or opened.closes
        if last < first:
            raise Fault(
                "DAYS_REVERSED",
                zh=f"结束日 {last} 早于开班日 {first}",
                en=f"the last day {last} lies before the first {first}",
                field="closes",
            )


@dataclass(kw_only=True)
class ChangeStep(Command):
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
class DecideChange(ChangeStep):
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
        yield from self.gate(self.seen.early(self.ask.on), asked.offering, asked.provider)
        yield ChangeDecided(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            place=asked.place,
            approved=self.approved,
            change_class=self.change_class,
            reason=self.reason,
        )
        if self.approved and self.seen.done is not None:
            yield from new_days(asked)


@dataclass(kw_only=True)
class NotifyTrainees(ChangeStep):
    """Explain a change to the trainees, by the provider; ``understood``: and they accept it."""

    explanation: str
    understood: bool

    def decide(self) -> Iterator[Event]:
        asked = self.seen.known(self.change)
        reasoned(self.explanation, needed=True, field="explanation")
        yield TraineesNotified(
            change=self.change,
            offering=asked.offering,
            provider=asked.provider,
            explanation=self.explanation,
            understood=self.understood,
        )


def new_days(asked: ChangeRequested) -> Iterator[Event]:
    """The days that an approved change gives a class once it takes effect, where it names any."""
    if asked.dated:
        yield DatesChanged(
            change=asked.change,
            offering=asked.offering,
            provider=asked.provider,
            place=asked.place,
            opens=asked.opens,
            closes=asked.closes,
        )
