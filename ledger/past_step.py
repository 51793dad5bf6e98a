"""Past step: one step of a past term with the names it is about, and the command that tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ledger.admission import ConfirmEnrollment
from ledger.assessment import RecordAssessment, Result
from ledger.closing import CloseOffering
from ledger.command import Command
from ledger.credit import AwardCredit, CreditKind
from ledger.declaration import DeclareProject
from ledger.enrollment import ReviewSelection
from ledger.fault import Fault
from ledger.intention import Intention, Objection
from ledger.judgement import SettleCompletion
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.milestone import Milestone
from ledger.names import (
    CreditId,
    JurisdictionId,
    OfferingId,
    ProjectId,
    ProviderId,
    StaffId,
    TeacherId,
    TermId,
)
from ledger.offering import OpenOffering
from ledger.past import Said, of_plan
from ledger.plan import Lead, Mode, Plan
from ledger.review import PublishProject, ReviewProject
from ledger.selection import SelectOffering
from ledger.withdrawal import WithdrawSelection

OF_PROJECT = frozenset(
    {Milestone.DECLARATION, Milestone.REVIEW, Milestone.PUBLICATION, Milestone.OPENING}
)
OF_CLASS = frozenset({Milestone.OPENING, Milestone.TIMETABLE, Milestone.CLOSING})
OF_TRAINEE = frozenset(Milestone) - OF_PROJECT - OF_CLASS
LESSON = (Column.HALF,)
NEEDS: dict[Milestone, tuple[Column, ...]] = {
    Milestone.DECLARATION: (
        Column.PROJECT,
        Column.PROVIDER,
        Column.TITLE,
        Column.SUBJECT,
        Column.STAGE,
        Column.KIND,
        Column.HOURS,
        Column.TERM,
        Column.LEAD,
        Column.LEAD_TITLE,
        Column.LEAD_REGULAR,
        Column.LEAD_EXPERT,
    ),
    Milestone.REVIEW: (Column.PROJECT,),
    Milestone.PUBLICATION: (Column.PROJECT,),
    Milestone.OPENING: (
        Column.PROJECT,
        Column.OFFERING,
        Column.SEATS,
        Column.STARTED,
        Column.COMPLETED,
    ),
    Milestone.TIMETABLE: (Column.OFFERING, *LESSON, Column.HOURS),
    Milestone.ATTENDANCE: (Column.OFFERING, *LESSON, Column.HOURS_MISSED),
    Milestone.CLOSING: (Column.OFFERING,),
    **dict.fromkeys(OF_TRAINEE - {Milestone.ATTENDANCE}, (Column.OFFERING,)),
}
TERM_UNOPENED = "TERM_UNOPENED"
HALF_YEAR = re.compile(r"([12][0-9]{3})年?(H1|H2|上半年|下半年)")
HALVES_ZH = {"上半年": "H1", "下半年": "H2"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step with all that it needs."""

    row: SheetRow
    project: ProjectId | None
    offering: OfferingId | None
    teacher: TeacherId | None
    credit: CreditId
    declared: DeclareProject | None = None


@dataclass(kw_only=True)
class Naming:
    """The names of a step, as they are read one by one.

    ``assessed``: a class of the project had a final assessment; ``classes``: how many it has.
    """

    row: SheetRow
    at: Milestone
    place: JurisdictionId
    credit: str
    project: ProjectId | None = None
    offering: OfferingId | None = None
    teacher: TeacherId | None = None
    assessed: bool = False
    classes: int = 1

    def step(self) -> Step:
        """The step, of a row that says what it needs. Raises ``Fault`` for what no name can be."""
        declared = None
        if self.at is Milestone.DECLARATION and self.project is not None:
            declared = _declared(
                self.row, self.project, self.place, self.classes, assessed=self.assessed
            )
        return Step(
            row=self.row,
            project=self.project,
            offering=self.offering,
            teacher=self.teacher,
            credit=CreditId(f"credit:{self.credit}"),
            declared=declared,
        )


def _declared(
    row: SheetRow, project: ProjectId, place: JurisdictionId, classes: int, *, assessed: bool
) -> DeclareProject:
    if row.kind is CreditKind.SCHOOL_BASED:
        zh, en = "校本培训不是申报项目", "school-based training is no project"
        raise Fault("BAD_KIND", zh=zh, en=en, field="kind")
    assert row.kind is not None
    assert row.stage is not None
    assert row.hours is not None
    assert row.lead_title is not None
    base = row.base if row.base is not None else row.credits
    return DeclareProject(
        project=project,
        provider=ProviderId(f"provider:{(row.provider or '').removeprefix('provider:')}"),
        place=place,
        term=term_of(row.term or ""),
        plan=Plan(
            title=(row.title or "").strip(),
            subject=(row.subject or "").strip(),
            stage=row.stage,
            mode=Mode(row.kind.value),
            hours=row.hours,
            base_credits=row.hours if base is None else base,
            final_assessment=assessed,
        ),
        lead=Lead(
            staff=StaffId(f"staff:{(row.lead or '').removeprefix('staff:')}"),
            title=row.lead_title,
            regular_staff=bool(row.lead_regular),
            expertise=bool(row.lead_expert),
        ),
        offerings=max(classes, 1),
    )


def term_of(text: str) -> TermId:
    """A term as people write it, as 2023H2 or 2023年下半年."""
    bare = text.replace(" ", "").removeprefix("term:")
    found = HALF_YEAR.fullmatch(bare)
    return TermId(
        f"term:{found[1]}{HALVES_ZH.get(found[2], found[2])}" if found else f"term:{bare}"
    )


def unopened(project: str, term: str, terms: frozenset[TermId]) -> dict[str, TermId]:
    """A project with its term, where that is none of the open ones."""
    try:
        found = term_of(term)
    except Fault:
        return {}  # what is no name is said of its row
    return {} if found in terms else {project: found}


def term_closed(term: TermId) -> Intention:
    """That a term is not open, said once for the load."""
    made = Intention(row=0, fate=Fate.REFUSED)
    zh = f"学期 {term.value} 尚未开设；请先由省里用 openTerm 开设，再重新试运行"
    en = f"the term {term.value} is not open; the province opens it with openTerm, then make a "
    made.refuse(Objection(code=TERM_UNOPENED, zh=zh, en=f"{en}new dry run"))
    return made


def content(at: Milestone, step: Step, *, alone: bool) -> tuple[tuple[object, ...], Said]:
    """What a step is about, and what it says, as the ledger has it (``past``)."""
    row, passed = step.row, _passed(at, step.row, alone=alone)
    match at:
        case Milestone.DECLARATION:
            assert step.declared is not None
            return (step.project,), of_plan(step.declared.plan)
        case Milestone.REVIEW:
            return (step.project,), (passed,)
        case Milestone.PUBLICATION:
            return (step.project,), ()
        case Milestone.OPENING:
            return (step.offering,), (int(row.seats or 0), row.started, row.completed)
        case Milestone.CLOSING:
            return (step.offering,), ()
        case (
            Milestone.SCHOOL_REVIEW
            | Milestone.ADMISSION
            | Milestone.ASSESSMENT
            | Milestone.COMPLETION
        ):
            return (step.offering, step.teacher), (passed,)
        case _:
            return (step.offering, step.teacher), ()


def made_of(at: Milestone, step: Step, *, alone: bool) -> Command:
    """The command that tells a step."""
    row, reason = step.row, step.row.note or ""
    if at in OF_TRAINEE:
        return _of_trainee(at, step, passed=_passed(at, row, alone=alone))
    if at is Milestone.CLOSING:
        assert step.offering is not None
        return CloseOffering(offering=step.offering)
    assert step.project is not None
    if at is Milestone.DECLARATION:
        assert step.declared is not None
        return step.declared
    if at is Milestone.REVIEW:
        approved = _passed(at, row, alone=alone)
        return ReviewProject(project=step.project, approved=approved, reason=reason)
    if at is Milestone.PUBLICATION:
        return PublishProject(project=step.project)
    assert step.offering is not None
    assert row.started is not None
    assert row.completed is not None
    return OpenOffering(
        offering=step.offering,
        project=step.project,
        seats=int(row.seats or Decimal(0)),
        opens=row.started,
        closes=row.completed,
    )


def _of_trainee(at: Milestone, step: Step, *, passed: bool) -> Command:
    assert step.offering is not None
    assert step.teacher is not None
    teacher, offering, reason = step.teacher, step.offering, step.row.note or ""
    match at:
        case Milestone.SELECTION:
            return SelectOffering(teacher=teacher, offering=offering)
        case Milestone.SCHOOL_REVIEW:
            return ReviewSelection(teacher=teacher, offering=offering, passed=passed, reason=reason)
        case Milestone.ADMISSION:
            return ConfirmEnrollment(
                teacher=teacher, offering=offering, admitted=passed, reason=reason
            )
        case Milestone.WITHDRAWAL:
            return WithdrawSelection(teacher=teacher, offering=offering, reason=reason)
        case Milestone.ASSESSMENT:
            results = (Result(teacher=teacher, passed=passed),)
            return RecordAssessment(offering=offering, results=results)
        case Milestone.COMPLETION:
            return SettleCompletion(teacher=teacher, offering=offering, completed=passed)
        case _:
            return AwardCredit(credit=step.credit, teacher=teacher, offering=offering)


def _passed(at: Milestone, row: SheetRow, *, alone: bool) -> bool:
    """The result of a step. Whoever has a day of a later step too passed the earlier ones."""
    later = at in (Milestone.SCHOOL_REVIEW, Milestone.ADMISSION) and not alone
    return later or row.passed is not False
