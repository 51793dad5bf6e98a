"""Result sheet: a provider's results of a class, and what each row of it leads to.

A row is a trainee with a result and the hours missed in all, or one absence of a half-day. Where
the attendance of the class is still to be taken, it is taken whole or not at all: whoever is in no
record was there, so every trainee has to stand in a sheet of sums. Then the results are entered and
each outcome settled as the rules have it; what the sheet says otherwise is refused with the clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence
from ledger.class_book import ClassBook, Key, missed_in, placed, taken
from ledger.completion import Standing
from ledger.due import CREDITS_SAID, due
from ledger.intention import Desk, Intention, Objection
from ledger.judgement import SettleCompletion
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import OfferingId, TeacherId
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.roll import Roll, whose
from ledger.tally import BY_KIND

# A column of these words says whether somebody completed, not how the assessment came out.
COMPLETED = re.compile("结业|completed", re.I)
ATTENDED = re.compile("出勤|实到|实际|完成|attended", re.I)
CREDITS = (Column.CREDITS, *BY_KIND)
CODES = {True: "COMPLETED", False: "NOT_COMPLETED"}


@dataclass(kw_only=True)
class ResultSheet:
    """Plans the results of one class on a day; ``book``: the class as the ledger has it."""

    desk: Desk
    roll: Roll
    offering: OfferingId
    book: ClassBook
    rules: Rulebook
    day: date
    _told: dict[TeacherId, Decimal] = field(default_factory=dict)
    _halves: dict[Key, list[Absence]] = field(default_factory=dict)
    _seen: set[tuple[TeacherId, Key | None]] = field(default_factory=set)

    def plan(self) -> Iterator[Intention]:
        """What the class as a whole leads to, then each row; row 0 is the class."""
        read = [
            (None, each) if isinstance(each, Intention) else (each, self._row(each))
            for each in self.desk.rows()
        ]
        yield from self._unlisted()
        taking = None
        if self._halves or self._told:
            taking = self._taking([made for _, made in read])
        if taking is not None:
            yield taking
        for row, made in read:
            if taking is not None and taking.fate is Fate.REFUSED and made.fate is Fate.NEW:
                made.refuse(WITHHELD)
            elif row is not None and made.fate is not Fate.REFUSED:
                self._settle(row, made)
                self._credited(row, made)
            yield made

    def _row(self, row: SheetRow) -> Intention:
        """What the row says of hours; what it leads to otherwise is seen to once they are in."""
        made = Intention(row=row.row, fate=Fate.UNCHANGED)
        known = whose(row, self.roll, self.desk)
        if isinstance(known, Objection):
            made.refuse(known)
            return made
        made.teacher = known.teacher
        standing = self.book.trainees.get(known.teacher)
        key = (row.completed, row.half) if row.completed and row.half else None
        if standing is None:
            made.refuse(self._said("NOT_ENROLLED"))
        elif (known.teacher, key) in self._seen:
            made.refuse(self._said("LISTED_TWICE"))
        elif self._by_halves and (key is None or row.hours_missed is None):
            needed = (Column.COMPLETED, Column.HALF, Column.HOURS_MISSED)
            made.refuse(*self.desk.wants(row, *needed))
        elif key is not None and row.hours_missed is not None:
            self._half(made, known.teacher, key, row.hours_missed)
        else:
            self._sum(made, row, known.teacher, standing)
        self._seen.add((known.teacher, key))
        return made

    @property
    def _by_halves(self) -> bool:
        return Column.HALF in self.desk.mapping.columns.values()

    def _half(self, made: Intention, teacher: TeacherId, key: Key, hours: Decimal) -> None:
        if key in self.book.recorded:
            if hours != (held := self.book.held(teacher, key)):
                made.refuse(self._missed(held, hours))
            return
        if key not in (self.book.table.sessions or {}):
            made.refuse(self._said("NO_SESSION", Column.HALF))
            return
        made.fate = Fate.NEW
        self._halves.setdefault(key, []).append(Absence(teacher=teacher, hours=hours))

    def _sum(self, made: Intention, row: SheetRow, teacher: TeacherId, standing: Standing) -> None:
        hours = self._hours(row)
        if hours is None:
            if row.passed is None:
                made.refuse(self.desk.lacks(Column.PASSED))
            return
        held, open_ = standing.missed.total, sum((each.hours for each in self.book.left), ZERO)
        if not self.book.left or standing.outcome is not None:
            if hours != held:
                made.refuse(self._missed(held, hours))
            return
        if not held <= hours <= held + open_:
            made.refuse(self._missed(held, hours, open_))
            return
        made.fate = Fate.NEW
        self._told[teacher] = hours - held

    def _hours(self, row: SheetRow) -> Decimal | None:
        opened = self.book.opened
        if row.hours_missed is not None or row.hours is None or opened is None:
            return row.hours_missed
        # What stands below another word may be the hours of the plan.
        attended = ATTENDED.search(self._heading(Column.HOURS)) is not None
        return max(opened.plan.hours - row.hours, ZERO) if attended else None

    def _unlisted(self) -> Iterator[Intention]:
        """The trainees of whom a sheet of sums says nothing, while their hours are to be taken."""
        if self._told:
            for teacher in sorted({*self.book.trainees} - {who for who, _ in self._seen}):
                made = Intention(row=0, fate=Fate.REFUSED, teacher=teacher)
                made.refuse(self._said("TRAINEE_MISSING"))
                yield made

    def _taking(self, rows: list[Intention]) -> Intention:
        """The attendance of the class; what follows is seen to once it was tried."""
        made = Intention(row=0, fate=Fate.NEW, decides=True)
        opened, listed = self.book.opened, {who for who, _ in self._seen}
        lost = {each.teacher for each in rows if each.fate is Fate.REFUSED}
        lost |= {*self.book.trainees} - listed if self._told else set()
        if opened is None or self.day < opened.closes:
            made.refuse(self._said("STILL_RUNNING"))
        elif lost & {*self.book.trainees}:
            made.refuse(WITHHELD)
        else:
            absences = {key: list(each) for key, each in self._halves.items()}
            for teacher, hours in self._told.items():
                for key, each in placed(self.book.left, teacher, hours).items():
                    absences.setdefault(key, []).append(each)
            made.commands = [*taken(self.offering, self.book.left, absences)]
        return made

    def _settle(self, row: SheetRow, made: Intention) -> None:
        """The result and the outcome, once the hours are in."""
        assert made.teacher is not None
        opened = self.book.opened
        if self._by_halves or opened is None:
            return
        standing = self.book.trainees[made.teacher]
        of_outcome = COMPLETED.search(self._heading(Column.PASSED)) is not None
        told = row.passed if of_outcome else None
        passed = None if of_outcome else row.passed
        had = None if standing.outcome is None else standing.outcome == CODES[True]
        if passed is not None and standing.passed not in (None, passed):
            was, says = ("合格", "不合格") if standing.passed else ("不合格", "合格")
            made.refuse(self._said("ASSESSED_OTHERWISE", Column.PASSED, was, says))
            return
        if told is not None and had not in (None, told):
            was, says = str(standing.outcome), CODES[told]
            made.refuse(self._said("SETTLED_OTHERWISE", Column.PASSED, was, says))
            return
        if passed is not None and standing.passed is None:
            result = Result(teacher=made.teacher, passed=passed)
            made.commands.append(RecordAssessment(offering=self.offering, results=(result,)))
        known = standing.passed if passed is None else passed
        ready = known is not None or not opened.plan.final_assessment or told is not None
        if had is None and self.day >= opened.closes and ready:
            made.commands.append(
                SettleCompletion(teacher=made.teacher, offering=self.offering, completed=told)
            )
        if made.commands:
            made.fate = Fate.NEW

    def _credited(self, row: SheetRow, made: Intention) -> None:
        """Refuses a row whose credits are not those that the ledger awards; it never takes them."""
        told = sum(row.by_kind.values(), ZERO) if row.credits is None else row.credits
        silent = row.credits is None and not row.by_kind
        if silent or made.teacher is None or made.fate is Fate.REFUSED:
            return
        standing = self.book.trainees[made.teacher]
        of_outcome = COMPLETED.search(self._heading(Column.PASSED)) is not None
        passed = standing.passed if of_outcome or row.passed is None else row.passed
        own = due(self.book, self.rules, made.teacher, self._taken(made.teacher), passed=passed)
        columns = self.desk.mapping.columns.values()
        column = next((each for each in columns if each in CREDITS), Column.CREDITS)
        if own is None:
            made.refuse(self._said("CREDITS_UNSETTLED", column, str(told)))
        elif own.credits != told:
            values = str(told), str(own.credits), own.zh, own.en
            made.refuse(self._said("CREDITS_OTHERWISE", column, *values, rule=own.rule))

    def _taken(self, teacher: TeacherId) -> dict[Key, Decimal]:
        """The hours by half-day that the sheet has a trainee miss, beside those on record."""
        laid = placed(self.book.left, teacher, self._told.get(teacher, ZERO))
        own = missed_in(self._halves, teacher)
        return own | {key: each.hours for key, each in laid.items()}

    def _heading(self, column: Column) -> str:
        at, header = self.desk.at(column), self.desk.mapping.header
        return header[at - 1] if 0 < at <= len(header) else ""

    def _missed(self, held: Decimal, told: Decimal, left: Decimal = ZERO) -> Objection:
        column = Column.HOURS_MISSED
        if Column.HOURS_MISSED not in self.desk.mapping.columns.values():
            column = Column.HOURS
        if not self.book.table.sessions:
            return self._said("NO_TIMETABLE", column, str(held), str(told))
        if left:
            return self._said("MORE_THAN_LEFT", column, str(held), str(told), str(left))
        return self._said("MISSED_OTHERWISE", column, str(held), str(told))

    def _said(
        self,
        code: str,
        column: Column | None = None,
        *values: str,
        rule: InForce[Parameters] | None = None,
    ) -> Objection:
        zh, en = SAID[code]
        rule = rule or self.book.clause(self.rules)
        return Objection(
            code=code,
            zh=zh.format(*values),
            en=en.format(*values),
            column=self.desk.at(column) if column else 0,
            rule=rule.id if rule else None,
            clause=rule.rule.clause if rule else None,
            number=rule.rule.number if rule else None,
        )


SAID = {
    "LISTED_TWICE": ("表中不止一次列出同一学员", "the sheet lists one trainee twice"),
    "NOT_ENROLLED": ("不是这个班的学员", "this is no trainee of the class"),
    "NO_SESSION": ("课程表在这半天没有课", "the timetable has no session then"),
    "STILL_RUNNING": (
        "班级还没有结束，缺课合计尚不能登记",
        "the class is still running; what was missed in all is not known yet",
    ),
    "TRAINEE_MISSING": (
        "表中没有这名学员；不在缺课记录中的即为到课，所以全班都须列出",
        "the sheet says nothing of this trainee; whoever is in no record was there, so all of the "
        "class must be listed",
    ),
    "NO_TIMETABLE": (
        "账本缺课 {0} 学时，表中 {1}；班级没有课程表，缺课无处登记，请先公布课程表",
        "{0} hours are missed by the ledger and {1} by the sheet; the class has no timetable on "
        "which they could be recorded",
    ),
    "MORE_THAN_LEFT": (
        "账本缺课 {0} 学时，表中 {1}；尚未登记出勤的半天共 {2} 学时，对不上",
        "{0} hours are missed by the ledger and {1} by the sheet; only {2} hours are left of which "
        "no attendance was taken",
    ),
    "MISSED_OTHERWISE": (
        "账本缺课 {0} 学时，表中 {1}；出勤已经登记，有误请按半天更正",
        "{0} hours are missed by the ledger and {1} by the sheet; the attendance is taken, so it "
        "is corrected by half-days",
    ),
    "ASSESSED_OTHERWISE": (
        "考核结果已登记为{0}，表中为{1}",
        "the result of the assessment is on record ({0}), and the sheet has another ({1})",
    ),
    "SETTLED_OTHERWISE": (
        "结业结果已判定：账本 {0}，表中 {1}",
        "the outcome is settled as {0}, and the sheet has {1}",
    ),
    **CREDITS_SAID,
}  # fmt: skip
WITHHELD = Objection(
    code="CLASS_WITHHELD",
    zh="全班的出勤须一次登记；同班有行不能载入，所以暂不登记",
    en="the attendance of a class is taken whole; a row of it cannot be, so none is",
)
