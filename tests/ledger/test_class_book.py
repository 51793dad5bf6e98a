"""Class books: where hours that were missed come to stand, and who is in the class."""

from __future__ import annotations

from decimal import Decimal

from ledger.attendance import Absence
from ledger.class_book import placed
from ledger.schedule import Half
from tests import cast
from tests.cast import CHEN, LIN
from tests.ledger.test_result_sheet import book


def test_a_sum_is_laid_on_the_last_half_days_and_marked_where_it_leaves_them_open():
    sessions = book().left
    found = placed(sessions, LIN, Decimal(6))

    assert found == {
        (sessions[-1].day, Half.AFTERNOON): Absence(teacher=LIN, hours=Decimal(4), placed=True),
        (sessions[-1].day, Half.MORNING): Absence(teacher=LIN, hours=Decimal(2), placed=True),
    }
    assert placed(sessions, LIN, Decimal(0)) == {}
    whole = placed(sessions, LIN, Decimal(24))
    assert {each.placed for each in whole.values()} == {False}
    assert sum(each.hours for each in whole.values()) == 24


def test_half_days_that_were_taken_are_not_left():
    found = book(*cast.absences(8, 24))
    assert len(found.left) == 4
    assert found.held(LIN, (cast.OPENS, Half.MORNING)) == 4
    assert found.held(CHEN, (cast.OPENS, Half.MORNING)) == 0
    assert {*found.trainees} == {LIN, CHEN}
