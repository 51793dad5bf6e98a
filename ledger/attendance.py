"""Attendance: the hours that trainees missed, one record a half-day of a class.

A record carries the absences only; who is not in it was there. Leave and other absence both count
as missed hours (rulebook C-15). What missing them costs is settled in ``completion``. Leave that
nobody granted for the day has no special circumstances on record, and is noted as such (ZJ14-07).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from msgspec import structs

from ledger.amount import ZERO, exact
from ledger.command import Refused, Selector, about, fact
from ledger.day import happened
from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn
from ledger.event import Entry, Event, Part, unchanged
from ledger.fault import Fault
from ledger.finding import Lack, Outcome
from ledger.names import OfferingId, ProviderId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep, OfferingOpened
from ledger.regulation import Parameters
from ledger.schedule import Half, Session, Timetable, TimetablePublished
from ledger.settlement import Settled, settlements


class AbsenceKind(Enum):
    """Why a trainee was not there."""

    LEAVE = "LEAVE"
    UNEXCUSED = "UNEXCUSED"


class Absence(Part):
    """One trainee's missed hours of a half-day.

    ``placed``: only a sum of hours was told, and nobody knows that they are of this half-day.
    """

    teacher: TeacherId
    hours: Decimal
    kind: AbsenceKind = AbsenceKind.UNEXCUSED
    placed: bool = False


class AttendanceRecorded(Event, name="attendance.recorded", version=2, effective="day"):
    """The attendance of a half-day was taken; only absences are listed."""

    offering: OfferingId
    provider: ProviderId
    day: date
    half: Half
    hours: Decimal
    absences: tuple[Absence, ...] = ()


# Version 1 knew no sums.
AttendanceRecorded.upcast(from_version=1)(unchanged)


class AttendanceCorrected(Event, name="attendance.corrected", effective="day"):
    """The missed hours of one trainee on one half-day were wrong; these are right."""

    teacher: TeacherId
    offering: OfferingId
    provider: ProviderId
    day: date
    half: Half
    hours_before: Decimal
    hours: Decimal
    corrects: str
    reason: str


class LeaveGranted(Event, name="attendance.leave-granted", effective="day"):
    """A trainee may be away on a day; the hours are deducted all the same."""

    teacher: TeacherId
    offering: OfferingId
    provider: ProviderId
    day: date
    reason: str


class Leave(
    Parameters, kind="leave", zh="没有特殊情况的准假，或没有准假记录的请假，记一项偏离。", scope=()
):
    """Leave without special circumstances, or that nobody granted, is noted as a deviation."""


class NotEnrolled(Refused):
    """The teacher is not a trainee of this class."""


class MoreThanPlanned(Refused):
    """More hours missed than there were."""


class AlreadyRecorded(Refused):
    """The half-day has its record; wrong hours are corrected, not recorded again."""


class LeaveWithoutCause(Refused):
    """Leave was granted without special circumstances."""


ATTENDANCE_EVENTS: list[type[Event]] = [AttendanceRecorded, AttendanceCorrected]


@dataclass
class Missed:
    """The hours that one teacher missed in one offering, half-day by half-day."""

    teacher: TeacherId
    halves: dict[tuple[date, Half], Decimal] | None = None
    events: dict[tuple[date, Half], str] | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in attendance; others change nothing."""
        match entry.event:
            case AttendanceRecorded() as event:
                for absence in event.absences:
                    if absence.teacher == self.teacher:
                        self._set((event.day, event.half), absence.hours, entry.id)
            case AttendanceCorrected() as event if event.teacher == self.teacher:
                self._set((event.day, event.half), event.hours, entry.id)
            case _:
                pass

    def _set(self, key: tuple[date, Half], hours: Decimal, event: str) -> None:
        self.halves = {**(self.halves or {}), key: hours}
        self.events = {**(self.events or {}), key: event}

    @property
    def total(self) -> Decimal:
        """All missed hours."""
        return sum((self.halves or {}).values(), ZERO)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The events that the total stands on."""
        return tuple((self.events or {}).values())


@dataclass
class Roll:
    """The confirmed trainees of an offering."""

    trainees: set[TeacherId] | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in admissions and withdrawals; others change nothing."""
        match entry.event:
            case EnrollmentConfirmed(teacher=teacher):
                self.trainees = {*(self.trainees or ()), teacher}
            case EnrollmentWithdrawn(teacher=teacher):
                self.trainees = (self.trainees or set()) - {teacher}
            case _:
                pass

    def holds(self, teacher: TeacherId, offering: OfferingId) -> None:
        """Raises ``NotEnrolled`` unless the teacher is a trainee."""
        if teacher not in (self.trainees or ()):
            raise NotEnrolled(
                zh=f"{teacher} 不是 {offering} 的学员",
                en=f"{teacher} is not enrolled in {offering}",
                field="teacher",
            )


@dataclass(kw_only=True)
class RecordAttendance(ClassStep):
    """Take the attendance of a half-day, by the provider's class adviser."""

    day: date
    half: Half
    absences: tuple[Absence, ...] = ()

    table: Timetable = fact(default_factory=Timetable)
    roll: Roll = fact(default_factory=Roll)
    recorded: dict[tuple[date, Half], str] = fact(default_factory=dict)
    missed: dict[TeacherId, Missed] = fact(default_factory=dict)
    granted: set[tuple[TeacherId, date]] = fact(default_factory=set)
    settled: Settled = fact(default_factory=Settled)

    def boundary(self) -> list[Selector]:
        roll: list[type[Event]] = [
            EnrollmentConfirmed,
            EnrollmentWithdrawn,
            TimetablePublished,
            LeaveGranted,
        ]
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *roll, *ATTENDANCE_EVENTS]),
            settlements(self.offering),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.table.learn(entry)
        self.roll.learn(entry)
        self.settled.learn(entry)
        match entry.event:
            case AttendanceRecorded() as event:
                self.recorded[event.day, event.half] = entry.id
                teachers = [each.teacher for each in event.absences]
            case AttendanceCorrected(teacher=teacher):
                teachers = [teacher]
            case LeaveGranted(teacher=teacher, day=day):
                self.granted.add((teacher, day))
                return
            case _:
                return
        for each in teachers:
            self.missed.setdefault(each, Missed(each)).learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        session = self.table.session(self.offering, self.day, self.half)
        happened(self.day, self.ask.on, "day")
        earlier = self.recorded.get((self.day, self.half))
        if earlier is not None:
            raise AlreadyRecorded(
                zh=f"{self.offering} {self.day} {self.half.value} 的出勤已经登记；有误请用更正",
                en=f"the attendance of {self.offering} on {self.day} {self.half.value} is taken; "
                "correct it if it is wrong",
                field="half",
                evidence=(earlier,),
            )
        absences = tuple(self._absence(each, session, opened.plan.hours) for each in self.absences)
        if len({each.teacher for each in absences}) != len(absences):
            raise Fault(
                "TWICE_ABSENT",
                zh="同一学员在一次登记中只能出现一次",
                en="a trainee may stand once in a record",
                field="absences",
            )
        yield AttendanceRecorded(
            offering=self.offering,
            provider=opened.provider,
            day=self.day,
            half=self.half,
            hours=session.hours,
            absences=absences,
        )
        yield from self._ungranted(opened, absences)

    def _ungranted(self, opened: OfferingOpened, absences: tuple[Absence, ...]) -> Iterator[Event]:
        rule = self.ask.rules.pinned(Leave, opened.place, self.room.opened_on)
        for each in absences if rule is not None else ():
            if each.kind is AbsenceKind.LEAVE and (each.teacher, self.day) not in self.granted:
                said = LeaveWithoutCause(
                    zh=f"{each.teacher} {self.day} 记为请假，但没有准假记录",
                    en=f"{each.teacher} is down as on leave on {self.day}, which nobody granted",
                    rule=rule,
                    field="absences",
                    lacking=(
                        Lack(
                            events=(LeaveGranted.NAME, AttendanceCorrected.NAME),
                            about=(each.teacher, self.offering),
                            value=f"{self.day} {self.half.value}",
                        ),
                    ),
                )
                subjects = (each.teacher, self.offering, opened.provider)
                yield self.finding(said, Outcome.DEVIATION, *subjects)

    def _absence(self, absence: Absence, session: Session, planned: Decimal) -> Absence:
        hours = exact(absence.hours, "absences.hours")
        self.roll.holds(absence.teacher, self.offering)
        self.settled.open_for(absence.teacher, self.offering)
        before = self.missed.get(absence.teacher, Missed(absence.teacher)).total
        within(absence.teacher, hours, session, before + hours, planned)
        return structs.replace(absence, hours=hours)


def within(
    teacher: TeacherId, hours: Decimal, session: Session, total: Decimal, planned: Decimal
) -> None:
    """Raises ``MoreThanPlanned`` where more was missed than there was to miss."""
    if hours <= session.hours and total <= planned:
        return
    raise MoreThanPlanned(
        zh=f"{teacher} 缺 {hours} 学时（累计 {total}），该半天 {session.hours}，全程 {planned}",
        en=f"{teacher} missed {hours} hours ({total} in all) of {session.hours} in this half-day "
        f"and {planned} in all",
        field="hours",
    )
