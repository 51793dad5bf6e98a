"""Lines: a petition names one with a difference, and one that is about its credit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from ledger.line import LineOfAnother, NoSuchLine
from ledger.names import CreditId, TeacherId
from tests.given import background, given
from tests.ledger.test_petition import ABOUT, DAY, LINE, credited, past
from tests.ledger.test_reconciliation import DONE, LATER


@pytest.mark.parametrize(
    "other",
    [
        {"teacher": TeacherId("teacher:other")},
        {"teacher": None},
        {"credit": CreditId("credit:other")},
    ],
    ids=str,
)
def test_a_petition_is_about_the_teacher_and_the_credit_of_its_line(other):
    wrong = replace(ABOUT, shown=structs.replace(LINE, **other))
    past(*DONE).when(wrong, on=DAY).refused(LineOfAnother, field="line")


@pytest.mark.parametrize(
    "change",
    [
        {"line": 1, "shown": structs.replace(LINE, number=1)},
        {"line": 2},
        {"shown": None},
        {"shown": structs.replace(LINE, digest=LATER.digest)},
        {"reconciliation": None},
    ],
    ids=str,
)
def test_a_petition_names_a_line_with_a_difference_of_the_result_that_stands(change):
    given(background(credited(), DONE)).when(replace(ABOUT, **change), on=DAY).refused(
        NoSuchLine, field="line"
    )
