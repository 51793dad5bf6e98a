"""Judgement: the provider settles whether a trainee completed a training (结业判定)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.attendance import ATTENDANCE_EVENTS, AttendanceRecorded
from ledger.command import Refused, Selector, about, fact
from ledger.completion import (
    COMPLETION_EVENTS,
    Bar,
    NotEnded,
    Standing,
    absence_limit,
    barred,
    beyond_limit,
    settled,
    undecided,
)
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry, Event
from ledger.extent import EXTENT_EVENTS, Extent
from ledger.finding import Outcome
from ledger.log import DailyLog
from ledger.names import TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, ClassStep, OfferingOpened
from ledger.regulation import Rulebook
from ledger.schedule import Timetable
from ledger.scrutiny import assessment_rule


class OutcomeContrary(Refused):
    """The outcome that is told is not the one that follows from hours missed and assessment."""


class Unseen(Refused):
    """Nothing on record shows that the trainee was there."""


class AlreadySettled(Refused):
    """The outcome of this trainee stands."""


class AssessmentMissing(Refused):
    """The plan has a final assessment whose result is not recorded."""


def unassessed(rules: Rulebook, room: ClassRoom, standing: Standing) -> AssessmentMissing | None:
    """What keeps a trainee from completing whose result the plan asks for (ZJ14-15 §三, C-38)."""
    opened = room.opened
    if opened is None or not opened.plan.final_assessment or standing.passed is not None:
        return None
    return AssessmentMissing(
        zh=f"{standing.teacher} 的结业考核结果尚未登记",
        en=f"the final assessment of {standing.teacher} is not recorded",
        rule=assessment_rule(rules, opened.place, opened.plan.hours, room.opened_on),
        field="teacher",
        evidence=(standing.outcome_event,) if standing.outcome_event else (),
    )


@dataclass(kw_only=True)
class SettleCompletion(ClassStep):
    """Settle whether a trainee completed a training, by the provider.

    ``completed`` is what came of it where another system settled that; against what follows from
    the hours missed and the assessment it is refused when asked, and noted when reported.
    """

    teacher: TeacherId
    completed: bool | None = None

    extent: Extent = fact(default_factory=Extent)
    table: Timetable = fact(default_factory=Timetable)
    attended: date | None = fact(default=None)
    standing: Standing = fact(default=None)

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            about(
                self.teacher,
                self.offering,
                of=[*ENROLLMENT_EVENTS, *ATTENDANCE_EVENTS, *COMPLETION_EVENTS],
            ),
            about(self.offering, of=[*OFFERING_EVENTS, *EXTENT_EVENTS, AttendanceRecorded]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.standing.learn(entry)
        self.extent.learn(entry)
        self.table.learn(entry)
        if isinstance(entry.event, AttendanceRecorded):
            self.attended = max(self.attended or entry.on, entry.on, entry.event.day)

    def decide(self) -> Iterator[Event]:
        opened = self.room.opened = self.extent.applied(self.running())
        self.standing.enrolled(self.offering)
        if self.standing.outcome is not None:
            raise AlreadySettled(
                zh=f"{self.teacher} 在 {self.offering} 的结果已是 {self.standing.outcome}",
                en=f"{self.teacher} in {self.offering} is settled as {self.standing.outcome}",
                field="teacher",
                evidence=(self.standing.outcome_event,),
            )
        if self.ask.on < opened.closes:
            raise NotEnded(
                zh=f"{self.offering} 到 {opened.closes} 才结束，{self.ask.on} 不能结业",
                en=f"{self.offering} ends on {opened.closes}, after {self.ask.on}",
                field="offering",
            )
        bar = barred(self.ask.rules, self.room, self.standing)
        missing = unassessed(self.ask.rules, self.room, self.standing) if bar is None else None
        if missing is not None:
            raise missing
        if self.completed not in (None, bar is None):
            subjects = (self.teacher, self.offering, opened.provider)
            yield from self.gate(self._contrary(opened, bar), *subjects)
        yield settled(self.ask.rules, self.room, self.standing, told=self.completed)
        unseen = self._unseen(opened)
        if unseen is not None and bar is None:
            subjects = (self.teacher, self.offering, opened.provider)
            yield self.finding(unseen, Outcome.INDETERMINATE, *subjects)
        said = undecided(self.ask.rules, self.room, self.standing)
        if said is not None and self.completed is not False:
            subjects = (self.teacher, self.offering, opened.provider)
            yield self.finding(said, Outcome.VIOLATION, *subjects)

    def _unseen(self, opened: OfferingOpened) -> Unseen | None:
        """What is noted of a trainee whose attendance nobody took after the enrolment."""
        since = self.standing.choice.day
        if not self.table.sessions:
            zh, en = "没有课程表", "has no timetable"
        elif self.attended is None or self.attended < since:
            zh, en = f"自 {since} 起没有登记过出勤", f"has no attendance on record since {since}"
        else:
            return None
        return Unseen(
            zh=f"{self.offering} {zh}，无从知道 {self.teacher} 是否参训",
            en=f"{self.offering} {en}; nothing shows that {self.teacher} took part",
            rule=self.ask.rules.pinned(DailyLog, opened.place, self.room.opened_on),
            field="teacher",
            evidence=(self.standing.choice.evidence,),
        )

    def _contrary(self, opened: OfferingOpened, bar: Bar | None) -> OutcomeContrary:
        missed, planned = self.standing.missed.total, opened.plan.hours
        limit = absence_limit(self.ask.rules, opened, self.room.opened_on)
        # A limit that may not be in force is of no matter to who keeps it.
        weighs = limit is not None and (limit.certain or beyond_limit(limit, missed, planned))
        told, due = ("NOT_COMPLETED", "COMPLETED") if bar is None else ("COMPLETED", bar[0].value)
        return OutcomeContrary(
            zh=f"{self.teacher} 在 {self.offering} 缺课 {missed}/{planned} 学时，所报结果 {told} "
            f"与应有的结果不符（{due}）",
            en=f"{self.teacher} missed {missed} of {planned} hours of {self.offering}; {told} is "
            f"told against {due}",
            rule=bar[1] if bar else limit if weighs else None,
            field="completed",
            evidence=self.standing.missed.evidence,
        )
