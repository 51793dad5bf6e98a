"""Expansions: more seats or a parallel class, between round one and its re-review."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.enrollment import EnrollmentDeclined
from ledger.expansion import (
    DecideExpansion,
    ExpansionOutOfOrder,
    ExpansionPending,
    ExpansionSeats,
    RequestExpansion,
)
from ledger.finding import Outcome
from ledger.names import OfferingId
from ledger.offering import (
    SEATS_MAX,
    ClassRoom,
    ExpansionDecided,
    ExpansionRequested,
    OfferingCancelled,
    OfferingGone,
    OpenOffering,
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
    LIN,
    OFFERING,
    OPENS,
    OTHER_OFFERING,
    PROJECT,
    RUIAN,
    SCHOOL,
)
from tests.given import asker_for, entries, given, on

DAY = date(2024, 3, 18)
THIRD = OfferingId("offering:o3")
ASKED_ON, DECIDED_ON = date(2024, 3, 28), date(2024, 3, 29)
REQUEST = RequestExpansion(offering=OFFERING, seats=60)
REQUESTED = ExpansionRequested(offering=OFFERING, provider=COUNTY_SCHOOL, seats=60)
GRANT = DecideExpansion(offering=OFFERING, approved=True)
PARALLEL = RequestExpansion(offering=OFFERING, seats=20, parallel=OTHER_OFFERING)
PARALLEL_REQUESTED = ExpansionRequested(
    offering=OFFERING, provider=COUNTY_SCHOOL, seats=20, parallel=OTHER_OFFERING
)


def decided(approved=True, reason="", seats=60, parallel=None):
    return ExpansionDecided(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        seats=seats,
        approved=approved,
        reason=reason,
        parallel=parallel,
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
    ).refused(ExpansionSeats, field="seats")


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


def test_a_parallel_class_is_asked_for_with_its_own_seats():
    given(cast.opened()).when(PARALLEL, on=ASKED_ON).then(PARALLEL_REQUESTED)


def test_a_granted_parallel_class_opens_with_the_plan_and_days_of_the_first():
    answer = given(cast.opened(), PARALLEL_REQUESTED).when(GRANT, on=DECIDED_ON)

    grant, opened = answer.accepted().facts
    assert grant == decided(seats=20, parallel=OTHER_OFFERING)
    assert (opened.offering, opened.project, opened.seats) == (OTHER_OFFERING, PROJECT, 20)
    assert (opened.plan, opened.opens, opened.parallel) == (cast.PLAN, OPENS, True)


def test_a_denied_parallel_class_does_not_open():
    deny = DecideExpansion(offering=OFFERING, approved=False, reason="场地不足")
    given(cast.opened(), PARALLEL_REQUESTED).when(deny, on=DECIDED_ON).then(
        decided(approved=False, reason="场地不足", seats=20, parallel=OTHER_OFFERING)
    )


@pytest.mark.parametrize(
    "past", [cast.opened(offering=OTHER_OFFERING), PARALLEL_REQUESTED], ids=["open", "asked for"]
)
def test_the_name_of_a_parallel_class_is_used_once(past):
    denied = decided(approved=False, reason="x", seats=20, parallel=OTHER_OFFERING)
    after = [past] if past is not PARALLEL_REQUESTED else [past, denied]
    given(cast.opened(), *after).when(PARALLEL, on=ASKED_ON).refused(
        AlreadyRegistered, field="parallel"
    )


@pytest.mark.parametrize("seats", [0, SEATS_MAX + 1])
def test_a_parallel_class_has_seats(seats):
    no_seats = RequestExpansion(offering=OFFERING, seats=seats, parallel=OTHER_OFFERING)
    given(cast.opened()).when(no_seats, on=ASKED_ON).refused(ExpansionSeats, field="seats")


def test_c_24_a_parallel_class_is_none_of_those_that_a_project_declared():
    opening = OpenOffering(
        offering=OFFERING,
        project=PROJECT,
        seats=50,
        opens=OPENS,
        closes=date(2024, 6, 28),
        adviser=ADVISER,
    )
    published = [cast.declared(offerings=2), cast.reviewed(), cast.published()]
    first = cast.opened(offering=THIRD)
    beside = [
        event
        for event in given(
            cast.opened(offering=THIRD),
            ExpansionRequested(
                offering=THIRD,
                provider=COUNTY_SCHOOL,
                seats=20,
                parallel=OTHER_OFFERING,
            ),
        )
        .when(DecideExpansion(offering=THIRD, approved=True), on=DECIDED_ON)
        .facts
        if event.NAME == "offering.opened"
    ]
    given(published, first, beside).when(opening, on=DAY).accepted()


def test_a_name_that_a_parallel_class_waits_for_opens_no_other():
    opening = OpenOffering(
        offering=OTHER_OFFERING,
        project=PROJECT,
        seats=50,
        opens=OPENS,
        closes=date(2024, 6, 28),
        adviser=ADVISER,
    )
    published = [cast.declared(offerings=2), cast.reviewed(), cast.published()]
    given(published, cast.opened(), PARALLEL_REQUESTED).when(opening, on=DAY).refused(
        AlreadyRegistered, field="offering"
    )


def test_a_parallel_class_changes_neither_the_seats_of_the_first_nor_its_own():
    first, second = ClassRoom(), ClassRoom()
    other = cast.opened(offering=OTHER_OFFERING, seats=20)
    granted = decided(seats=20, parallel=OTHER_OFFERING)
    for entry in entries([cast.opened(), PARALLEL_REQUESTED, granted], DAY):
        first.learn(entry)
    for entry in entries([PARALLEL_REQUESTED, granted, other], DAY):
        second.learn(entry)

    assert (first.seats, first.requested) == (50, None)
    assert (second.seats, second.requested) == (20, None)


def declined(round):
    return EnrollmentDeclined(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=round,
        reason="x",
    )


@pytest.mark.parametrize("begun", [cast.confirmed(), declined(1)])
def test_c_24_once_round_one_is_being_re_reviewed_nothing_is_expanded(begun):
    given(cast.opened(), begun).when(REQUEST, on=ASKED_ON).refused(ExpansionOutOfOrder, "ZJ24-15")
    given(cast.opened(), REQUESTED, begun).when(GRANT, on=DECIDED_ON).refused(
        ExpansionOutOfOrder, "ZJ24-16", field="offering"
    )
    given(cast.opened(), REQUESTED, begun).when(GRANT, on=DECIDED_ON, reported=True).found(
        "ZJ24-16", Outcome.VIOLATION, ExpansionOutOfOrder
    ).then(decided())


def test_a_decision_on_a_choice_of_round_two_is_no_re_review_of_round_one():
    given(cast.opened(), declined(2)).when(REQUEST, on=ASKED_ON).then(REQUESTED)


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        pytest.param(date(2020, 9, 5), "ZJ20-20", id="round one"),
        pytest.param(date(2020, 9, 6), None, id="after round one"),
        pytest.param(date(2020, 9, 12), None, id="before round two"),
        pytest.param(date(2020, 9, 13), "ZJ20-21", id="round two"),
        pytest.param(date(2020, 9, 20), "ZJ20-21", id="after round two"),
    ],
)
def test_c_24_in_2020_the_days_are_unknown_but_the_place_between_the_rounds_is_not(day, rule):
    past = [cast.opened(term=H2_2020)]
    answer = given(past).when(REQUEST, on=day)
    if rule is None:
        answer.found("ZJ20-24", Outcome.INDETERMINATE, WindowUnknown).then(REQUESTED)
        return
    answer.refused(ExpansionOutOfOrder, rule, field="on")
    given(past).when(REQUEST, on=day, reported=True).found(
        rule, Outcome.VIOLATION, ExpansionOutOfOrder
    ).found("ZJ20-24", Outcome.INDETERMINATE).then(REQUESTED)


def test_c_09_an_expansion_is_not_decided_before_it_was_asked_for():
    past = [cast.opened(), on(date(2024, 3, 30), REQUESTED)]
    answer = given(past).when(GRANT, on=DECIDED_ON)
    answer.refused(ExpansionOutOfOrder, "ZJ24-16", field="on")
    assert answer.refusals[0].evidence == ("0193-0002",)
    given(past).when(GRANT, on=DECIDED_ON, reported=True).found(
        "ZJ24-16", Outcome.VIOLATION, ExpansionOutOfOrder
    ).then(decided())


def test_c_09_in_2019_an_expansion_is_asked_for_and_decided_on_one_day():
    past = [cast.opened(term=H2_2019), REQUESTED]
    given(past).when(GRANT, on=date(2019, 9, 11)).then(decided())


def test_a_cancelled_class_is_not_expanded():
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    given(cast.opened(), gone).when(REQUEST, on=ASKED_ON).refused(OfferingGone, field="offering")
    given(cast.opened(), REQUESTED, gone).when(GRANT, on=DECIDED_ON).refused(OfferingGone)
