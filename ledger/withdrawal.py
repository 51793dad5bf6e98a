"""Withdrawal: a teacher takes a choice back, freely before admission, after it on a major change.

Withdrawal after a change carries no penalty: no absence, no denial, no notice (rulebook C-41).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.change import CHANGE_EVENTS, Change, MajorChange
from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import ENROLLMENT_EVENTS, EnrollmentWithdrawn, SelectionStep, Status
from ledger.event import Entry, Event
from ledger.names import ChangeId, Name
from ledger.offering import OFFERING_EVENTS


class WithdrawalClosed(Refused):
    """A confirmed enrollment is withdrawn only after a major change."""


@dataclass(kw_only=True)
class WithdrawSelection(SelectionStep):
    """Withdraw a choice, by the teacher: freely before admission, after it on a major change."""

    reason: str = ""

    changes: dict[ChangeId, Change] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=ENROLLMENT_EVENTS),
            about(self.offering, of=[*OFFERING_EVENTS, *CHANGE_EVENTS]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        change: ChangeId | None = getattr(entry.event, "change", None)
        if change is not None:
            self.changes.setdefault(change, Change()).learn(entry)

    def authority(self) -> Name:
        return self.teacher

    def decide(self) -> Iterator[Event]:
        school = self.chosen()
        opened = self.room.known(self.offering)
        if not self.choice.stands:
            raise self.steps()
        admitted = self.choice.status is Status.PROVIDER_CONFIRMED
        changed = any(each.opens_withdrawal for each in self.changes.values())
        if admitted and not changed:
            yield from self.gate(
                WithdrawalClosed(
                    zh=f"{self.teacher} 已被 {self.offering} 确认；培训方案没有较大调整，不能退选",
                    en=f"{self.teacher} is admitted to {self.offering} and no major change of it "
                    "gives the right to withdraw",
                    rule=self.ask.rules.find(MajorChange, opened.place, self.ask.on),
                    field="offering",
                    evidence=(self.choice.evidence,),
                ),
                self.teacher,
                self.offering,
            )
        yield EnrollmentWithdrawn(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            term=opened.term,
            admitted=admitted,
            after_change=admitted and changed,
            reason=self.reason,
        )
