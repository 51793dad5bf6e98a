"""Trainings of a sheet that earned nothing: found by class, title and day, or title alone."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.completion import Reason
from ledger.row import Standing
from tests import cast
from tests.compared import (
    causes,
    claim,
    compared,
    corrected,
    denied,
    holding,
    item,
    of_class,
    only,
    told_by_school,
    training,
)

DAY = date(2022, 6, 1)


def test_what_the_school_told_and_the_bureau_refused_names_both_events():
    told = told_by_school("s", 8, DAY)
    no = replace(cast.recognised(8, approved=False), credit=told.credit, title=told.title)
    said = claim(2, 8, title="校本 s", completed=DAY)
    row = only(compared([said], holding(told, no)))

    assert causes(row) == {Cause.UNRECOGNISED: -8}
    assert row.portions[0].events == ("lin-2", "lin-3")


def test_a_class_that_nobody_knows_is_not_recognised():
    row = only(compared([item(2, "none", 16)], holding()))

    assert (row.standing, causes(row)) == (Standing.ONLY_THERE, {Cause.UNRECOGNISED: -16})


def test_a_denied_training_of_the_day_is_not_taken_for_a_credit_of_before_its_correction():
    own = holding(
        training("a", 90), corrected("a", 90, 85), denied("d"), trainings=of_class("d", DAY)
    )
    there, here = compared([item(2, "d", 90)], own).rows

    assert (causes(there), here.credit) == ({Cause.ABSENCE_DENIAL: -90}, "credit:a")


@pytest.mark.parametrize(
    ("day", "slip"),
    [(date(2022, 6, 9), Cause.OTHER_DAY), (date(2021, 6, 1), Cause.OTHER_CYCLE)],
)
@pytest.mark.parametrize("reason", [Reason.ABSENCE, Reason.MISCONDUCT])
def test_a_denied_training_under_a_wrong_day_is_the_denial_and_the_day_is_said(
    day: date, slip: Cause, reason: Reason
):
    own = holding(denied("a", reason), trainings=of_class("a", DAY))
    row = only(compared([item(2, "a", 90, completed=day)], own))
    why = Cause.ABSENCE_DENIAL if reason is Reason.ABSENCE else Cause.MISCONDUCT

    assert causes(row) == {why: -90, slip: 0}
    assert [each.events for each in row.portions] == [("lin-2",), ("lin-2",)]
    assert str(day) in row.portions[1].zh and str(DAY) in row.portions[1].zh
    assert row.unattributed == 0


def test_trainings_of_one_title_that_earned_nothing_share_their_cause_or_leave_it_open():
    for reason, cause in ((Reason.ABSENCE, Cause.ABSENCE_DENIAL), (Reason.MISCONDUCT, None)):
        classes = of_class("a", DAY) | of_class("b", date(2022, 9, 1))
        titled = {name: replace(each, title="课程a") for name, each in classes.items()}
        own = holding(denied("a"), denied("b", reason), trainings=titled)
        row = only(compared([item(2, "a", 90, completed=date(2022, 7, 1))], own))

        assert {e for each in row.portions for e in each.events} == {"lin-2", "lin-3"}
        assert row.unattributed == (0 if cause else -90)
        assert cause is None or causes(row) == {cause: -90, Cause.OTHER_DAY: 0}


def test_a_wrong_day_that_is_that_of_another_credit_does_not_make_a_denied_training_that_credit():
    own = holding(training("a", 90, date(2022, 7, 1)), denied("d"), trainings=of_class("d", DAY))
    said = [item(2, "d", 90, completed=date(2022, 7, 1))]
    there, here = compared(said, own).rows

    assert causes(there) == {Cause.ABSENCE_DENIAL: -90, Cause.OTHER_DAY: 0}
    assert (here.credit, here.unattributed) == ("credit:a", 90)
