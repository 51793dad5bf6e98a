"""Obstacles: all that keeps a teacher from choosing, and what is missing."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.enrollment import EnrollmentDeclined
from ledger.explanation import Upshot
from ledger.names import TermId
from ledger.obstacle import why_not_selected
from ledger.offering import OfferingCancelled
from ledger.plan import Choice
from ledger.selection import SelectOffering
from ledger.term import Calendar
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    LIN,
    OFFERING,
    OTHER_OFFERING,
    PROJECT,
    RUIAN,
    SCHOOL,
)
from tests.given import all_rules, entries, given, on

ROUND_ONE, ROUND_TWO = date(2024, 3, 20), date(2024, 3, 31)
PAST = [on(date(2024, 3, 6), cast.registered()), on(date(2024, 3, 18), cast.opened())]


def why(*past, day=ROUND_ONE, teacher=LIN, start=PAST):
    """Why the teacher cannot choose on a day, after a past."""
    told = entries([*start, *past], day)
    return why_not_selected(teacher, OFFERING, told, all_rules(), day)


def missing(explanation):
    return [each.code for reason in explanation.reasons for each in reason.missing]


def codes(explanation):
    return [each.code for each in explanation.reasons]


def test_nothing_stands_against_a_choice_in_round_one():
    told = why()

    assert (told.answer, told.reasons) == (Upshot.NOTHING_AGAINST, ())


def test_before_the_window_it_is_said_when_it_opens():
    told = why(day=date(2024, 3, 18))
    closed = next(each for each in told.reasons if each.code == "WINDOW_CLOSED")

    assert told.answer is Upshot.REFUSED
    assert (closed.rule, closed.clause) == ("ZJ24-13", "§三(二)")
    assert [(each.code, each.day) for each in closed.missing] == [
        ("WINDOW_OPENS", date(2024, 3, 19))
    ]
    assert closed.missing[0].en == "the window opens 2024-03-19"


def test_between_the_rounds_the_second_one_is_still_to_come():
    told = why(day=date(2024, 3, 28))

    assert {each.day for reason in told.reasons for each in reason.missing} == {ROUND_TWO}


def test_after_the_last_window_it_is_over():
    told = why(on(ROUND_ONE, cast.selected(offering=OTHER_OFFERING)), day=date(2024, 4, 2))

    assert missing(told) == ["WINDOW_OVER"]


def test_a_teacher_without_a_choice_in_round_one_lacks_it_in_round_two():
    told = why(day=ROUND_TWO)

    assert (codes(told), missing(told)) == (["BARRED_FROM_ROUND_TWO"], ["NO_ROUND_ONE_CHOICE"])
    assert told.reasons[0].rule is not None


def test_a_teacher_whose_school_passed_nothing_lacks_a_pass():
    start = [PAST[0], cast.opened(term=H2_2019)]
    chosen = on(date(2019, 9, 3), cast.selected(offering=OTHER_OFFERING, term=H2_2019))
    said = cast.passed(offering=OTHER_OFFERING, term=H2_2019, passed=False)
    told = why(chosen, on(date(2019, 9, 8), said), day=date(2019, 9, 15), start=start)

    assert (codes(told), missing(told)) == (["BARRED_FROM_ROUND_TWO"], ["NO_ROUND_ONE_PASS"])
    assert told.reasons[0].opposing == ("0193-0004",)


def test_a_choice_that_stands_is_done_and_named():
    told = why(on(ROUND_ONE, cast.selected()), day=date(2024, 3, 21))

    assert (told.answer, codes(told)) == (Upshot.DONE, ["ALREADY_SELECTED"])
    assert told.reasons[0].opposing == ("0193-0003",)


def test_a_choice_that_the_school_turned_down_is_told_beside_what_refuses_now():
    chosen = on(ROUND_ONE, cast.selected())
    refused = on(date(2024, 3, 26), cast.passed(passed=False, reason="工学矛盾"))
    told = why(chosen, refused, day=date(2024, 3, 26))
    [reason] = told.reasons

    assert told.answer is Upshot.NOTHING_AGAINST
    assert (reason.code, reason.opposing) == ("SCHOOL_NOT_PASSED", ("0193-0004",))
    assert reason.facts == {"reason": "工学矛盾"}


def test_a_choice_that_the_provider_declined_is_told():
    declined = EnrollmentDeclined(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=1,
        reason="",
    )
    told = why(on(ROUND_ONE, cast.selected(), cast.passed(), declined), day=ROUND_TWO)

    assert codes(told) == ["PROVIDER_DECLINED"]


@pytest.mark.parametrize(("kept", "code"), [(PAST[1:], "NOT_REGISTERED"), (PAST[:1], "NOT_OPENED")])
def test_who_or_what_nobody_has_heard_of_is_missing(kept, code):
    told = why(start=kept)

    assert (codes(told), missing(told)) == (["UNKNOWN_REFERENCE"], [code])


def test_assigned_training_lacks_an_assignment():
    plan = replace(cast.PLAN, choice=Choice.MANDATED)
    told = why(start=[PAST[0], cast.opened(plan)])

    assert "NOT_ASSIGNED" in missing(told)


def test_a_cancelled_class_is_refused_by_the_event_that_cancelled_it():
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="整改"
    )
    told = why(gone)

    assert (codes(told), told.reasons[0].opposing) == (["OFFERING_GONE"], ("0193-0003",))


def test_an_unknown_window_refuses_nothing_and_is_noted():
    told = why(start=[PAST[0], cast.opened(term=TermId("term:2022H1"))])

    assert told.answer is Upshot.NOTHING_AGAINST
    assert [each.facts for each in told.reasons] == [{"outcome": "INDETERMINATE"}]


@pytest.mark.parametrize("calendar", Calendar)
@pytest.mark.parametrize("day", [date(2024, 3, day) for day in range(15, 32)])
@pytest.mark.parametrize("past", [[], [cast.selected(offering=OTHER_OFFERING)]])
def test_what_is_told_is_what_the_command_would_be_refused_for(day, calendar, past):
    start = [PAST[0], on(date(2024, 3, 18), cast.opened(calendar=calendar))]
    told = why(*past, day=day, start=start)
    answer = given(start, past).when(SelectOffering(teacher=LIN, offering=OFFERING), on=day)

    assert sorted(codes(told)) == sorted(each.code for each in (*answer.refusals, *answer.findings))
    assert (told.answer is Upshot.REFUSED) == bool(answer.refusals)
