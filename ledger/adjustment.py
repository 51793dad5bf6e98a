"""Adjustment: the amount of a credit is put right, or the credit taken back, by the bureau.

A correction never gives more than the training is worth, and nothing for one that was not
completed: wrong hours are put right first, and what follows from them follows (rulebook C-35).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ledger.account import Account
from ledger.amount import ZERO, exact
from ledger.balance import BalanceOpened, Balances
from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.completion import HoursDeduction
from ledger.credit import CREDIT_EVENTS, CreditCorrected, Credited, CreditRevoked
from ledger.event import Entry, Event
from ledger.names import CreditId, Name, TeacherId
from ledger.offering import OfferingOpened
from ledger.review import reasoned
from ledger.school_based import SCHOOL_BASED_EVENTS, SchoolBasedRecognised, Trainings
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.worth import Worth, credited, more_than_worth

OTHER_CREDITS: list[type[Event]] = [SchoolBasedRecognised, BalanceOpened]


@dataclass(kw_only=True)
class CreditStep(Command):
    """What corrections of a credit share."""

    credit: CreditId
    teacher: TeacherId
    reason: str

    now: Whereabouts = fact(default_factory=Whereabouts)
    account: Account = fact(default_factory=Account)

    def boundary(self) -> list[Selector]:
        return [
            about(self.credit, self.teacher, of=[*CREDIT_EVENTS, *OTHER_CREDITS]),
            about(self.teacher, of=TEACHER_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        if getattr(entry.event, "credit", self.credit) == self.credit:
            self.account.learn(entry)

    def authority(self) -> Name:
        return self.account.owner(self.credit)

    def above_base(self, credits: Decimal) -> Refused | None:
        """What is wrong with more than the training is worth to one who missed nothing of it."""
        awarded, told = self.account.awarded, self.account.recognised
        if told is not None:
            most, place, day = told.hours, told.place, told.completed
        elif awarded is not None:
            most, place, day = awarded.base_credits, awarded.place, awarded.completed
        else:
            return None  # no training says what it is worth at most
        if credits <= most:
            return None
        rule = self.ask.rules.find(HoursDeduction, place, day)
        evidence = self.account.evidence
        return more_than_worth(self.credit, credits, most, f"{most} - 0", rule, evidence)

    def revoked(self) -> CreditRevoked:
        """That the bureau takes the whole of it back."""
        return CreditRevoked(
            credit=self.credit,
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            credits_before=self.account.credits,
            corrects=self.account.evidence,
            reason=self.reason,
            decided=True,
        )

    def early(self) -> Refused | None:
        """The gate on a step that is dated before what it puts right."""
        zh, en = f"{self.credit} 已认定或更正", f"{self.credit} was awarded or corrected"
        return premature(self.ask.on, self.account.day, zh, en, self.account.evidence)


@dataclass(kw_only=True)
class CorrectCredit(CreditStep):
    """Put the amount of a credit right, also of a revoked one, by the bureau that awarded it.

    Nothing of it takes it back, with whatever followed from it (RA19-03 §二, ZJ14-09 §三).
    """

    credits: Decimal

    worth: Worth = fact(default=None)
    balances: Balances = fact(default_factory=Balances)
    trainings: Trainings = fact(default_factory=Trainings)
    credited: Credited = fact(default_factory=Credited)

    def __post_init__(self) -> None:
        self.worth = Worth(self.teacher)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.teacher, of=CREDIT_EVENTS)]

    def beyond(self) -> list[Selector]:
        awarded = self.account.awarded
        if awarded is None:
            return [about(self.teacher, of=[BalanceOpened, *SCHOOL_BASED_EVENTS])]
        others = self.credited.awarded if self.credit in self.credited.gone else ()
        classes = [about(each, of=[OfferingOpened]) for each in others]
        return [*Worth.selectors(self.teacher, awarded.offering), *classes]

    def learn(self, entry: Entry) -> None:
        own = self.account.awarded
        if self.credited.learn(entry, own.offering if own else None):
            return
        super().learn(entry)
        self.worth.learn(entry)
        self.balances.learn(entry)
        self.trainings.learn(entry)

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        reasoned(self.reason, needed=True)
        credits = exact(self.credits, "credits")
        worth = self._barred(credits), self._exceeded(credits)
        for said in (self.early(), *worth, self._replaced(credits)):
            yield from self.gate(said, self.credit, self.teacher)
        if credits == ZERO:
            yield self.revoked()
            return
        yield CreditCorrected(
            credit=self.credit,
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            credits_before=self.account.credits,
            credits=credits,
            corrects=self.account.evidence,
            reason=self.reason,
            decided=True,
        )

    def _barred(self, credits: Decimal) -> Refused | None:
        """What stands against any credit; nothing of it is always right."""
        return self.worth.barred(self.ask.rules, self.credit) if credits else None

    def _replaced(self, credits: Decimal) -> Refused | None:
        """What stands against a credit that was taken back: another that came in its place."""
        if not credits or self.credit not in self.credited.gone:
            return None
        if own := self.account.balance:
            return self.balances.beside(self.credit, own.kind, own.since, own.completed)
        if told := self.account.recognised:
            return self.trainings.beside(told)
        opened = self.worth.room.opened
        return None if opened is None else self.credited.beside(self.credit, opened)

    def _exceeded(self, credits: Decimal) -> Refused | None:
        if self.account.balance is not None:
            return None  # no training says what it is worth at most
        awarded, told = self.account.awarded, self.account.recognised
        if awarded is not None and self.worth.room.opened is not None:
            base, missed = awarded.base_credits, awarded.hours_missed
            return self.worth.exceeded(self.ask.rules, self.credit, credits, base, missed)
        if told is not None:
            # An hour is a credit at most (C-01), also where the school said less.
            base, missed, place, day = told.hours, told.hours_missed, told.place, told.completed
        else:
            assert awarded is not None, "the credit has an owner"
            base, missed = awarded.base_credits, awarded.hours_missed
            place, day = awarded.place, awarded.completed
        most = credited(base, missed)
        if credits <= most:
            return None
        rule = self.ask.rules.find(HoursDeduction, place, day) if missed else None
        evidence = self.account.evidence
        return more_than_worth(self.credit, credits, most, f"{base} - {missed}", rule, evidence)


@dataclass(kw_only=True)
class RevokeCredit(CreditStep):
    """Take a credit back whole, by the bureau that awarded it."""

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        self.account.stands(self.credit)
        reasoned(self.reason, needed=True)
        yield from self.gate(self.early(), self.credit, self.teacher)
        yield self.revoked()
