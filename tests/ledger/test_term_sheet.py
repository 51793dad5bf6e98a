"""Term sheets: each row tells steps on their days, told in the order in which they happened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.admission import ConfirmEnrollment
from ledger.attendance import RecordAttendance
from ledger.credit import AwardCredit, CreditKind
from ledger.declaration import DeclareProject
from ledger.enrollment import ReviewSelection
from ledger.intention import Intention
from ledger.load import Fate
from ledger.offering import OpenOffering
from ledger.past import Past
from ledger.register import Stage, Title
from ledger.review import PublishProject
from ledger.roll import OnRoll, Roll
from ledger.schedule import Half, PublishTimetable
from ledger.selection import SelectOffering
from ledger.term_sheet import TermSheet
from tests.cast import LIN, RUIAN
from tests.ledger.test_intention import desk, row

DAY, LATER = date(2023, 3, 1), date(2023, 6, 1)
OWN: dict[str, Any] = {"number": "lin", "offering": "o1"}
PROJECT: dict[str, Any] = {
    "project": "p1", "provider": "x", "title": "阅读", "subject": "CHINESE", "hours": Decimal(24),
    "stage": Stage.PRIMARY, "kind": CreditKind.INTENSIVE, "term": "2023年上半年", "lead": "wang",
    "lead_title": Title.SENIOR, "lead_regular": True, "lead_expert": False,
}  # fmt: skip


def plan(*rows: Any) -> list[Intention]:
    roll = Roll(teachers={LIN: OnRoll(teacher=LIN)}, fingerprints={}, schools={})
    return list(TermSheet(desks=[(desk(*rows), roll)], place=RUIAN, past=Past()).plan())


def codes(found: list[Intention]) -> dict[int, list[str]]:
    return {each.row: [one.code for one in each.said] for each in found}


def test_the_steps_are_told_by_day_and_on_one_day_in_the_order_of_life():
    found = plan(
        row(2, step="学分认定", completed=LATER, **OWN),
        row(3, step="录取", completed=DAY, **OWN),
        row(4, step="学校审核", completed=DAY, **OWN),
        row(5, step="选课", completed=DAY, **OWN),
        row(6, step="发布", completed=DAY, project="p1"),
    )

    assert [(each.row, each.on) for each in found] == [
        (6, DAY), (5, DAY), (4, DAY), (3, DAY), (2, LATER),
    ]  # fmt: skip
    assert [type(each.commands[0]) for each in found] == [
        PublishProject, SelectOffering, ReviewSelection, ConfirmEnrollment, AwardCredit,
    ]  # fmt: skip


def test_a_row_tells_as_many_steps_as_it_has_days():
    own = {**OWN, "selected_on": DAY, "admitted_on": DAY, "awarded_on": LATER, "passed": False}
    found = plan(row(2, **own))
    assert [(each.on, type(each.commands[0])) for each in found] == [
        (DAY, SelectOffering), (DAY, ConfirmEnrollment), (LATER, AwardCredit),
    ]  # fmt: skip
    [admission] = [each for one in found for each in one.commands if hasattr(each, "admitted")]
    assert isinstance(admission, ConfirmEnrollment)
    assert admission.admitted, "who has a day of admission was admitted"


def test_a_project_is_declared_with_its_classes_and_whether_they_had_an_assessment():
    [declared, opened, *_] = plan(
        row(2, declared_on=DAY, **PROJECT),
        row(3, project="p1", offering="o1", seats=Decimal(40), opened_on=LATER,
            started=LATER, completed=LATER),
        row(4, assessed_on=LATER, passed=True, **OWN),
    )  # fmt: skip
    [command], [opening] = declared.commands, opened.commands
    assert isinstance(command, DeclareProject)
    assert isinstance(opening, OpenOffering)
    assert (command.offerings, command.plan.final_assessment) == (1, True)
    assert (str(command.term), command.lead.regular_staff) == ("term:2023H1", True)


def test_lessons_make_one_timetable_and_sums_and_half_days_one_record_each():
    lesson = {"offering": "o1", "published_on": DAY, "taught_on": LATER, "hours": Decimal(4)}
    found = plan(
        row(2, half=Half.MORNING, **lesson),
        row(3, half=Half.AFTERNOON, **lesson),
        row(4, taught_on=LATER, half=Half.MORNING, hours_missed=Decimal(1), **OWN),
        row(5, settled_on=LATER, passed=True, hours_missed=Decimal(3), **OWN),
    )
    commands = [each for one in found for each in one.commands]
    assert isinstance(commands[0], PublishTimetable)
    taken = [each for each in commands if isinstance(each, RecordAttendance)]
    assert {each.half: [(a.hours, a.placed) for a in each.absences] for each in taken} == {
        Half.MORNING: [(1, False)], Half.AFTERNOON: [(2, True)],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"step": "选课", **OWN}, "CELL_EMPTY"),
        ({"step": "选课", "number": "lin", "completed": DAY}, "CELL_EMPTY"),
        ({"step": "别的", "project": "p1", "completed": DAY}, "STEP_UNKNOWN"),
        ({"project": "p1", "completed": DAY}, "STEP_UNKNOWN"),
        ({"step": "录取", "number": "chen", "offering": "o1", "completed": DAY}, "NOBODY"),
        ({"declared_on": DAY, **PROJECT, "lead": None}, "CELL_EMPTY"),
        ({"declared_on": DAY, **PROJECT, "kind": CreditKind.SCHOOL_BASED}, "BAD_KIND"),
        ({"settled_on": DAY, "hours_missed": Decimal(3), **OWN}, "NO_TIMETABLE"),
        ({"taught_on": DAY, "half": Half.MORNING, "hours_missed": Decimal(3), **OWN}, "NO_SESSION"),
    ],
)
def test_a_step_that_cannot_be_told_is_refused(told: dict[str, Any], code: str):
    [found] = plan(row(2, **told))
    assert (found.fate, codes([found])) == (Fate.REFUSED, {2: [code]})


def test_a_row_with_a_step_that_cannot_be_told_tells_none():
    own = {**OWN, "selected_on": DAY, "settled_on": LATER, "hours_missed": Decimal(3)}
    [found] = plan(row(2, **own))
    assert found.fate is Fate.REFUSED
