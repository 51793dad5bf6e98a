"""Account: one credit entry as its events say it, whatever kind of training it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.balance import BalanceOpened
from ledger.command import Refused
from ledger.credit import CreditAwarded, CreditCorrected, CreditRevoked
from ledger.event import Entry
from ledger.names import CreditId, JurisdictionId
from ledger.register import unknown
from ledger.school_based import SchoolBasedRecognised


class NotCredited(Refused):
    """There is no such credit, or it was revoked."""


@dataclass
class Account:
    """One credit entry as the events say it, from a training or from the school.

    ``decided``: how much of it the bureau itself left, whatever followed from the hours since.
    """

    awarded: CreditAwarded | None = None
    recognised: SchoolBasedRecognised | None = None
    balance: BalanceOpened | None = None
    authority: JurisdictionId | None = None
    credits: Decimal = ZERO
    missed: Decimal = ZERO
    beyond: Decimal = ZERO
    revoked: bool = False
    decided: Decimal | None = None
    evidence: str = ""
    day: date | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in the credit's events; others change nothing."""
        match entry.event:
            case CreditAwarded() as event:
                self.awarded, self.credits, self.revoked = event, event.credits, False
                self.authority = event.authority
                self.missed, self.beyond = event.hours_missed, event.hours_beyond
            case SchoolBasedRecognised(approved=True) as event:
                self.credits, self.revoked, self.authority = event.credits, False, event.place
                self.recognised = event
            case BalanceOpened() as event:
                self.credits, self.revoked, self.authority = event.credits, False, event.place
                self.balance = event
            case CreditCorrected() as event:
                # A credit put right after it was revoked stands again.
                self.credits, self.revoked = event.credits, False
                self.decided = event.credits if event.decided else self.decided
                self.missed = self.missed if event.hours_missed is None else event.hours_missed
                self.beyond = self.beyond if event.hours_beyond is None else event.hours_beyond
            case CreditRevoked(decided=decided):
                self.credits, self.revoked = ZERO, True
                self.decided = ZERO if decided else self.decided
            case _:
                return
        self.evidence, self.day = entry.id, entry.on

    def owner(self, credit: CreditId) -> JurisdictionId:
        """The bureau that awarded it. Raises ``UnknownReference``."""
        if self.authority is None:
            raise unknown(credit, "credit")
        return self.authority

    def stands(self, credit: CreditId) -> None:
        """Raises ``NotCredited`` for a credit that was revoked."""
        if self.revoked:
            raise NotCredited(zh=f"{credit} 已经撤销", en=f"{credit} was revoked", field="credit")
