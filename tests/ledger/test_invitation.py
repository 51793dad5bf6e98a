"""Invitations: notices of a training go to those admitted, in the days that a rule gives."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.enrollment import EnrollmentWithdrawn
from ledger.finding import Outcome
from ledger.invitation import NotAdmitted, SendTrainingNotices, TrainingNoticesSent
from ledger.term import WindowClosed
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    HANGZHOU,
    LIN,
    OFFERING,
    RUIAN,
    SCHOOL,
    ZHOU,
)
from tests.given import given

NOTICES = SendTrainingNotices(offering=OFFERING)


def left_by(teacher):
    return EnrollmentWithdrawn(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )


def notices(*teachers, place=RUIAN, term=H1_2024):
    return TrainingNoticesSent(
        offering=OFFERING, provider=COUNTY_SCHOOL, place=place, term=term, teachers=teachers
    )


def test_notices_go_to_all_admitted_who_have_none():
    given(
        cast.opened(), cast.confirmed(LIN), cast.confirmed(CHEN), cast.confirmed(ZHOU), notices(LIN)
    ).when(NOTICES, on=date(2024, 4, 5)).then(notices(CHEN, ZHOU))


def test_notices_go_to_those_who_are_named():
    given(cast.opened(), cast.confirmed(LIN), cast.confirmed(CHEN)).when(
        SendTrainingNotices(offering=OFFERING, teachers=(CHEN, CHEN)), on=date(2024, 4, 5)
    ).then(notices(CHEN))


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    "past", [[], [cast.confirmed(LIN), notices(LIN)], [cast.confirmed(LIN), left_by(LIN)]]
)
def test_who_is_not_admitted_or_has_the_notice_gets_none(past, reported):
    for command in (NOTICES, SendTrainingNotices(offering=OFFERING, teachers=(LIN,))):
        given(cast.opened(), past).when(command, on=date(2024, 4, 5), reported=reported).refused(
            NotAdmitted, field="teachers"
        )


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2019, 9, 18), Outcome.VIOLATION),
        (date(2019, 9, 19), None),
        (date(2019, 9, 22), None),
        (date(2019, 9, 23), Outcome.VIOLATION),
    ],
)
def test_ra19_22_notices_are_sent_with_the_re_review_of_round_two(day, outcome, reported):
    past = [cast.opened(term=H2_2019), cast.confirmed(term=H2_2019)]
    answer = given(past).when(NOTICES, on=day, reported=reported)
    if outcome:
        answer = answer.found("RA19-22", outcome, WindowClosed)
    answer.then(notices(LIN, term=H2_2019))


@pytest.mark.parametrize(
    ("term", "place", "day"),
    [
        (H1_2024, RUIAN, date(2024, 5, 1)),
        (H2_2020, RUIAN, date(2020, 12, 1)),
        (H2_2019, HANGZHOU, date(2019, 12, 1)),
    ],
)
def test_where_no_rule_gives_a_day_for_notices_none_is_missed(term, place, day):
    past = [cast.opened(term=term, place=place), cast.confirmed(term=term)]
    given(past).when(NOTICES, on=day).then(notices(LIN, term=term, place=place))


def test_who_withdrew_and_is_admitted_again_is_told_again():
    past = [cast.opened(), cast.confirmed(LIN), notices(LIN), left_by(LIN), cast.confirmed(LIN)]
    given(past).when(NOTICES, on=date(2024, 4, 5)).then(notices(LIN))
