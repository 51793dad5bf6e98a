"""Result sheet: a provider's results of a class, and what each row of it leads to.

A result of the final assessment is entered. Missed hours are known by half-days, and no half-day
can be read out of a sum: a sum is held against the ledger, and refused where it is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ledger.assessment import RecordAssessment, Result
from ledger.intention import Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import OfferingId, TeacherId
from ledger.roll import Roll, whose


@dataclass(frozen=True, kw_only=True)
class Attended:
    """What the ledger has of one trainee of the class."""

    missed: Decimal
    passed: bool | None = None


@dataclass(kw_only=True)
class ResultSheet:
    """Plans the results of one class; ``held``: its trainees as the ledger has them."""

    desk: Desk
    roll: Roll
    offering: OfferingId
    held: Mapping[TeacherId, Attended]
    _seen: set[TeacherId] = field(default_factory=set)

    def plan(self) -> Iterator[Intention]:
        """What each row leads to."""
        for row in self.desk.rows():
            yield row if isinstance(row, Intention) else self._row(row)

    def _row(self, row: SheetRow) -> Intention:
        made = Intention(row=row.row, fate=Fate.UNCHANGED)
        known = whose(row, self.roll, self.desk)
        if isinstance(known, Objection):
            made.refuse(known)
            return made
        held = self.held.get(known.teacher, Attended(missed=Decimal(0)))
        made.teacher = known.teacher
        made.said = tuple(self._wrong(row, known.teacher, held))
        self._seen.add(known.teacher)
        if made.said:
            made.fate = Fate.REFUSED
        elif row.passed is not None and held.passed is None:
            made.fate = Fate.NEW
            result = Result(teacher=known.teacher, passed=row.passed)
            made.commands = [RecordAssessment(offering=self.offering, results=(result,))]
        return made

    def _wrong(self, row: SheetRow, teacher: TeacherId, held: Attended) -> Iterator[Objection]:
        if teacher in self._seen:
            zh, en = "表中不止一次列出同一学员", "the sheet lists one trainee twice"
            yield Objection(code="LISTED_TWICE", zh=zh, en=en)
        if row.passed is None and row.hours_missed is None:
            yield self.desk.lacks(Column.PASSED)
        if row.passed is not None and held.passed not in (None, row.passed):
            yield Objection(
                code="ASSESSED_OTHERWISE",
                zh="考核结果已登记，与表中不同",
                en="the result of the assessment is on record, and another one",
                column=self.desk.at(Column.PASSED),
            )
        if row.hours_missed not in (None, held.missed):
            yield Objection(
                code="MISSED_OTHERWISE",
                zh=f"台账缺课 {held.missed} 学时，表中 {row.hours_missed}；"
                "缺课须按半天登记或更正，不能由合计推算",
                en=f"{held.missed} hours are missed by the ledger and {row.hours_missed} by the "
                "sheet; they are recorded or corrected by half-days",
                column=self.desk.at(Column.HOURS_MISSED),
            )
