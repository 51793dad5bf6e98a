"""Term sheet: the steps of a past term on another platform, and what each row of it leads to.

Rows of several tabs tell of projects, classes, lessons and trainees. The steps go in by the order
of their days and, on one day, by the order of life; what they break becomes a finding. What the
ledger has just so is unchanged, and what it has otherwise is refused with both values. Hours missed
that are told as a sum are laid on the lessons of the class (``class_book``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from ledger.attendance import Absence
from ledger.class_book import HALVES, taken
from ledger.fault import Fault
from ledger.intention import Desk, Intention, Objection
from ledger.lesson import Lessons
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.milestone import DAYS, Milestone, Told, day_column, expected, lesson, told
from ledger.names import JurisdictionId, OfferingId, ProjectId, TermId
from ledger.past import Past, Said
from ledger.past_step import (
    NEEDS,
    OF_CLASS,
    OF_PROJECT,
    OF_TRAINEE,
    TERM_UNOPENED,
    Naming,
    Step,
    content,
    made_of,
    term_closed,
    unopened,
)
from ledger.roll import Roll, whose
from ledger.schedule import PublishTimetable, Session

Found = tuple[date, int, Intention]


@dataclass(kw_only=True)
class TermSheet:
    """Plans the steps of a past term; a desk and a roll for each tab.

    ``terms``: those that are open, where it is asked. That one is not is said once for the load.
    """

    desks: Sequence[tuple[Desk, Roll]]
    place: JurisdictionId
    past: Past
    terms: frozenset[TermId] | None = None
    _unopened: dict[str, TermId] = field(default_factory=dict)
    _lessons: dict[OfferingId, Lessons] = field(default_factory=dict)
    _of_class: dict[str, str] = field(default_factory=dict)
    _assessed: set[str] = field(default_factory=set)
    _classes: Counter[str] = field(default_factory=Counter)

    def plan(self) -> Iterator[Intention]:
        """What each row leads to, in the order in which it happened."""
        rows = [(desk, roll, row) for desk, roll in self.desks for row in desk.rows()]
        self._look_ahead(row for _, _, row in rows if isinstance(row, SheetRow))
        found: list[Found] = []
        for desk, roll, row in rows:
            if isinstance(row, Intention):
                found.append((date.min, 0, row))
            else:
                found += self._row(desk, roll, row)
        found += self._taught()
        found += [(date.min, 0, term_closed(each)) for each in sorted({*self._unopened.values()})]
        # A row with a step that cannot be told tells none.
        lost = {(made.tab, made.row) for _, _, made in found if made.fate is Fate.REFUSED}
        found = [
            each
            for each in found
            if each[2].fate is Fate.REFUSED or (each[2].tab, each[2].row) not in lost - {("", 0)}
        ]
        order = sorted(
            enumerate(found), key=lambda each: (each[1][0], each[1][1], each[1][2].tab, each[0])
        )
        for _, (_, _, made) in order:
            yield made

    def _look_ahead(self, rows: Iterator[SheetRow]) -> None:
        """How many classes a project has, and whether one of them had a final assessment."""
        of_class: dict[str, str] = {}
        assessed: set[str] = set()
        for row in rows:
            if self.terms is not None and row.project and row.term:
                self._unopened |= unopened(row.project, row.term, self.terms)
            if row.offering and row.project:
                of_class[row.offering] = row.project
            if row.offering and any(each.step is Milestone.ASSESSMENT for each in told(row)):
                assessed.add(row.offering)
        self._classes = Counter(of_class.values())
        self._of_class = of_class
        self._assessed = {of_class[each] for each in assessed if each in of_class}

    def _row(self, desk: Desk, roll: Roll, row: SheetRow) -> list[Found]:
        project = row.project or self._of_class.get(row.offering or "", "")
        if project in self._unopened:
            made = Intention(row=row.row, fate=Fate.REFUSED, tab=desk.tab)
            zh, en = "因学期未开设", "its term is not open"
            made.refuse(Objection(code=TERM_UNOPENED, zh=zh, en=en, column=desk.at(Column.TERM)))
            return [(date.min, 0, made)]
        steps = [*told(row)]
        if not steps:
            made = Intention(row=row.row, fate=Fate.REFUSED, tab=desk.tab)
            step = expected(frozenset(desk.mapping.columns.values()), desk.mapping.tab)
            made.refuse(_unknown(desk) if step is None else desk.lacks(DAYS[step]))
            return [(date.min, 0, made)]
        found = [self._step(desk, roll, row, each, alone=len(steps) == 1) for each in steps]
        if any(each[2].fate is Fate.REFUSED for each in found):
            said = dict.fromkeys(one for each in found for one in each[2].said)
            refused = Intention(row=row.row, fate=Fate.REFUSED, tab=desk.tab)
            refused.refuse(*said)
            self._forget([each[2] for each in found])
            return [(date.min, 0, refused)]
        return found

    def _forget(self, rows: list[Intention]) -> None:
        for lessons in self._lessons.values():
            lessons.rows = [each for each in lessons.rows if each not in rows]
            kept = {who: each for who, each in lessons.sums.items() if each[1] not in rows}
            lessons.sums = kept

    def _step(self, desk: Desk, roll: Roll, row: SheetRow, each: Told, *, alone: bool) -> Found:
        made = Intention(row=row.row, fate=Fate.NEW, on=each.on, tab=desk.tab)
        wrong = desk.wants(row, *NEEDS.get(each.step, ()))
        if each.on is None:
            wrong.append(desk.lacks(day_column(row, each.step)))
        step = self._named(desk, roll, row, each.step, made, wrong)
        if wrong or step is None or each.on is None:
            made.refuse(*wrong)
            made.on = None
            return date.min, 0, made
        if each.step in (Milestone.TIMETABLE, Milestone.ATTENDANCE):
            self._lesson(desk, row, each.step, step, made)
        else:
            self._tell(made, step, each.step, each.on, alone=alone)
            if each.step in (Milestone.ASSESSMENT, Milestone.COMPLETION):
                self._sum(row, step, made)
        return each.on, each.step, made

    def _named(
        self,
        desk: Desk,
        roll: Roll,
        row: SheetRow,
        step: Milestone,
        made: Intention,
        wrong: list[Objection],
    ) -> Step | None:
        naming = Naming(
            row=row, at=step, place=self.place, credit=desk.new_value(row.row, step.name)
        )
        try:
            if step in OF_PROJECT:
                naming.project = ProjectId(
                    f"project:{(row.project or '').removeprefix('project:')}"
                )
            if step in OF_CLASS | OF_TRAINEE:
                named = (row.offering or "").removeprefix("offering:")
                naming.offering = OfferingId(f"offering:{named}")
            naming.assessed = row.project in self._assessed
            naming.classes = self._classes[row.project or ""]
            if step in OF_TRAINEE:
                known = whose(row, roll, desk)
                if isinstance(known, Objection):
                    wrong.append(known)
                    return None
                naming.teacher = made.teacher = known.teacher
            return naming.step() if not wrong else None
        except Fault as fault:
            if not wrong:
                wrong.append(Objection(code=fault.code, zh=fault.zh, en=fault.en))
            return None

    def _tell(self, made: Intention, step: Step, at: Milestone, on: date, *, alone: bool) -> None:
        """The command of a step, unless the ledger has it."""
        key, said = content(at, step, alone=alone)
        if not self._held(made, (at, *key), on, said):
            made.commands = [made_of(at, step, alone=alone)]

    def _held(self, made: Intention, key: tuple[object, ...], on: date, said: Said) -> bool:
        """Whether the ledger has a step, so that nothing is told."""
        had = self.past.against(key, on, said)
        if had is True:
            made.fate = Fate.UNCHANGED
        elif isinstance(had, tuple):
            made.refuse(
                Objection(
                    code="RECORDED_OTHERWISE",
                    zh=f"账本已有这一环节：账本 {had[0]}，表中 {had[1]}；有误请更正",
                    en=f"the ledger has this step as {had[0]}, and the sheet as {had[1]}",
                )
            )
        return had is not False

    def _lesson(
        self, desk: Desk, row: SheetRow, at: Milestone, step: Step, made: Intention
    ) -> None:
        day = lesson(row)
        assert step.offering is not None
        lessons = self._lessons.setdefault(step.offering, Lessons())
        if day is None or row.half is None:
            lost = {Column.TAUGHT_ON: day, Column.HALF: row.half}
            made.refuse(*(desk.lacks(each) for each, said in lost.items() if said is None))
            return
        key = day, row.half
        if at is Milestone.ATTENDANCE:
            assert step.teacher is not None
            assert row.hours_missed is not None
            if any(each.teacher == step.teacher for each in lessons.absences.get(key, ())):
                zh, en = "表中不止一次列出同一学员的这半天", "this half-day is listed twice"
                made.refuse(Objection(code="LISTED_TWICE", zh=zh, en=en))
                return
            absence = Absence(teacher=step.teacher, hours=row.hours_missed)
            lessons.absences.setdefault(key, []).append(absence)
            lessons.taking.setdefault(key, made)
            return
        published = made.on
        if key in lessons.sessions or lessons.published not in (None, published):
            zh, en = (
                "同一半天列了两次，或发布日期不一",
                "a half-day twice, or two days of publication",
            )
            made.refuse(Objection(code="TIMETABLE_UNEVEN", zh=zh, en=en))
            return
        assert row.hours is not None
        lessons.published = published
        lessons.rows.append(made)
        lessons.sessions[key] = Session(
            day=day, half=row.half, hours=row.hours, course=row.title or "未写明"
        )

    def _sum(self, row: SheetRow, step: Step, made: Intention) -> None:
        if row.hours_missed is not None:
            assert step.offering is not None
            assert step.teacher is not None
            lessons = self._lessons.setdefault(step.offering, Lessons())
            lessons.sums.setdefault(step.teacher, (row.hours_missed, made))

    def _taught(self) -> Iterator[Found]:
        """The timetables, and the attendance of classes of which somebody told it."""
        for offering, lessons in self._lessons.items():
            book = self.past.books.get(offering)
            told_there = book.table.sessions or {} if book is not None else {}
            sessions = lessons.sessions or told_there
            if lessons.rows:
                self._timetable(offering, lessons)
            if not lessons.absences and not lessons.sums:
                continue
            order = sorted(sessions.values(), key=lambda each: (each.day, HALVES.index(each.half)))
            absences = {key: list(each) for key, each in lessons.absences.items()}
            lessons.spread(order, absences)
            for command in taken(offering, order, absences):
                key = command.day, command.half
                own = lessons.taking.pop(key, None)
                made = own or Intention(row=0, fate=Fate.NEW, on=command.day)
                missing = frozenset((each.teacher, each.hours) for each in command.absences)
                step = (Milestone.ATTENDANCE, offering, *key)
                if not self._held(made, step, command.day, (missing,)):
                    made.commands = [command]
                if own is None:
                    yield command.day, Milestone.ATTENDANCE, made
            for made in lessons.taking.values():
                zh, en = "课程表在这半天没有课", "the timetable has no session then"
                made.refuse(Objection(code="NO_SESSION", zh=zh, en=en))

    def _timetable(self, offering: OfferingId, lessons: Lessons) -> None:
        """One timetable of all its rows, told by the first of them."""
        sessions = tuple(lessons.sessions.values())
        held = frozenset((each.day, each.half, each.hours) for each in sessions)
        first = lessons.rows[0]
        assert lessons.published is not None
        key = (Milestone.TIMETABLE, offering)
        if not self._held(first, key, lessons.published, (held,)):
            first.commands = [PublishTimetable(offering=offering, sessions=sessions)]
        for each in lessons.rows[1:]:
            each.fate = first.fate


def _unknown(desk: Desk) -> Objection:
    return Objection(
        code="STEP_UNKNOWN",
        zh="这一行没有写明是哪个环节：须有“环节”列，或申报、审核、发布、开设、选课、学校审核、录取、"
        "上课、考核、结业、认定、结班日期之一",
        en="the row tells no step: name it in a column of steps, or give the day of one",
        column=desk.at(Column.STEP),
    )
