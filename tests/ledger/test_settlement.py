"""Settlement: what comes after the outcome does not get round it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence, RecordAttendance
from ledger.fault import Fault
from ledger.schedule import Half
from ledger.settlement import OutcomeStands, once
from tests import cast
from tests.cast import CHEN, LIN, OFFERING, OPENS
from tests.given import given

DAY = date(2024, 6, 28)
CLASS = [cast.opened(), *cast.enrolled(), *cast.enrolled(CHEN)]


def test_a_settled_trainee_is_assessed_no_more():
    late = RecordAssessment(offering=OFFERING, results=(Result(teacher=LIN, passed=False),))
    given(CLASS, cast.completed(90)).when(late, on=DAY).refused(OutcomeStands, field="teacher")


def test_the_others_of_the_class_are():
    late = RecordAssessment(offering=OFFERING, results=(Result(teacher=CHEN, passed=False),))
    given(CLASS, cast.completed(90)).when(late, on=DAY).accepted()


def test_each_trainee_stands_once_in_a_list_that_is_not_empty():
    once([LIN, CHEN], "results")
    for teachers, code in (([], "EMPTY_ROWS"), ([LIN, LIN], "TWICE_IN_ROWS")):
        with pytest.raises(Fault) as caught:
            once(teachers, "results")
        assert caught.value.code == code


def test_an_absence_that_comes_after_the_outcome_is_refused_and_sends_to_the_correction():
    held = [cast.opened(), cast.timetable(), cast.confirmed(), cast.confirmed(CHEN)]
    late = RecordAttendance(
        offering=OFFERING,
        day=OPENS,
        half=Half.MORNING,
        absences=(Absence(teacher=LIN, hours=Decimal(4)),),
    )
    given(held, cast.completed(90)).when(late, on=DAY).refused(OutcomeStands, field="teacher")
    given(held).when(late, on=DAY).accepted()
