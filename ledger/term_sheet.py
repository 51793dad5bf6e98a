"""Term sheet: the steps of a past term on another platform, and what each row of it leads to.

A row is a step on a day: of a project, of a class, or of a teacher in a class. The steps go in by
the order of their days and, on one day, by the order of life; what they break becomes a finding.
Declaring a project and opening a class take a whole plan, which no row can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from ledger.admission import ConfirmEnrollment
from ledger.assessment import RecordAssessment, Result
from ledger.closing import CloseOffering
from ledger.command import Command
from ledger.credit import AwardCredit
from ledger.enrollment import ReviewSelection
from ledger.fault import Fault
from ledger.intention import Desk, Intention, Objection
from ledger.judgement import SettleCompletion
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import CreditId, OfferingId, ProjectId, TeacherId
from ledger.review import PublishProject, ReviewProject
from ledger.roll import Roll, whose
from ledger.selection import SelectOffering
from ledger.withdrawal import WithdrawSelection


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a row says, once all that its step needs is there."""

    row: SheetRow
    project: ProjectId | None
    offering: OfferingId | None
    teacher: TeacherId | None
    credit: CreditId


Make = Callable[[Said], Command]
OF_PROJECT = (Column.PROJECT,)
OF_CLASS = (Column.OFFERING,)
OF_TRAINEE = (Column.OFFERING, Column.NUMBER)


def _review(said: Said) -> Command:
    assert said.project is not None
    approved = said.row.passed is not False
    return ReviewProject(project=said.project, approved=approved, reason=said.row.note or "")


def _publish(said: Said) -> Command:
    assert said.project is not None
    return PublishProject(project=said.project)


def _close(said: Said) -> Command:
    assert said.offering is not None
    return CloseOffering(offering=said.offering)


def _of_trainee(said: Said, step: str) -> Command:
    assert said.offering is not None
    assert said.teacher is not None
    teacher, offering = said.teacher, said.offering
    passed, reason = said.row.passed is not False, said.row.note or ""
    match step:
        case "SELECTION":
            return SelectOffering(teacher=teacher, offering=offering)
        case "SCHOOL_REVIEW":
            return ReviewSelection(teacher=teacher, offering=offering, passed=passed, reason=reason)
        case "ADMISSION":
            return ConfirmEnrollment(
                teacher=teacher, offering=offering, admitted=passed, reason=reason
            )
        case "WITHDRAWAL":
            return WithdrawSelection(teacher=teacher, offering=offering, reason=reason)
        case "ASSESSMENT":
            return RecordAssessment(
                offering=offering, results=(Result(teacher=teacher, passed=passed),)
            )
        case "COMPLETION":
            return SettleCompletion(teacher=teacher, offering=offering, completed=passed)
        case _:
            return AwardCredit(credit=said.credit, teacher=teacher, offering=offering)


# In the order of life: what a step is called, what it needs, and what it leads to.
STEPS: tuple[tuple[str, re.Pattern[str], tuple[Column, ...]], ...] = (
    ("REVIEW", re.compile("(项目|申报)审核|REVIEW"), OF_PROJECT),
    ("PUBLICATION", re.compile("(项目)?(发布|公布)|PUBLICATION"), OF_PROJECT),
    ("SELECTION", re.compile("选课|报名|SELECTION"), OF_TRAINEE),
    ("SCHOOL_REVIEW", re.compile("学校审核|SCHOOL_REVIEW"), OF_TRAINEE),
    ("ADMISSION", re.compile("录取|复核|ADMISSION"), OF_TRAINEE),
    ("WITHDRAWAL", re.compile("退选|退课|WITHDRAWAL"), OF_TRAINEE),
    ("ASSESSMENT", re.compile("(结业)?考核|ASSESSMENT"), OF_TRAINEE),
    ("COMPLETION", re.compile("结业(判定)?|COMPLETION"), OF_TRAINEE),
    ("AWARD", re.compile("(学分)?认定|AWARD"), OF_TRAINEE),
    ("CLOSING", re.compile("结班|CLOSING"), OF_CLASS),
)
MAKERS: dict[str, Make] = {"REVIEW": _review, "PUBLICATION": _publish, "CLOSING": _close}


@dataclass(kw_only=True)
class TermSheet:
    """Plans the steps of a past term."""

    desk: Desk
    roll: Roll

    def plan(self) -> Iterator[Intention]:
        """What each row leads to, in the order in which it happened."""
        found = [
            (date.min, 0, each) if isinstance(each, Intention) else self._row(each)
            for each in self.desk.rows()
        ]
        for _, _, made in sorted(found, key=lambda each: (each[0], each[1], each[2].row)):
            yield made

    def _row(self, row: SheetRow) -> tuple[date, int, Intention]:
        made = Intention(row=row.row, fate=Fate.NEW, on=row.completed)
        order = next((at for at, each in enumerate(STEPS) if self._is(row, each[1])), None)
        if order is None or row.completed is None:
            made.refuse(*self.desk.wants(row, Column.COMPLETED))
            if order is None:
                made.refuse(self._unknown())
            made.on = None
            return date.min, 0, made
        step, _, needed = STEPS[order]
        said = self._said(made, row, needed)
        if said is not None:
            maker = MAKERS.get(step)
            made.commands = [maker(said) if maker else _of_trainee(said, step)]
        else:
            made.on = None
        return row.completed, order, made

    def _is(self, row: SheetRow, words: re.Pattern[str]) -> bool:
        return bool(words.fullmatch((row.step or "").strip().upper()))

    def _said(self, made: Intention, row: SheetRow, needed: tuple[Column, ...]) -> Said | None:
        wrong = self.desk.wants(row, *(each for each in needed if each is not Column.NUMBER))
        if Column.NUMBER in needed:
            known = whose(row, self.roll, self.desk)
            if isinstance(known, Objection):
                wrong.append(known)
            else:
                made.teacher = known.teacher
        try:
            project = ProjectId(f"project:{row.project}") if Column.PROJECT in needed else None
            offering = OfferingId(f"offering:{row.offering}") if Column.OFFERING in needed else None
        except Fault as fault:
            wrong = wrong or [Objection(code=fault.code, zh=fault.zh, en=fault.en)]
        if wrong:
            made.refuse(*wrong)
            return None
        return Said(
            row=row,
            project=project,
            offering=offering,
            teacher=made.teacher,
            credit=CreditId(f"credit:{self.desk.new_value(row.row)}"),
        )

    def _unknown(self) -> Objection:
        return Objection(
            code="STEP_UNKNOWN",
            zh="环节须为项目审核、发布、选课、学校审核、录取、退选、考核、结业、学分认定或结班；"
            "申报和开班须附完整方案，请通过接口上报",
            en="no such step; declarations and openings take a whole plan and go by the API",
            column=self.desk.at(Column.STEP),
        )
