"""Offerings: opened from published projects, and expanded between the rounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.offering import (
    SEATS_MAX,
    AdviserMissing,
    ClassRoom,
    DatesChanged,
    DecideExpansion,
    ExpansionDecided,
    ExpansionPending,
    ExpansionRequested,
    NotPublished,
    OpenOffering,
    RequestExpansion,
    TooManyOfferings,
)
from ledger.register import AlreadyRegistered
from ledger.review import ReasonMissing
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    ADVISER,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    OFFERING,
    OPENS,
    OTHER_OFFERING,
    PROJECT,
    RUIAN,
)
from tests.given import asker_for, entries, given, rules_without

OPEN = OpenOffering(
    offering=OFFERING,
    project=PROJECT,
    seats=50,
    opens=OPENS,
    closes=date(2024, 6, 28),
    adviser=ADVISER,
)
PUBLISHED = [cast.declared(), cast.reviewed(), cast.published()]
DAY = date(2024, 3, 18)
REQUEST = RequestExpansion(offering=OFFERING, seats=60)
REQUESTED = ExpansionRequested(offering=OFFERING, provider=COUNTY_SCHOOL, seats=60)
GRANT = DecideExpansion(offering=OFFERING, approved=True)


def decided(approved=True, reason=""):
    return ExpansionDecided(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        seats=60,
        approved=approved,
        reason=reason,
    )


def test_a_provider_opens_a_class_of_a_published_project():
    given(PUBLISHED).when(OPEN, on=DAY).then(cast.opened())


@pytest.mark.parametrize("past", [PUBLISHED[:1], PUBLISHED[:2]])
@pytest.mark.parametrize("reported", [False, True])
def test_a_project_that_is_not_published_opens_no_class(past, reported):
    given(past).when(OPEN, on=DAY, reported=reported).refused(NotPublished, field="project")


def test_a_project_opens_as_many_classes_as_it_declared():
    two = cast.declared(offerings=2)
    other = cast.opened(offering=OTHER_OFFERING)
    given(two, PUBLISHED[1:], other).when(OPEN, on=DAY).accepted()
    given(PUBLISHED, other).when(OPEN, on=DAY).refused(TooManyOfferings, field="offering")


def test_a_class_too_many_that_another_system_reports_is_kept_and_found():
    other = cast.opened(offering=OTHER_OFFERING)
    answer = given(PUBLISHED, other).when(OPEN, on=DAY, reported=True)

    found = [each for each in answer.findings if each.code == "TOO_MANY_OFFERINGS"]
    assert [each.outcome for each in found] == [Outcome.VIOLATION]


def test_a_class_is_opened_once():
    given(cast.declared(offerings=2), PUBLISHED[1:], cast.opened()).when(OPEN, on=DAY).refused(
        AlreadyRegistered, field="offering"
    )


def test_an_unknown_project_opens_no_class():
    given().when(OPEN, on=DAY).refused(UnknownReference, field="project")


def test_another_provider_opens_no_class_of_the_project():
    given(PUBLISHED).when(OPEN, on=DAY, by=asker_for(cast.UNIVERSITY)).refused(OutsideScope)


@pytest.mark.parametrize("reported", [False, True])
def test_a_class_without_an_adviser_is_noted(reported):
    given(PUBLISHED).when(replace(OPEN, adviser=None), on=DAY, reported=reported).found(
        "ZJ14-03", Outcome.VIOLATION, AdviserMissing
    ).kept()


def test_where_no_rule_asks_for_an_adviser_none_is_missed():
    given(PUBLISHED, rules=rules_without("ZJ14-03")).when(
        replace(OPEN, adviser=None), on=DAY
    ).accepted()


@pytest.mark.parametrize(
    ("opens", "closes", "outcome"),
    [
        pytest.param(date(2024, 4, 6), date(2024, 5, 6), Outcome.VIOLATION, id="W-040-early"),
        pytest.param(date(2024, 4, 7), date(2024, 5, 6), None, id="W-040-first"),
        pytest.param(date(2024, 5, 1), date(2024, 8, 31), None, id="W-040-last"),
        pytest.param(date(2024, 5, 1), date(2024, 9, 1), Outcome.VIOLATION, id="W-040-late"),
        pytest.param(date(2024, 5, 1), date(2024, 9, 2), Outcome.VIOLATION, id="W-039"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_training_days_outside_the_delivery_window_are_noted(opens, closes, outcome, reported):
    answer = given(PUBLISHED).when(
        replace(OPEN, opens=opens, closes=closes), on=DAY, reported=reported
    )
    if outcome:
        answer.found("ZJ24-21", outcome, WindowClosed)
    else:
        answer.accepted()


def test_a_cross_term_project_may_end_after_the_window_once_it_began_in_it():
    crossing = cast.declared(plan=cast.plan(90, cross_term=True, assessment=True))
    given(crossing, PUBLISHED[1:]).when(replace(OPEN, closes=date(2024, 11, 30)), on=DAY).accepted()
    given(crossing, PUBLISHED[1:]).when(
        replace(OPEN, opens=date(2024, 9, 1), closes=date(2024, 11, 30)), on=DAY
    ).found("ZJ24-21", Outcome.VIOLATION)


@pytest.mark.parametrize("reported", [False, True])
def test_w_039_a_project_of_40_credits_does_not_cross_terms_whatever_its_plan_says(reported):
    crossing = cast.declared(plan=cast.plan(40, cross_term=True))
    given(crossing, PUBLISHED[1:]).when(
        replace(OPEN, closes=date(2024, 9, 2)), on=DAY, reported=reported
    ).found("ZJ24-21", Outcome.VIOLATION, WindowClosed)


def test_new_days_of_a_change_are_those_of_the_class_and_the_other_day_stays():
    room = ClassRoom()
    moved = DatesChanged(
        change=cast.CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        opens=date(2024, 4, 15),
    )
    for entry in entries([moved, cast.opened(), moved], DAY):
        room.learn(entry)

    opened = room.known(OFFERING)
    assert (date(2024, 4, 15), date(2024, 6, 28)) == (opened.opens, opened.closes)


@pytest.mark.parametrize("seats", [0, -1, SEATS_MAX + 1])
def test_seats_have_bounds(seats):
    given(PUBLISHED).when(replace(OPEN, seats=seats), on=DAY).faulted("BAD_SEATS", "seats")


def test_a_class_does_not_end_before_it_opens():
    given(PUBLISHED).when(replace(OPEN, closes=date(2024, 4, 7)), on=DAY).faulted(
        "DAYS_REVERSED", "closes"
    )


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 27), "ZJ24-15", id="W-138-early"),
        pytest.param(H1_2024, date(2024, 3, 28), None, id="W-138"),
        pytest.param(H1_2024, date(2024, 3, 29), "ZJ24-15", id="W-138-late"),
        pytest.param(H1_2024, date(2024, 4, 2), "ZJ24-15", id="W-142"),
        pytest.param(H2_2019, date(2019, 9, 12), "RA19-17", id="W-141"),
        pytest.param(H2_2019, date(2019, 9, 11), None, id="2019-last"),
    ],
)
def test_more_seats_are_asked_for_in_the_window(term, day, rule):
    answer = given(cast.opened(term=term)).when(REQUEST, on=day)
    if rule is None:
        answer.then(REQUESTED)
        return
    answer.refused(WindowClosed, rule)
    given(cast.opened(term=term)).when(REQUEST, on=day, reported=True).found(
        rule, Outcome.VIOLATION, WindowClosed
    ).then(REQUESTED)


def test_the_window_of_2020_for_more_seats_is_unknown():
    given(cast.opened(term=H2_2020)).when(REQUEST, on=date(2020, 9, 10)).found(
        "ZJ20-24", Outcome.INDETERMINATE, WindowUnknown
    ).then(REQUESTED)


@pytest.mark.parametrize("seats", [49, 50, SEATS_MAX + 1])
def test_the_new_total_exceeds_the_old_one(seats):
    given(cast.opened()).when(
        RequestExpansion(offering=OFFERING, seats=seats), on=date(2024, 3, 28)
    ).refused(ExpansionPending, field="seats")


def test_a_second_request_waits_for_the_decision_on_the_first():
    given(cast.opened(), REQUESTED).when(
        RequestExpansion(offering=OFFERING, seats=70), on=date(2024, 3, 28)
    ).refused(ExpansionPending)


def test_an_unknown_class_is_not_expanded():
    given().when(REQUEST, on=date(2024, 3, 28)).refused(UnknownReference, field="offering")
    given().when(GRANT, on=date(2024, 3, 29)).refused(UnknownReference, field="offering")


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 28), "ZJ24-16", id="W-139-early"),
        pytest.param(H1_2024, date(2024, 3, 29), None, id="W-139"),
        pytest.param(H1_2024, date(2024, 3, 30), "ZJ24-16", id="W-139-late"),
        pytest.param(H2_2019, date(2019, 9, 13), "RA19-18", id="2019-late"),
    ],
)
def test_more_seats_are_granted_in_the_window(term, day, rule):
    past = [cast.opened(term=term), REQUESTED]
    answer = given(past).when(GRANT, on=day)
    if rule is None:
        answer.then(decided())
        return
    answer.refused(WindowClosed, rule)
    given(past).when(GRANT, on=day, reported=True).found(rule, Outcome.VIOLATION).then(decided())


def test_a_denial_needs_a_reason():
    given(cast.opened(), REQUESTED).when(
        DecideExpansion(offering=OFFERING, approved=False), on=date(2024, 3, 29)
    ).refused(ReasonMissing)


def test_without_a_request_there_is_nothing_to_decide():
    given(cast.opened()).when(GRANT, on=date(2024, 3, 29)).refused(ExpansionPending)
    given(cast.opened(), REQUESTED, decided()).when(GRANT, on=date(2024, 3, 29)).refused(
        ExpansionPending
    )


def test_the_provider_does_not_grant_its_own_request():
    given(cast.opened(), REQUESTED).when(
        GRANT, on=date(2024, 3, 29), by=asker_for(COUNTY_SCHOOL)
    ).refused(OutsideScope)


@pytest.mark.parametrize(("approved", "seats"), [(True, 60), (False, 50)])
def test_only_a_granted_request_changes_the_seats(approved, seats):
    room = ClassRoom()
    for entry in entries([cast.opened(), REQUESTED, decided(approved, "x")], DAY):
        room.learn(entry)

    assert seats == room.seats
    assert room.requested is None
