"""Retraction (撤回更正申请): who asked for a correction does not ask any more.

A petition that waits for its decision keeps others about the same credit waiting; whoever made it
can take it back, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.adjustment import CreditStep
from ledger.command import Selector, about, fact, premature
from ledger.event import Entry, Event
from ledger.names import Name, PetitionId
from ledger.petition import (
    PETITION_EVENTS,
    CorrectionDecided,
    CorrectionRequested,
    CorrectionWithdrawn,
    PetitionDecided,
)
from ledger.register import unknown
from ledger.review import reasoned
from ledger.text import trimmed


@dataclass(kw_only=True)
class WithdrawCorrection(CreditStep):
    """Take a petition back that nobody has decided, by the teacher, school or bureau that asked."""

    petition: PetitionId

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

    def authority(self) -> Name:
        if self.asked is None:
            raise unknown(self.petition, "petition")
        return self.asked.party

    def decide(self) -> Iterator[Event]:
        asked, requested = self.asked, self.requested
        stands = asked is not None and (asked.credit, asked.teacher) == (self.credit, self.teacher)
        if asked is None or requested is None or not stands:
            raise unknown(self.petition, "petition")
        if self.decided:
            raise PetitionDecided(
                zh=f"{self.petition} 已经决定或撤回",
                en=f"{self.petition} was decided or withdrawn before",
                field="petition",
                evidence=(self.decided,),
            )
        reasoned(self.reason, needed=True)
        zh, en = f"{self.petition} 已申请", f"{self.petition} was asked"
        if early := premature(self.ask.on, requested.on, zh, en, requested.id):
            raise early
        yield CorrectionWithdrawn(
            petition=self.petition,
            credit=self.credit,
            teacher=self.teacher,
            school=asked.school,
            place=asked.place,
            authority=asked.authority,
            party=asked.party,
            reason=trimmed(self.reason),
            reconciliation=asked.reconciliation,
            line=asked.line,
        )
