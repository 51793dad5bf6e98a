"""Milestones: which steps a row tells, by its word or by the columns of its days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.heading import meaning
from ledger.mapping import Column, Form
from ledger.milestone import Milestone, lesson, told
from tests.ledger.test_intention import row

DAY, LATER = date(2023, 3, 1), date(2023, 6, 1)


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        ({"step": "录取", "completed": DAY}, [(Milestone.ADMISSION, DAY)]),
        ({"step": "录取", "admitted_on": LATER, "completed": DAY}, [(Milestone.ADMISSION, LATER)]),
        ({"step": "开班", "completed": DAY}, [(Milestone.OPENING, None)]),
        ({"step": "没有"}, []),
        ({"completed": DAY}, []),
        (
            {"declared_on": DAY, "reviewed_on": LATER},
            [(Milestone.DECLARATION, DAY), (Milestone.REVIEW, LATER)],
        ),
        ({"taught_on": LATER, "published_on": DAY}, [(Milestone.TIMETABLE, DAY)]),
        ({"taught_on": LATER, "number": "lin"}, [(Milestone.ATTENDANCE, LATER)]),
    ],
)
def test_a_row_tells_steps(given: dict[str, Any], steps: list[tuple[Milestone, date | None]]):
    assert [(each.step, each.on) for each in told(row(**given))] == steps


def test_a_plain_day_is_that_of_a_lesson_only_where_a_word_says_so():
    assert lesson(row(completed=DAY)) is None
    assert lesson(row(completed=DAY, step="出勤")) == DAY
    assert lesson(row(completed=DAY, taught_on=LATER)) == LATER


def test_the_days_of_steps_are_read_in_sheets_of_a_term_only():
    for words, column in (("结业日期", Column.SETTLED_ON), ("认定时间", Column.AWARDED_ON)):
        found = meaning(words, Form.TERM)
        assert found is not None
        assert found[0] is column
        elsewhere = meaning(words, Form.CREDITS)
        assert elsewhere is not None
        assert elsewhere[0] is Column.COMPLETED
