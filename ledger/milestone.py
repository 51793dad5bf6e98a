"""Milestone: the steps of a past term that a row tells, each on its day.

A row tells one step by its word, or several by the columns of their days, as exports of other
platforms have them: a project with its declaration, review and publication; a trainee with the
choice, the admission, the assessment and the credit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import IntEnum, auto

from msgspec import Struct

from ledger.mapping import Column, SheetRow


class Milestone(IntEnum):
    """A step, in the order of life."""

    DECLARATION = auto()
    REVIEW = auto()
    PUBLICATION = auto()
    OPENING = auto()
    SELECTION = auto()
    SCHOOL_REVIEW = auto()
    ADMISSION = auto()
    WITHDRAWAL = auto()
    TIMETABLE = auto()
    ATTENDANCE = auto()
    ASSESSMENT = auto()
    COMPLETION = auto()
    AWARD = auto()
    CLOSING = auto()


WORDS = {
    Milestone.DECLARATION: "(项目)?申报|DECLARATION",
    Milestone.REVIEW: "(项目|申报)审核|REVIEW",
    Milestone.PUBLICATION: "(项目)?(发布|公布)|PUBLICATION",
    Milestone.OPENING: "开班|开设(班级|班期)?|OPENING",
    Milestone.SELECTION: "选课|报名|SELECTION",
    Milestone.SCHOOL_REVIEW: "学校审核|SCHOOL_REVIEW",
    Milestone.ADMISSION: "录取|复核|ADMISSION",
    Milestone.WITHDRAWAL: "退选|退课|WITHDRAWAL",
    Milestone.TIMETABLE: "课程表|课表|TIMETABLE",
    Milestone.ATTENDANCE: "出勤|考勤|缺课|缺勤|ATTENDANCE",
    Milestone.ASSESSMENT: "(结业)?考核|ASSESSMENT",
    Milestone.COMPLETION: "结业(判定)?|COMPLETION",
    Milestone.AWARD: "(学分)?认定|AWARD",
    Milestone.CLOSING: "结班|CLOSING",
}
PATTERNS = {step: re.compile(words) for step, words in WORDS.items()}
DAYS = {
    Milestone.DECLARATION: Column.DECLARED_ON,
    Milestone.REVIEW: Column.REVIEWED_ON,
    Milestone.PUBLICATION: Column.PUBLISHED_ON,
    Milestone.OPENING: Column.OPENED_ON,
    Milestone.SELECTION: Column.SELECTED_ON,
    Milestone.SCHOOL_REVIEW: Column.SCHOOL_REVIEWED_ON,
    Milestone.ADMISSION: Column.ADMITTED_ON,
    Milestone.TIMETABLE: Column.PUBLISHED_ON,
    Milestone.ATTENDANCE: Column.TAUGHT_ON,
    Milestone.ASSESSMENT: Column.ASSESSED_ON,
    Milestone.COMPLETION: Column.SETTLED_ON,
    Milestone.AWARD: Column.AWARDED_ON,
    Milestone.CLOSING: Column.CLOSED_ON,
}
# Of a lesson the column of its own day is not that of a step.
BY_LESSON = frozenset({Milestone.TIMETABLE, Milestone.ATTENDANCE})
PERSON = frozenset({Column.ID_NUMBER, Column.NUMBER, Column.NAME})
# What these words leave to a plain day; an opening has days of its own besides.
PLAIN = frozenset(Milestone) - BY_LESSON - {Milestone.OPENING}


class Told(Struct, frozen=True, kw_only=True):
    """A step that a row tells, and on which day; ``None``: it says no day."""

    step: Milestone
    on: date | None


def value(row: SheetRow, column: Column) -> object:
    """What a row says in a column."""
    return getattr(row, column.value.lower())


def told(row: SheetRow) -> Iterator[Told]:
    """The steps of a row; none where it says none."""
    if row.step is not None:
        words = row.step.strip().upper()
        for step, pattern in PATTERNS.items():
            if pattern.fullmatch(words):
                yield Told(step=step, on=_day(row, step))
        return
    if row.taught_on is not None or row.half is not None:
        person = row.number or row.id_number or row.hours_missed is not None
        step = Milestone.ATTENDANCE if person else Milestone.TIMETABLE
        yield Told(step=step, on=_day(row, step))
        return
    for step, column in DAYS.items():
        if step not in BY_LESSON and value(row, column) is not None:
            yield Told(step=step, on=_day(row, step))


def day_column(row: SheetRow, step: Milestone) -> Column:
    """Where the day of a step is looked for; that of a step told by its word is a plain one."""
    plain = row.step is not None and step in PLAIN
    return Column.COMPLETED if plain else DAYS.get(step, Column.COMPLETED)


def expected(columns: frozenset[Column], tab: str) -> Milestone | None:
    """The step whose day a row lacks, by the columns and the name of its tab, as people make it.

    ``None``: of trainees, who may tell any; a column of steps says it.
    """
    if Column.STEP in columns or columns & PERSON:
        return None
    if Column.HALF in columns or "课程" in tab or "课表" in tab:
        return Milestone.TIMETABLE if Column.TAUGHT_ON in columns else Milestone.ATTENDANCE
    if Column.SEATS in columns or "班" in tab:
        return Milestone.OPENING
    if {Column.LEAD, Column.PROJECT} <= columns or "项目" in tab:
        return Milestone.DECLARATION
    return None


def lesson(row: SheetRow) -> date | None:
    """The day of a lesson; a plain day, where a word says that it is one."""
    return row.taught_on or (row.completed if row.step is not None else None)


def _day(row: SheetRow, step: Milestone) -> date | None:
    if step is Milestone.ATTENDANCE:
        return lesson(row)
    named = value(row, DAYS[step]) if step in DAYS else None
    if isinstance(named, date):
        return named
    return row.completed if step in PLAIN else None
