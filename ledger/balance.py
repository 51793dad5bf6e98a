"""Balance: what a teacher had on the old platform, taken over in one amount (期初余额).

It counts like a credit of its kind and is marked as what it is: no training stands behind it, so it
is no long training, and one that spans years is of no single year. Of an uncertain one nobody can
tell what it comes to; where a verdict hangs on it, that is undecided. It is corrected and revoked
like any credit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.amount import ZERO, exact
from ledger.command import Command, Refused, Selector, about, fact
from ledger.credit import CREDIT_EVENTS, CreditAwarded, CreditKind, gone_after
from ledger.cycle import CYCLE_EVENTS, YEARS_DEFAULT, CycleTotal, Starts, cycle_on
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import CreditId, JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import WrongDay, taken
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.text import filled


class Certainty(Enum):
    """Whether the old platform's amount is certain."""

    CERTAIN = "CERTAIN"
    UNCERTAIN = "UNCERTAIN"


class BalanceOpened(Event, name="balance.opened", effective="completed"):
    """What a teacher had on another platform from one day to another was taken over.

    ``source``: the platform and what it says; ``completed`` decides the cycle it belongs to.
    """

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    kind: CreditKind
    credits: Decimal
    since: date
    completed: date
    certainty: Certainty
    source: str


class BalanceTwice(Refused):
    """A balance of the kind covers some of these days already."""


class CreditedHere(Refused):
    """A training of the kind and of these days is credited in the ledger itself."""


@dataclass
class Balances:
    """The opening balances of a teacher, and which credits are taken back."""

    told: dict[CreditId, tuple[BalanceOpened, str]] = field(default_factory=dict)
    gone: frozenset[CreditId] = frozenset()

    def learn(self, entry: Entry) -> None:
        """Takes in balances, and what becomes of credits; others change nothing."""
        if isinstance(entry.event, BalanceOpened):
            self.told[entry.event.credit] = entry.event, entry.id
        self.gone = gone_after(self.gone, entry)

    def beside(
        self, credit: CreditId, kind: CreditKind, since: date, completed: date
    ) -> BalanceTwice | None:
        """What is wrong with another credit as a balance of a kind for these days."""
        for event, evidence in self.told.values():
            apart = event.completed < since or completed < event.since
            stands = event.credit != credit and event.credit not in self.gone
            if event.kind is kind and stands and not apart:
                return BalanceTwice(
                    zh=f"{event.teacher} 在 {event.since} 至 {event.completed} 已有同类期初余额 "
                    f"{event.credit}；有误请更正或撤销",
                    en=f"{event.teacher} has the balance {event.credit} for {event.since} to "
                    f"{event.completed}; correct or revoke it instead",
                    field="completed",
                    evidence=(evidence,),
                )
        return None


@dataclass(kw_only=True)
class OpenBalance(Command):
    """Take over what a teacher has on another platform, by the bureau.

    ``since``: the first day that it covers; the first of the cycle, where none is said.
    """

    credit: CreditId
    teacher: TeacherId
    kind: CreditKind
    credits: Decimal
    completed: date
    certainty: Certainty
    source: str
    since: date | None = None

    now: Whereabouts = fact(default_factory=Whereabouts)
    starts: Starts = fact(default_factory=Starts)
    used: bool = fact(default=False)
    balances: Balances = fact(default_factory=Balances)
    lines: dict[CreditId, tuple[CreditKind, date, str]] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        credited: list[type[Event]] = [*CREDIT_EVENTS, SchoolBasedRecognised, BalanceOpened]
        return [
            about(self.credit, of=[CreditAwarded, SchoolBasedRecorded, BalanceOpened]),
            about(self.teacher, of=[*TEACHER_EVENTS, *CYCLE_EVENTS, *credited]),
        ]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        self.starts.learn(entry)
        event = entry.event
        if getattr(event, "credit", None) == self.credit:
            self.used = True
        self.balances.learn(entry)
        match event:
            case CreditAwarded(credit=credit, kind=kind, completed=completed):
                self.lines[credit] = kind, completed, entry.id
            case SchoolBasedRecognised(credit=credit, completed=completed, approved=True):
                self.lines[credit] = CreditKind.SCHOOL_BASED, completed, entry.id
            case _:
                pass

    def authority(self) -> Name:
        self.now.known(self.teacher)
        return self.now.then(self.ask).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        school = self.now.known(self.teacher)
        if self.used:
            raise taken(self.credit, "credit")
        credits = exact(self.credits, "credits")
        if credits == ZERO:
            raise Fault(
                "BAD_AMOUNT",
                zh="期初余额须大于 0",
                en="a balance is more than nothing",
                field="credits",
            )
        happened(self.completed, self.ask.on, "completed")
        since = self._since()
        if twice := self.balances.beside(self.credit, self.kind, since, self.completed):
            raise twice
        yield from self.gate(self._credited(since), self.credit, self.teacher, school)
        yield BalanceOpened(
            credit=self.credit,
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            kind=self.kind,
            credits=credits,
            since=since,
            completed=self.completed,
            certainty=self.certainty,
            source=filled(self.source, "source"),
        )

    def _since(self) -> date:
        entered = self.now.entered
        assert entered is not None
        rule = self.ask.rules.find(CycleTotal, self.now.place, self.completed)
        years = rule.value.years if rule else YEARS_DEFAULT
        start = cycle_on(entered, self.completed, years, tuple(self.starts.opened)).start
        since = self.since or start
        if self.completed < entered or not start <= since <= self.completed:
            raise WrongDay(
                zh=f"{since} 至 {self.completed} 须在同一周期内（该周期自 {start} 起），"
                "跨周期的请分开填写",
                en=f"{since} to {self.completed} must lie in one cycle, which begins on {start}; "
                "divide what spans two",
                field="since",
            )
        return since

    def _credited(self, since: date) -> CreditedHere | None:
        for credit, (kind, completed, evidence) in self.lines.items():
            within = since <= completed <= self.completed
            if kind is self.kind and within and credit not in self.balances.gone:
                return CreditedHere(
                    zh=f"{credit} 于 {completed} 结束，同类学分本账本已有，余额可能重复计算",
                    en=f"{credit}, completed on {completed}, is in the ledger itself; the balance "
                    "may count it twice",
                    field="completed",
                    evidence=(evidence,),
                )
        return None
