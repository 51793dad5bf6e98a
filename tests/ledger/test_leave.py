"""Leave: granted under special circumstances, with a reason, to a trainee."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.attendance import LeaveGranted, LeaveWithoutCause, NotEnrolled
from ledger.finding import Outcome
from ledger.leave import GrantLeave
from ledger.review import ReasonMissing
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, OPENS
from tests.given import given, rules_without

GRANTED = LeaveGranted(
    teacher=LIN, offering=OFFERING, provider=COUNTY_SCHOOL, day=OPENS, reason="婚假"
)
ROLL = [cast.opened(), cast.confirmed()]


def leave(special=True, reason="婚假", teacher=LIN):
    return GrantLeave(teacher=teacher, offering=OFFERING, day=OPENS, reason=reason, special=special)


def test_leave_is_granted_under_special_circumstances():
    given(ROLL).when(leave(), on=OPENS).then(GRANTED)


@pytest.mark.parametrize("reported", [False, True])
def test_leave_without_special_circumstances_departs_from_the_rule(reported):
    given(ROLL).when(leave(special=False), on=OPENS, reported=reported).found(
        "ZJ14-07", Outcome.DEVIATION, LeaveWithoutCause
    ).then(GRANTED)


def test_where_no_rule_is_against_leave_it_is_granted():
    given(ROLL, rules=rules_without("ZJ14-07")).when(leave(special=False), on=OPENS).then(GRANTED)


def test_in_2013_no_rule_was_against_leave_and_in_2014_nobody_can_tell():
    given(ROLL).when(leave(special=False), on=date(2013, 12, 31)).then(GRANTED)
    given(ROLL).when(leave(special=False), on=date(2014, 6, 1)).found(
        "ZJ14-07", Outcome.INDETERMINATE
    )


def test_leave_needs_a_reason_and_a_trainee():
    given(ROLL).when(leave(reason=""), on=OPENS).refused(ReasonMissing)
    given(cast.opened()).when(leave(), on=OPENS).refused(NotEnrolled)
