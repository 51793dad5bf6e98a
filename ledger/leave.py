"""Leave: a trainee may be away on a day, which the provider grants (请假).

The hours are deducted all the same (rulebook C-15). Special circumstances are asked for; leave
without them is noted as a deviation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.attendance import Leave, LeaveGranted, LeaveWithoutCause, Roll
from ledger.command import Selector, about, fact
from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.review import reasoned
from ledger.schedule import NoSession


@dataclass(kw_only=True)
class GrantLeave(ClassStep):
    """Let a trainee be away on a day, by the provider."""

    teacher: TeacherId
    day: date
    reason: str
    special: bool

    roll: Roll = fact(default_factory=Roll)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=[EnrollmentConfirmed, EnrollmentWithdrawn]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.roll.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if not opened.opens <= self.day <= opened.closes:
            raise NoSession(
                zh=f"{self.day} 不在 {self.offering} 的培训期间（{opened.opens} 至 "
                f"{opened.closes}）",
                en=f"{self.day} is not in {self.offering} ({opened.opens} to {opened.closes})",
                field="day",
            )
        self.roll.holds(self.teacher, self.offering)
        reasoned(self.reason, needed=True)
        yield LeaveGranted(
            teacher=self.teacher,
            offering=self.offering,
            provider=opened.provider,
            day=self.day,
            reason=self.reason,
        )
        rule = self.ask.rules.pinned(Leave, opened.place, self.room.opened_on)
        if rule is not None and not self.special:
            said = LeaveWithoutCause(
                zh=f"{self.teacher} 请假没有特殊情况，一般不予准假",
                en=f"{self.teacher} was given leave without special circumstances",
                rule=rule,
                field="special",
            )
            yield self.finding(
                said, Outcome.DEVIATION, self.teacher, self.offering, opened.provider
            )
