"""Conduct: how a class was run, folded from its events, for those who look at it as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ledger.assessment import AssessmentRecorded
from ledger.attendance import AttendanceRecorded
from ledger.change import CHANGE_EVENTS, ChangeKind
from ledger.completion import COMPLETION_EVENTS, Standing
from ledger.enrollment import ENROLLMENT_EVENTS, Status
from ledger.evaluation import EVALUATION_EVENTS, Evaluations
from ledger.event import Entry, Event
from ledger.execution import Execution
from ledger.names import TeacherId
from ledger.safeguard import SafeguardKind, SafeguardRecorded
from ledger.schedule import DayLogged, Half, Timetable, TimetablePublished

CONDUCT_EVENTS: list[type[Event]] = [
    *ENROLLMENT_EVENTS,
    *EVALUATION_EVENTS,
    *COMPLETION_EVENTS,
    TimetablePublished,
    DayLogged,
    *CHANGE_EVENTS,
    AttendanceRecorded,
    SafeguardRecorded,
]


@dataclass
class Conduct:
    """How a class was run, as the events say it."""

    table: Timetable = field(default_factory=Timetable)
    attended: set[tuple[date, Half]] = field(default_factory=set)
    assessed: bool = False
    evaluations: Evaluations = field(default_factory=Evaluations)
    safeguards: set[SafeguardKind] = field(default_factory=set)
    standings: dict[TeacherId, Standing] = field(default_factory=dict)
    execution: Execution = field(default_factory=Execution)

    def learn(self, entry: Entry) -> None:
        """Takes in the events of one class; others change nothing."""
        event = entry.event
        self.table.learn(entry)
        self.evaluations.learn(entry)
        self.execution.learn(entry)
        teacher: TeacherId | None = getattr(event, "teacher", None)
        if teacher is not None:
            self.standings.setdefault(teacher, Standing(teacher)).learn(entry)
        match event:
            case AttendanceRecorded(day=day, half=half):
                self.attended.add((day, half))
            case AssessmentRecorded():
                self.assessed = True
            case SafeguardRecorded(kind=kind):
                self.safeguards.add(kind)
            case _:
                pass

    @property
    def trainees(self) -> list[Standing]:
        """Those who were admitted and did not withdraw (rulebook C-41)."""
        return [
            each
            for each in self.standings.values()
            if each.choice.status is Status.PROVIDER_CONFIRMED
        ]

    def changed(self, kind: ChangeKind) -> bool:
        """Whether a change of that kind took effect that the authority approved."""
        approved = [each for each in self.execution.paths.values() if each.done and each.approves]
        return any(each.requested is not None and kind in each.requested.kinds for each in approved)
