"""Petition: somebody asks that a credit be put right (更正申请), and its bureau decides.

The teacher, the school and the bureaus may ask; the bureau that awarded the credit decides, and a
petition that is granted corrects the credit in the same append, under the rules of any correction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ledger.adjustment import CorrectCredit, CreditStep
from ledger.amount import ZERO, exact
from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.line import LineShown, NoSuchLine, require_line
from ledger.names import (
    CreditId,
    JurisdictionId,
    Name,
    PetitionId,
    ReconciliationId,
    SchoolId,
    TeacherId,
)
from ledger.reconciliation import RESULT_EVENTS, Desk
from ledger.register import taken, unknown
from ledger.review import reasoned
from ledger.text import trimmed


class CorrectionRequested(Event, name="petition.correction-requested"):
    """Somebody asks that a credit be put right; ``line`` is that of a reconciliation."""

    petition: PetitionId
    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    authority: JurisdictionId
    party: Name
    credits_before: Decimal
    credits: Decimal
    reason: str
    evidence: str
    reconciliation: ReconciliationId | None = None
    line: int | None = None


class CorrectionDecided(Event, name="petition.correction-decided"):
    """The bureau that awarded the credit granted or declined what was asked."""

    petition: PetitionId
    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    authority: JurisdictionId
    granted: bool
    reason: str
    credits: Decimal | None = None


class CorrectionWithdrawn(Event, name="petition.correction-withdrawn"):
    """Who had asked for a correction does not ask for it any more; nobody had decided."""

    petition: PetitionId
    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    authority: JurisdictionId
    party: Name
    reason: str
    reconciliation: ReconciliationId | None = None
    line: int | None = None


PETITION_EVENTS: list[type[Event]] = [CorrectionRequested, CorrectionDecided, CorrectionWithdrawn]


class NothingAsked(Refused):
    """The credit has the amount that is asked for."""


class PetitionPending(Refused):
    """Somebody asked for a correction of the same credit, and nobody has decided."""


class PetitionDecided(Refused):
    """The petition was decided before."""


class SameActor(Refused):
    """Who asked for a correction decides about it."""


class MoreThanAsked(Refused):
    """What is granted does not lie between what stands and what was asked for."""


class AmountMissing(Refused):
    """A petition that is granted needs the credits that are granted, and no other does."""


@dataclass(kw_only=True)
class RequestCorrection(CreditStep):
    """Ask that a credit be put right, by its teacher, the teacher's school, or a bureau of either.

    ``credits``: what it should be; 0 takes it back. ``line``: where a reconciliation showed it;
    ``shown``: what that line says.
    """

    petition: PetitionId
    credits: Decimal
    reconciliation: ReconciliationId | None = None
    line: int | None = None
    shown: LineShown | None = None

    known: bool = fact(default=False)
    desk: Desk = fact(default_factory=Desk)
    pending: dict[PetitionId, str] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.petition, of=[CorrectionRequested]),
            about(self.credit, self.teacher, of=PETITION_EVENTS),
            *([about(self.reconciliation, of=RESULT_EVENTS)] if self.reconciliation else []),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case CorrectionRequested(petition=petition, credit=credit):
                self.known = self.known or petition == self.petition
                if credit == self.credit:
                    self.pending[petition] = entry.id
            case CorrectionDecided(petition=petition) | CorrectionWithdrawn(petition=petition):
                self.pending.pop(petition, None)
            case _:
                self.desk.learn(entry)

    def authority(self) -> Name:
        now = self.now.then(self.ask)
        school, owner = now.known(self.teacher), self.account.owner(self.credit)
        # Each of them may ask; whoever it is speaks for one of them.
        parties = (self.teacher, school, owner)
        scope = self.ask.asker.scope if self.ask else None
        return next((each for each in parties if each == scope), now.place)

    def territory(self) -> JurisdictionId:
        return self.now.then(self.ask).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        if self.known:
            raise taken(self.petition, "petition")
        self._check_line()
        reasoned(self.reason, needed=True)
        credits = exact(self.credits, "credits")
        if credits == self.account.credits:
            raise NothingAsked(
                zh=f"{self.credit} 现为 {credits} 学分，与所申请的相同",
                en=f"{self.credit} has {credits} credits already, as is asked",
                field="credits",
                evidence=(self.account.evidence,),
            )
        if self.pending:
            raise PetitionPending(
                zh=f"{self.credit} 已有一份更正申请尚未决定",
                en=f"another petition about {self.credit} is still to be decided",
                field="credit",
                evidence=tuple(self.pending.values()),
            )
        if wrong := self.early() or self.above_base(credits):
            raise wrong
        yield CorrectionRequested(
            petition=self.petition,
            credit=self.credit,
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            authority=self.account.owner(self.credit),
            party=self.authority(),
            credits_before=self.account.credits,
            credits=credits,
            reason=trimmed(self.reason),
            evidence=self.account.evidence,
            reconciliation=self.reconciliation,
            line=self.line,
        )

    def _check_line(self) -> None:
        if self.reconciliation is not None:
            claim = self.line, self.shown, self.teacher, self.credit
            require_line(self.desk, self.reconciliation, *claim, asker=self.ask.asker)
        elif self.line is not None:
            raise NoSuchLine(
                zh="只有 line 而没有 reconciliation，无从知道是哪次对账的行",
                en="a line needs the reconciliation whose line it is",
                field="line",
            )


@dataclass(kw_only=True)
class DecideCorrection(CorrectCredit):
    """Grant or decline a petition, by the bureau that awarded the credit.

    Granting corrects the credit to ``credits``, which need not be all that was asked for and is
    never more. Who asked does not decide.
    """

    petition: PetitionId
    granted: bool
    credits: Decimal | None = None  # type: ignore[assignment]  # none where it is declined

    asked: CorrectionRequested | None = fact(default=None)
    requested: Entry | None = fact(default=None)
    decided: str = fact(default="")

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.petition, of=PETITION_EVENTS)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case CorrectionRequested() as event:
                self.asked, self.requested = event, entry
            case CorrectionDecided() | CorrectionWithdrawn():
                self.decided = entry.id
            case _:
                super().learn(entry)

    def decide(self) -> Iterator[Event]:
        self.now, asked = self.now.then(self.ask), self.asked
        if asked is None or (asked.credit, asked.teacher) != (self.credit, self.teacher):
            raise unknown(self.petition, "petition")
        if self.decided:
            raise PetitionDecided(
                zh=f"{self.petition} 已经决定或撤回",
                en=f"{self.petition} was decided or withdrawn before",
                field="petition",
                evidence=(self.decided,),
            )
        reasoned(self.reason, needed=True)
        if self.granted is (self.credits is None):
            raise AmountMissing(
                zh="同意更正须写明核定的学分 credits，不同意则不写",
                en="granting needs the credits that are granted; declining takes none",
                field="credits",
            )
        for said in (self._own(), self._beyond(asked)):
            yield from self.gate(said, self.credit, self.teacher)
        corrected = list(super().decide()) if self.credits is not None else []
        yield CorrectionDecided(
            petition=self.petition,
            credit=self.credit,
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            authority=self.account.owner(self.credit),
            granted=self.granted,
            reason=trimmed(self.reason),
            credits=None if self.credits is None else exact(self.credits or ZERO, "credits"),
        )
        yield from corrected

    def _own(self) -> Refused | None:
        """What is wrong with a decision by whoever asked."""
        requested = self.requested
        if requested is None or requested.actor != self.ask.asker.actor:
            return None
        return SameActor(
            zh=f"{self.petition} 由 {requested.actor} 申请，不能由本人决定",
            en=f"{requested.actor} asked for {self.petition} and does not decide about it",
            field="petition",
            evidence=(requested.id,),
        )

    def _beyond(self, asked: CorrectionRequested) -> Refused | None:
        """What is wrong with granting what nobody asked for: between the two amounts, or asked."""
        if self.credits is None:
            return None
        credits = exact(self.credits, "credits")
        least, most = sorted((asked.credits_before, asked.credits))
        if least <= credits <= most:
            return None
        return MoreThanAsked(
            zh=f"申请由 {asked.credits_before} 学分改为 {asked.credits}，核定 {credits} "
            f"不在 {least} 与 {most} 之间",
            en=f"{asked.credits} instead of {asked.credits_before} was asked for; {credits} does "
            f"not lie between {least} and {most}",
            field="credits",
            evidence=(self.requested.id,) if self.requested else (),
        )
