"""Lesson: the lessons of a class as sheets tell them, and who missed what of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.attendance import Absence
from ledger.class_book import Key, placed
from ledger.intention import Intention, Objection
from ledger.names import TeacherId
from ledger.schedule import Session


@dataclass
class Lessons:
    """The lessons of one class as sheets tell them, and who missed what."""

    sessions: dict[Key, Session] = field(default_factory=dict)
    published: date | None = None
    rows: list[Intention] = field(default_factory=list)
    absences: dict[Key, list[Absence]] = field(default_factory=dict)
    sums: dict[TeacherId, tuple[Decimal, Intention]] = field(default_factory=dict)
    taking: dict[Key, Intention] = field(default_factory=dict)

    def spread(self, order: list[Session], absences: dict[Key, list[Absence]]) -> None:
        """Lays sums on lessons, over what is known of their half-days."""
        for teacher, (hours, made) in self.sums.items():
            known = {
                key: one.hours
                for key, each in absences.items()
                for one in each
                if one.teacher == teacher
            }
            rest = hours - sum(known.values(), ZERO)
            open_ = [each for each in order if (each.day, each.half) not in known]
            if not ZERO <= rest <= sum((each.hours for each in open_), ZERO):
                made.refuse(_no_lessons(hours))
                continue
            for key, one in placed(open_, teacher, rest).items():
                absences.setdefault(key, []).append(one)


def _no_lessons(hours: Decimal) -> Objection:
    return Objection(
        code="NO_TIMETABLE",
        zh=f"缺课 {hours} 学时在课程表上无处登记；请附上这个班的课程表",
        en=f"no timetable has room for {hours} missed hours; add the lessons of the class",
    )
