"""Worth: what a training is worth to one trainee, and what stands against any credit of it.

It is the base less what was missed, and less what was attended beyond the hours that are recognised
of a day. A training that was not completed, was ended, or was told completed against the hours that
were missed is worth nothing (rulebook C-35).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.attendance import ATTENDANCE_EVENTS
from ledger.command import Refused, Selector, about
from ledger.completion import (
    COMPLETION_EVENTS,
    CompletionDenied,
    CompletionGranted,
    CompletionRevoked,
    HoursDeduction,
    Standing,
    TrainingTerminated,
    barred,
)
from ledger.cycle import revocation
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry
from ledger.extent import EXTENT_EVENTS, Extent
from ledger.names import CreditId, JurisdictionId, OfferingId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingOpened
from ledger.plan import Choice
from ledger.recognition import AssignedCounts, HoursPerDay, beyond_days, per_day
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.schedule import Timetable


class NotCompleted(Refused):
    """The training was not completed, so there is nothing to credit."""


class MoreThanWorth(Refused):
    """The credit would be more than the training is worth."""


def credited(base: Decimal, missed: Decimal, beyond: Decimal = ZERO) -> Decimal:
    """What a completed training is worth after missed and unrecognised hours are taken off."""
    return max(base - missed - beyond, ZERO)


@dataclass
class Worth:
    """One trainee's outcome and hours in one class, as the events say them."""

    teacher: TeacherId
    room: ClassRoom = field(default_factory=ClassRoom)
    extent: Extent = field(default_factory=Extent)
    table: Timetable = field(default_factory=Timetable)
    standing: Standing = field(init=False)
    hours_missed: Decimal | None = None
    denied_by: tuple[str, ...] = ()
    denied_on: date | None = None

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    @staticmethod
    def selectors(teacher: TeacherId, offering: OfferingId) -> list[Selector]:
        """The events that it is folded from."""
        mine = [*ENROLLMENT_EVENTS, *ATTENDANCE_EVENTS, *COMPLETION_EVENTS]
        return [
            about(teacher, offering, of=mine),
            about(offering, of=[*OFFERING_EVENTS, *EXTENT_EVENTS]),
        ]

    def learn(self, entry: Entry) -> None:
        """Takes in the events of the class and of the trainee in it; others change nothing."""
        self.room.learn(entry)
        self.extent.learn(entry)
        self.table.learn(entry)
        self.standing.learn(entry)
        match entry.event:
            case CompletionGranted() as event if event.teacher == self.teacher:
                self.hours_missed, self.denied_by = event.hours_missed, ()
            case CompletionDenied() as event if event.teacher == self.teacher:
                self.hours_missed = event.hours_missed
                self.denied_by, self.denied_on = event.rules, None
            case (CompletionRevoked() | TrainingTerminated()) as event:
                if event.teacher == self.teacher:
                    self.denied_by, self.denied_on = event.rules, entry.on
            case _:
                pass

    def applied(self) -> OfferingOpened:
        """The class with the hours that approved changes left of it (C-14)."""
        assert self.room.opened is not None
        return self.extent.applied(self.room.opened)

    def beyond(self, rules: Rulebook) -> Decimal:
        """The hours attended beyond what is recognised of each day."""
        return beyond_days(per_day(rules, self.room), self.table, self.standing.missed)

    def stands_on(self, rules: Rulebook, place: JurisdictionId, day: date) -> tuple[str, ...]:
        """The rules that the amount stands on, where it is credited in that place on that day."""
        assert self.room.opened is not None
        plan, pinned = self.room.opened.plan, self.room.opened_on
        deduction = rules.pinned(HoursDeduction, self.room.opened.place, pinned)
        daily = per_day(rules, self.room) if self.beyond(rules) else None
        mandated = plan.choice is Choice.MANDATED
        assigned = rules.find(AssignedCounts, place, day) if mandated else None
        return tuple(each.id for each in (deduction, daily, assigned) if each)

    def barred(self, rules: Rulebook, credit: CreditId) -> NotCompleted | None:
        """What stands against any credit of the training; nothing of an unsettled one."""
        outcome = self.standing.outcome
        if outcome is None:
            return None
        rule, told = self._denial(rules), outcome
        if outcome == "COMPLETED":
            bar = barred(rules, self._now(), self.standing)
            if bar is None:
                return None
            # Told by another system against what follows from the hours: they earn nothing.
            rule, told = bar[1], f"COMPLETED / {bar[0].value}"
        return self.uncompleted(credit, told, rule)

    def uncompleted(
        self, credit: CreditId, told: str, rule: InForce[Parameters] | None = None
    ) -> NotCompleted:
        """What is said of a credit for a training that was not completed."""
        assert self.room.opened is not None
        name = self.room.opened.offering
        missed = self.standing.missed.evidence if told.startswith("COMPLETED") else ()
        return NotCompleted(
            zh=f"{self.teacher} 在 {name} 没有结业（{told}），不能认定学分",
            en=f"{self.teacher} did not complete {name} ({told}); there is nothing to credit",
            rule=rule,
            field="teacher",
            evidence=(*filter(None, [self.standing.outcome_event]), *missed),
            lacking=revocation(credit, CompletionGranted.NAME, self.teacher, name),
        )

    def exceeded(
        self, rules: Rulebook, credit: CreditId, credits: Decimal, base: Decimal, missed: Decimal
    ) -> MoreThanWorth | None:
        """What is wrong with so many credits of a training with that base."""
        hours = missed if self.hours_missed is None else self.hours_missed
        beyond = self.beyond(rules)
        worth = credited(base, hours, beyond)
        if credits <= worth:
            return None
        assert self.room.opened is not None
        place, pinned = self.room.opened.place, self.room.opened_on
        deduction = rules.pinned(HoursDeduction, place, pinned) if hours else None
        daily = per_day(rules, self.room) if beyond else None
        rule: InForce[HoursDeduction] | InForce[HoursPerDay] | None = deduction or daily
        return more_than_worth(
            credit,
            credits,
            worth,
            f"{base} - {hours} - {beyond}",
            rule,
            self.standing.outcome_event,
        )

    def _now(self) -> ClassRoom:
        return ClassRoom(opened=self.applied(), opened_on=self.room.opened_on)

    def _denial(self, rules: Rulebook) -> InForce[Parameters] | None:
        """The rule of a denial: as it was pinned, that of misconduct on its day (C-33)."""
        if not self.denied_by or self.room.opened is None:
            return None
        day = self.denied_on or self.room.opened_on
        return rules.cited(self.denied_by[0], self.room.opened.place, day)


def more_than_worth(
    credit: CreditId,
    credits: Decimal,
    worth: Decimal,
    sum: str,
    rule: InForce[HoursDeduction] | InForce[HoursPerDay] | None,
    evidence: str,
) -> MoreThanWorth:
    """What is said of a credit above what the training is worth."""
    return MoreThanWorth(
        zh=f"{credit} 的培训至多值 {worth} 学分（{sum}），现为 {credits}；学时有误请先更正学时",
        en=f"the training of {credit} is worth {worth} credits at most ({sum}), not {credits}; "
        "put its hours right first",
        rule=rule,
        field="credits",
        evidence=(evidence,) if evidence else (),
        lacking=revocation(credit),
    )
