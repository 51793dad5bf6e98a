"""Correction: attendance that was recorded wrong, and all that follows.

One append holds the corrected hours and, where the outcome was settled already, the outcome and
the credit that now follow. Both old and new events stay (rulebook C-35, case W-027).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.account import Account
from ledger.amount import ZERO, exact
from ledger.attendance import ATTENDANCE_EVENTS, AttendanceCorrected, AttendanceRecorded, within
from ledger.command import Refused, Selector, about, fact
from ledger.completion import (
    COMPLETION_EVENTS,
    CompletionDenied,
    CompletionGranted,
    Standing,
    barred,
    settled,
    undecided,
)
from ledger.credit import (
    CREDIT_EVENTS,
    CreditAwarded,
    CreditCorrected,
    Credited,
    CreditRevoked,
)
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry, Event
from ledger.extent import EXTENT_EVENTS, Extent
from ledger.finding import Outcome
from ledger.judgement import unassessed
from ledger.names import TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.parallel import Family
from ledger.recognition import beyond_days, per_day
from ledger.review import reasoned
from ledger.schedule import Half, Timetable
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.worth import credited


class NothingToCorrect(Refused):
    """The half-day has no record, or it says so already."""


class OutcomeOverturned(Refused):
    """A correction overturned an outcome that another system told against the hours."""


@dataclass(kw_only=True)
class CorrectAttendance(ClassStep):
    """Put one trainee's missed hours of a half-day right, by the provider."""

    teacher: TeacherId
    day: date
    half: Half
    hours: Decimal
    reason: str

    now: Whereabouts = fact(default_factory=Whereabouts)
    table: Timetable = fact(default_factory=Timetable)
    account: Account = fact(default_factory=Account)
    credited: Credited = fact(default_factory=Credited)
    extent: Extent = fact(default_factory=Extent)
    recorded: str | None = fact(default=None)
    standing: Standing = fact(default=None)

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        mine = [*ENROLLMENT_EVENTS, *ATTENDANCE_EVENTS, *COMPLETION_EVENTS, *CREDIT_EVENTS]
        return [
            about(self.teacher, self.offering, of=mine),
            about(self.teacher, of=[*TEACHER_EVENTS, *CREDIT_EVENTS]),
            about(self.offering, of=[*OFFERING_EVENTS, *EXTENT_EVENTS, AttendanceRecorded]),
        ]

    def beyond(self) -> list[Selector]:
        return Family.selectors(self.room.opened) if self.account.revoked else []

    def learn(self, entry: Entry) -> None:
        if self.credited.learn(entry, self.offering):
            return
        self.now.learn(entry)
        super().learn(entry)
        self.table.learn(entry)
        self.extent.learn(entry)
        self.standing.learn(entry)
        match entry.event:
            case AttendanceRecorded(day=day, half=half) if (day, half) == (self.day, self.half):
                self.recorded = entry.id
            case CreditAwarded(offering=offering) if offering == self.offering:
                self.account.learn(entry)
            case CreditCorrected(credit=credit) | CreditRevoked(credit=credit):
                if self.account.awarded and credit == self.account.awarded.credit:
                    self.account.learn(entry)
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        opened = self.room.opened = self.extent.applied(self.room.known(self.offering))
        self.standing.enrolled(self.offering)
        reasoned(self.reason, needed=True)
        hours = exact(self.hours)
        key = (self.day, self.half)
        missed = self.standing.missed
        before = (missed.halves or {}).get(key, ZERO)
        if self.recorded is None or hours == before:
            raise NothingToCorrect(
                zh=f"{self.offering} {self.day} {self.half.value} 没有出勤记录，或缺课本来就是 "
                f"{before} 学时",
                en=f"{self.offering} has no record on {self.day} {self.half.value}, or it already "
                f"says {before} hours",
                field="hours",
            )
        session = self.table.session(self.offering, self.day, self.half)
        within(self.teacher, hours, session, missed.total - before + hours, opened.plan.hours)
        yield AttendanceCorrected(
            teacher=self.teacher,
            offering=self.offering,
            provider=opened.provider,
            day=self.day,
            half=self.half,
            hours_before=before,
            hours=hours,
            corrects=(missed.events or {}).get(key, self.recorded),
            reason=self.reason,
        )
        due = barred(self.ask.rules, self.room, self.standing) is None
        told = due is not (self.standing.outcome == "COMPLETED")
        missed.halves = {**(missed.halves or {}), key: hours}
        # What was taken back for a breach does not come back with better attendance.
        if self.standing.outcome in ("COMPLETED", "NOT_COMPLETED") and not self.standing.breached:
            yield from self._resettle(told)

    def _resettle(self, told: bool) -> Iterator[Event]:
        yield from self._unassessed()
        outcome = settled(
            self.ask.rules,
            self.room,
            self.standing,
            corrects=self.standing.outcome_event,
            since=self.standing.overturned_since(self.day),
        )
        yield outcome
        if told and isinstance(outcome, CompletionGranted) != (
            self.standing.outcome == "COMPLETED"
        ):
            # Nobody but the other system knows why it settled otherwise; it is to be asked.
            provider = self.room.known(self.offering).provider
            said_of = self.teacher, self.offering, provider
            yield self.finding(self._overturned(outcome), Outcome.ADVISORY, *said_of)
        said = undecided(self.ask.rules, self.room, self.standing)
        if said is not None:
            yield self.finding(
                said,
                Outcome.VIOLATION,
                self.teacher,
                self.offering,
                self.room.known(self.offering).provider,
            )
        if isinstance(outcome, CompletionGranted):
            yield from self._recredit(outcome)
        else:
            yield from self._uncredit(outcome)

    def _unassessed(self) -> Iterator[Event]:
        """The gate on a completion that better hours alone would grant, without any result."""
        denied = self.standing.outcome == "NOT_COMPLETED"
        if denied and barred(self.ask.rules, self.room, self.standing) is None:
            missing = unassessed(self.ask.rules, self.room, self.standing)
            provider = self.room.known(self.offering).provider
            yield from self.gate(missing, self.teacher, self.offering, provider)

    def _overturned(self, outcome: CompletionGranted | CompletionDenied) -> OutcomeOverturned:
        now = "COMPLETED" if isinstance(outcome, CompletionGranted) else "NOT_COMPLETED"
        bar = barred(self.ask.rules, self.room, self.standing)
        return OutcomeOverturned(
            zh=f"他系统报来 {self.teacher} 在 {self.offering} 的结果 {self.standing.outcome} "
            f"与当时的学时不符；更正出勤后按学时改为 {now}，请核实",
            en=f"another system told {self.standing.outcome} of {self.teacher} in {self.offering} "
            f"against the hours then; after the correction it is {now} by the hours",
            rule=bar[1] if bar else None,
            field="hours",
            evidence=(self.standing.outcome_event,),
        )

    def _recredit(self, outcome: CompletionGranted) -> Iterator[Event]:
        awarded = self.account.awarded
        decided = self.account.decided
        if awarded is None or decided == ZERO:
            return
        rule = per_day(self.ask.rules, self.room)
        beyond = beyond_days(rule, self.table, self.standing.missed)
        amount = credited(awarded.base_credits, outcome.hours_missed, beyond)
        if decided is not None:
            # Only the bureau gives more than it decided; missed hours come off all the same.
            amount = min(amount, decided)
        if amount != self.account.credits or self._moved(outcome.hours_missed, beyond):
            yield from self._twice(awarded)
            yield CreditCorrected(
                credit=awarded.credit,
                teacher=self.teacher,
                school=self.now.known(self.teacher),
                place=self.now.place,
                credits_before=self.account.credits,
                credits=amount,
                corrects=self.account.evidence,
                reason=self.reason,
                hours_missed=outcome.hours_missed,
                hours_beyond=beyond,
                since=max(self.day, awarded.completed),
            )

    def _twice(self, awarded: CreditAwarded) -> Iterator[Event]:
        """The gate on a credit that comes back beside one for a class of the same training."""
        if self.account.revoked:
            said = self.credited.beside(awarded.credit, self.room.known(self.offering))
            yield from self.gate(said, awarded.credit, self.teacher, self.offering)

    def _moved(self, missed: Decimal, beyond: Decimal) -> bool:
        """Whether its hours are others; of a decided one only where they are apart (C-01)."""
        account, awarded = self.account, self.account.awarded
        if awarded is None or (missed, beyond) == (account.missed, account.beyond):
            return account.revoked
        return account.decided is None or awarded.base_credits != awarded.hours_planned

    def _uncredit(self, outcome: CompletionDenied) -> Iterator[Event]:
        awarded = self.account.awarded
        if awarded is None or self.account.revoked:
            return
        yield CreditRevoked(
            credit=awarded.credit,
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            credits_before=self.account.credits,
            corrects=self.account.evidence,
            reason=f"{outcome.reason.value}: {self.reason}",
            since=max(self.day, awarded.completed),
            rules=outcome.rules,
        )
