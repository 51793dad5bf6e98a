"""Term sheets: each row is a step on its day, told in the order in which it happened."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.admission import ConfirmEnrollment
from ledger.credit import AwardCredit
from ledger.enrollment import ReviewSelection
from ledger.intention import Intention
from ledger.load import Fate
from ledger.review import PublishProject
from ledger.roll import OnRoll, Roll
from ledger.selection import SelectOffering
from ledger.term_sheet import TermSheet
from tests.cast import LIN
from tests.ledger.test_intention import desk, row

DAY, LATER = date(2023, 3, 1), date(2023, 6, 1)


def plan(*rows: Any) -> list[Intention]:
    roll = Roll(teachers={LIN: OnRoll(teacher=LIN)}, fingerprints={}, schools={})
    return list(TermSheet(desk=desk(*rows), roll=roll).plan())


def test_the_steps_are_told_by_day_and_on_one_day_in_the_order_of_life():
    own: dict[str, Any] = {"number": "lin", "offering": "o1"}
    found = plan(
        row(2, step="学分认定", completed=LATER, **own),
        row(3, step="录取", completed=DAY, **own),
        row(4, step="学校审核", completed=DAY, **own),
        row(5, step="选课", completed=DAY, **own),
        row(6, step="发布", completed=DAY, project="p1"),
    )

    assert [(each.row, each.on) for each in found] == [
        (6, DAY), (5, DAY), (4, DAY), (3, DAY), (2, LATER),
    ]  # fmt: skip
    assert [type(each.commands[0]) for each in found] == [
        PublishProject, SelectOffering, ReviewSelection, ConfirmEnrollment, AwardCredit,
    ]  # fmt: skip


def test_a_step_without_a_day_a_name_or_a_known_word_is_refused():
    found = plan(
        row(2, step="选课", number="lin", offering="o1"),
        row(3, step="选课", number="lin", completed=DAY),
        row(4, step="申报", project="p1", completed=DAY),
        row(5, step="录取", number="chen", offering="o 1", completed=DAY),
    )
    codes = {each.row: [one.code for one in each.said] for each in found}

    assert {each.fate for each in found} == {Fate.REFUSED}
    assert codes == {
        2: ["CELL_EMPTY"], 3: ["CELL_EMPTY"], 4: ["STEP_UNKNOWN"], 5: ["NOBODY"],
    }  # fmt: skip
