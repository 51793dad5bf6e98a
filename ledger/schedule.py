"""Schedule: the timetable of an offering, with the days that were logged (``log``).

The timetable stands on the platform some days before the class opens, counted in calendar days
(rulebook C-18), and keeps what was published (``execution``). The rules are those of the day on
which the class was opened (C-33).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.amount import HALF_DAY_HOURS_MAX, ZERO, exact
from ledger.change import CHANGE_EVENTS, ChangeKind
from ledger.command import Refused, Selector, about, fact
from ledger.delivery import note_days
from ledger.event import Entry, Event, Part
from ledger.execution import Execution, PlanExecution, note_departures
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import OfferingId, ProviderId, StaffId
from ledger.offering import OFFERING_EVENTS, ClassStep, OfferingOpened
from ledger.regulation import InForce, Parameters
from ledger.text import filled
from ledger.trainer import Trainers, known_trainers, registry_of


class Half(Enum):
    """The half-day of a session."""

    MORNING = "MORNING"
    AFTERNOON = "AFTERNOON"
    EVENING = "EVENING"


class Session(Part):
    """One half-day of a timetable."""

    day: date
    half: Half
    hours: Decimal
    course: str
    trainer: StaffId | None = None
    online: bool = False


class TimetablePublished(Event, name="schedule.timetable-published"):
    """A provider published the timetable of an offering, or a new one in its place."""

    offering: OfferingId
    provider: ProviderId
    sessions: tuple[Session, ...]
    hours: Decimal


class DayLogged(Event, name="schedule.day-logged"):
    """The class adviser logged a training day."""

    offering: OfferingId
    provider: ProviderId
    day: date
    note: str


class TimetableNotice(
    Parameters,
    kind="timetable-notice",
    zh="课程表公布日距开班日不足此天数的，记一项违规。",
    scope=(),
    less=("days_min",),
):
    """A timetable published fewer calendar days before the class opens is a violation."""

    days_min: int


class TimetableLate(Refused):
    """The timetable came too late."""


class TimetableUneven(Refused):
    """The sessions do not add up to the plan, or repeat a half-day."""


class SessionHeld(Refused):
    """The attendance of a half-day is taken, so it stays in the timetable."""


class NoSession(Refused):
    """The timetable has no session then."""


@dataclass
class Timetable:
    """The timetable in force, as the events say it."""

    sessions: dict[tuple[date, Half], Session] | None = None
    logged: set[date] | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in timetables and logs; others change nothing."""
        match entry.event:
            case TimetablePublished(sessions=sessions):
                self.sessions = {(each.day, each.half): each for each in sessions}
            case DayLogged(day=day):
                self.logged = {*(self.logged or ()), day}
            case _:
                pass

    def session(self, offering: OfferingId, day: date, half: Half) -> Session:
        """The session of a half-day. Raises ``NoSession``."""
        found = (self.sessions or {}).get((day, half))
        if found is None:
            raise NoSession(
                zh=f"{offering} 的课程表在 {day} {half.value} 没有课",
                en=f"the timetable of {offering} has no session on {day} {half.value}",
                field="day",
            )
        return found


def _exact_session(session: Session) -> Session:
    hours = exact(session.hours, "sessions.hours")
    if not ZERO < hours <= HALF_DAY_HOURS_MAX:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"半天的学时须大于 0 且不超过 {HALF_DAY_HOURS_MAX}，现为 {hours}",
            en=f"a half-day has more than 0 and at most {HALF_DAY_HOURS_MAX} hours, not {hours}",
            field="sessions.hours",
        )
    return Session(
        day=session.day,
        half=session.half,
        hours=hours,
        course=filled(session.course, "sessions.course"),
        trainer=session.trainer,
        online=session.online,
    )


@dataclass(kw_only=True)
class PublishTimetable(ClassStep):
    """Publish the timetable of an offering, by its provider."""

    sessions: tuple[Session, ...]

    table: Timetable = fact(default_factory=Timetable)
    execution: Execution = fact(default_factory=Execution)
    held: set[tuple[date, Half]] = fact(default_factory=set)
    trainers: Trainers = fact(default_factory=Trainers)

    def boundary(self) -> list[Selector]:
        # Attendance is a later noun, so by its name.
        return [
            *registry_of(each.trainer for each in self.sessions),
            about(self.offering, of=[*OFFERING_EVENTS, *CHANGE_EVENTS, TimetablePublished]),
            Selector(types=("attendance.recorded",), tags=(str(self.offering),)),
        ]

    def learn(self, entry: Entry) -> None:
        day: date | None = getattr(entry.event, "day", None)
        half: Half | None = getattr(entry.event, "half", None)
        if day is not None and half is not None:
            self.held.add((day, half))
        self.table.learn(entry)
        self.trainers.learn(entry)
        super().learn(entry)
        self.execution.learn(entry)
        if isinstance(entry.event, TimetablePublished):
            opened = self.room.known(self.offering)
            self.execution.published(entry, opened, entry.event.sessions)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        sessions = tuple(_exact_session(each) for each in self.sessions)
        named = (each.trainer for each in sessions)
        known_trainers(named, opened.plan, self.trainers, "sessions.trainer")
        total = self._even(opened, sessions)
        self._keeps_what_was_held(sessions)
        yield TimetablePublished(
            offering=self.offering, provider=opened.provider, sessions=sessions, hours=total
        )
        days = sorted({each.day for each in sessions})
        before = sorted({day for day, _ in self.table.sessions or ()})
        # Moving a lesson within its day is minor (C-19), and a class that has begun has had its
        # notice; another opening is notice anew.
        begun = before[:1] == days[:1] and days[0] <= self.ask.on
        if days != before and not begun:
            yield from self._notice(opened, days[0])
        yield from note_days(
            self,
            [day for day in days if day not in before] if before else days,
            self.offering,
            opened.provider,
            plan=opened.plan,
            place=opened.place,
            term=opened.term,
            calendar=opened.calendar,
            pinned=self.room.opened_on,
            first=days[0],
        )
        evidence = self.execution.evidence
        yield from note_departures(
            self,
            self.offering,
            opened,
            self.room.opened_on,
            self.execution.uncovered(opened, sessions),
            (evidence,) if evidence else (),
        )

    def _even(self, opened: OfferingOpened, sessions: tuple[Session, ...]) -> Decimal:
        """The hours in all. Fewer than planned need an approved change, or are reported."""
        total = sum((each.hours for each in sessions), ZERO)
        halves = {(each.day, each.half) for each in sessions}
        cut = self.ask.reported or self._shortened(total)
        uneven = total > opened.plan.hours or (total < opened.plan.hours and not cut)
        if len(halves) != len(sessions):
            raise TimetableUneven(
                zh="课程表中每个半天只能列一次",
                en="a half-day may stand once in the timetable",
                field="sessions",
            )
        if not sessions or uneven:
            raise TimetableUneven(
                zh=f"课程表共 {total} 学时，须等于已公布方案的 {opened.plan.hours} 学时；"
                "减少学时须先经批准调整",
                en=f"the sessions add up to {total} hours, the published plan to "
                f"{opened.plan.hours}; fewer need an approved change",
                rule=self._against_cuts(opened) if ZERO < total < opened.plan.hours else None,
                field="sessions",
            )
        return total

    def _against_cuts(self, opened: OfferingOpened) -> InForce[PlanExecution] | None:
        # Where no rule on published plans stands, the plan alone asks for its hours.
        found = self.ask.rules.find_all(PlanExecution, opened.place, self.room.opened_on)
        cut = ChangeKind.HOURS_REDUCED.value
        return next((each for each in found if cut in each.value.kinds), None)

    def _shortened(self, total: Decimal) -> bool:
        # Once a timetable made use of the approval, it stands for the hours that it left.
        before = sum((each.hours for each in (self.table.sessions or {}).values()), ZERO)
        return self.execution.covers(ChangeKind.HOURS_REDUCED) or 0 < before <= total

    def _keeps_what_was_held(self, sessions: tuple[Session, ...]) -> None:
        told = {(each.day, each.half): each.hours for each in sessions}
        before = {key: each.hours for key, each in (self.table.sessions or {}).items()}
        for key in sorted(self.held, key=lambda each: (each[0], each[1].value)):
            if told.get(key) != before.get(key):
                raise SessionHeld(
                    zh=f"{self.offering} {key[0]} {key[1].value} 已经登记出勤，"
                    "课程表不能再改动这半天",
                    en=f"{self.offering} was held on {key[0]} {key[1].value}; "
                    "the timetable keeps it",
                    field="sessions",
                )

    def _notice(self, opened: OfferingOpened, opening: date) -> Iterator[Event]:
        rule = self.ask.rules.pinned(TimetableNotice, opened.place, self.room.opened_on)
        ahead = (opening - self.ask.on).days
        if rule is None or ahead >= rule.value.days_min:
            return
        said = TimetableLate(
            zh=f"{self.offering} 于 {opening} 开班，课程表 {self.ask.on} 才公布，"
            f"提前 {ahead} 日，应提前 {rule.value.days_min} 日",
            en=f"{self.offering} opens on {opening}; its timetable came {ahead} days before, "
            f"not {rule.value.days_min}",
            rule=rule,
            field="on",
        )
        yield self.finding(said, Outcome.VIOLATION, self.offering, opened.provider)
