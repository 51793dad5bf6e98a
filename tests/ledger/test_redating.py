"""Redating: the bureau moves many classes at once; in the first half of 2020 by ZJ20-11."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.change import ChangeKind, RequestChange
from ledger.command import OutsideScope, UnknownReference
from ledger.dates import NewDates, OfferingsRedated
from ledger.finding import Outcome
from ledger.names import TermId
from ledger.offering import OfferingCancelled, OfferingGone
from ledger.plan import Mode
from ledger.redating import (
    MOVES_MAX,
    ClassOver,
    ElsewhereCompetent,
    Move,
    MovedByProvider,
    NotToBeRedated,
    RedatedTooLate,
    RedatedUnaccepted,
    RedatedUnasked,
    RedateOfferings,
    Redating,
    RedatingRequested,
    RequestRedating,
)
from ledger.review import ReasonMissing
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    H1_2024,
    OFFERING,
    OTHER_OFFERING,
    PROJECT,
    PROVINCE,
    RUIAN,
    WENZHOU,
)
from tests.given import asker_for, background, given
from tests.ledger.test_resumption import accepted, applied

H1_2020 = TermId("term:2020H1")
DAY = date(2020, 7, 20)
OPENS = date(2020, 8, 3)
LAST = date(2020, 8, 31)
ASKED = RedatingRequested(
    offering=OFFERING,
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    opens=OPENS,
    closes=LAST,
    reason="疫情",
)
PASSED = [applied(), accepted(), ASKED]


def opened(place=RUIAN, mode=Mode.INTENSIVE, term=H1_2020, offering=OFFERING, closes=LAST):
    return cast.opened(
        cast.plan(mode=mode),
        offering=offering,
        place=place,
        term=term,
        opens=date(2020, 3, 2),
        closes=closes,
    )


def redate(closes=LAST, place=RUIAN, term=H1_2020, offerings=(OFFERING,), opens=OPENS):
    moves = tuple(Move(offering=each, opens=opens, closes=closes) for each in offerings)
    return RedateOfferings(place=place, term=term, moves=moves, reason="疫情")


def redated(closes=LAST, place=RUIAN, offerings=(OFFERING,), rules=("ZJ20-11",)):
    moves = tuple(
        NewDates(offering=each, project=PROJECT, provider=COUNTY_SCHOOL, opens=OPENS, closes=closes)
        for each in offerings
    )
    return OfferingsRedated(place=place, term=H1_2020, moves=moves, reason="疫情", rules=rules)


@pytest.mark.parametrize("place", [RUIAN, WENZHOU])
@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
def test_w_103_the_bureau_moves_an_offline_class_to_the_last_day(place, mode):
    given(opened(place, mode), PASSED).when(redate(place=place), on=DAY).then(redated(place=place))


def test_w_103_a_day_later_is_too_late():
    late = date(2020, 9, 1)
    given(opened(), PASSED).when(redate(late), on=DAY).refused(RedatedTooLate, "ZJ20-11", "moves")
    given(opened(), PASSED).when(redate(late), on=DAY, reported=True).found(
        "ZJ20-11", Outcome.VIOLATION, RedatedTooLate
    ).then(redated(late))


@pytest.mark.parametrize(
    "steps", [[ASKED], [applied()], [accepted(), ASKED], [applied(), accepted(joint=False)]]
)
def test_the_provider_must_have_passed_the_acceptance(steps):
    given(opened(), steps).when(redate(), on=DAY).refused(RedatedUnaccepted, "ZJ20-11")
    given(opened(), steps).when(redate(), on=DAY, reported=True).found(
        "ZJ20-11", Outcome.VIOLATION, RedatedUnaccepted
    ).kept(redated())


def test_the_provider_must_have_asked_for_it():
    steps = [applied(), accepted()]
    given(opened(), steps).when(redate(), on=DAY).refused(RedatedUnasked, "ZJ20-11", "moves")
    given(opened(), steps).when(redate(), on=DAY, reported=True).found(
        "ZJ20-11", Outcome.VIOLATION, RedatedUnasked
    ).then(redated())
    also = structs.replace(ASKED, offering=OTHER_OFFERING)
    given(opened(), steps, background(also)).when(redate(), on=DAY).refused(
        RedatedUnasked, "ZJ20-11"
    )


@pytest.mark.parametrize("closes", [None, LAST])
def test_no_change_of_the_plan_moves_what_the_bureau_moves(closes):
    change = RequestChange(
        offering=OFFERING,
        change=cast.CHANGE,
        kinds=(ChangeKind.DATES_CHANGED,),
        description="疫情",
        closes=closes,
    )
    given(opened()).when(change, on=DAY).refused(MovedByProvider, "ZJ20-11", "kinds")
    given(opened()).when(change, on=DAY, reported=True).found(
        "ZJ20-11", Outcome.VIOLATION, MovedByProvider
    ).kept()
    given(opened(mode=Mode.DISTANCE)).when(change, on=DAY).accepted()
    room = replace(change, kinds=(ChangeKind.ROOM_CHANGED,), closes=None)
    given(opened()).when(room, on=DAY).accepted()
    summer = replace(change, closes=date(2024, 7, 5))
    given(cast.opened()).when(summer, on=cast.OPENS).accepted()


@pytest.mark.parametrize(
    ("credits", "crosses"), [pytest.param(40, False, id="W-039"), pytest.param(90, True, id="C-05")]
)
def test_only_long_plans_may_be_moved_across_terms(credits, crosses):
    long = cast.opened(cast.plan(credits, cross_term=True))
    move = Move(offering=OFFERING, opens=date(2024, 7, 1), closes=date(2024, 10, 11))
    command = RedateOfferings(place=RUIAN, term=H1_2024, moves=(move,), reason="场地")
    answer = given(long).when(command, on=cast.DAY)
    if crosses:
        answer.accepted()
    else:
        answer.found("ZJ24-21", Outcome.VIOLATION, WindowClosed).kept()


def test_classes_of_the_province_do_not_move():
    given(opened(PROVINCE), PASSED).when(redate(place=PROVINCE), on=DAY).refused(
        NotToBeRedated, "ZJ20-11"
    )
    given(opened(PROVINCE), PASSED).when(redate(place=PROVINCE), on=DAY, reported=True).found(
        "ZJ20-11", Outcome.VIOLATION, NotToBeRedated
    )


def test_the_provider_itself_moves_nothing():
    given(opened(), PASSED).when(redate(), on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(
        OutsideScope
    )


def test_many_classes_move_by_one_event_or_none_does():
    both = (OFFERING, OTHER_OFFERING)
    also = structs.replace(ASKED, offering=OTHER_OFFERING)
    past = [opened(), opened(offering=OTHER_OFFERING), *PASSED, also]
    given(past).when(redate(offerings=both), on=DAY).then(redated(offerings=both))
    early = Move(offering=OFFERING, opens=OPENS, closes=LAST)
    late = Move(offering=OTHER_OFFERING, opens=OPENS, closes=date(2020, 9, 1))
    given(past).when(replace(redate(), moves=(early, late)), on=DAY).refused(
        RedatedTooLate, "ZJ20-11"
    )


def test_distance_classes_are_not_meant_and_their_window_is_unknown():
    given(opened(mode=Mode.DISTANCE)).when(redate(date(2020, 9, 1)), on=DAY).found(
        None, Outcome.INDETERMINATE
    ).then(redated(date(2020, 9, 1), rules=()))


@pytest.mark.parametrize(("closes", "late"), [(date(2024, 8, 31), False), (date(2024, 9, 1), True)])
def test_in_another_term_only_the_delivery_window_speaks(closes, late):
    spring = cast.opened()
    move = Move(offering=OFFERING, opens=date(2024, 7, 1), closes=closes)
    command = RedateOfferings(place=RUIAN, term=H1_2024, moves=(move,), reason="场地")
    answer = given(spring).when(command, on=cast.DAY)
    if late:
        answer.found("ZJ24-21", Outcome.VIOLATION, WindowClosed).kept()
    else:
        answer.accepted()


def test_a_class_elsewhere_or_of_another_term_is_not_this_bureaus():
    given(opened(WENZHOU)).when(redate(), on=DAY).refused(ElsewhereCompetent, field="moves")
    given(opened(term=H1_2024)).when(redate(), on=DAY).refused(ElsewhereCompetent)


def test_what_is_over_cancelled_or_unknown_does_not_move():
    cancelled = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    other = TermId("term:2018H1")  # of which the notice does not speak
    running, past = (opened(closes=date(2020, 7, each), term=other) for each in (20, 19))
    given(running).when(redate(term=other), on=DAY).found(
        None, Outcome.INDETERMINATE, WindowUnknown
    )
    given(past).when(redate(term=other), on=DAY).refused(ClassOver)
    given(opened(), cancelled).when(redate(), on=DAY).refused(OfferingGone)
    given().when(redate(), on=DAY).refused(UnknownReference, field="moves")


def test_what_could_not_be_held_in_spring_moves_and_what_was_held_does_not():
    spring = opened(closes=date(2020, 5, 8))
    given(spring, PASSED).when(redate(), on=DAY).then(redated())
    given(spring, PASSED, cast.completed()).when(redate(), on=DAY).refused(ClassOver, None, "moves")
    given(spring, PASSED, cast.completed()).when(redate(), on=DAY, reported=True).accepted()


def test_a_move_has_its_days_in_order_a_reason_and_a_bound():
    given(opened()).when(redate(date(2020, 8, 2)), on=DAY).faulted("DAYS_REVERSED", "closes")
    given(opened()).when(replace(redate(), reason=" "), on=DAY).refused(ReasonMissing)
    many = (Move(offering=OFFERING, opens=OPENS, closes=LAST),) * (MOVES_MAX + 1)
    given(opened()).when(replace(redate(), moves=many), on=DAY).faulted("BAD_COUNT", "moves")


def test_a_provider_asks_for_other_days():
    ask = RequestRedating(offering=OFFERING, opens=OPENS, closes=LAST, reason="疫情")
    given(opened()).when(ask, on=DAY).then(
        RedatingRequested(
            offering=OFFERING,
            provider=COUNTY_SCHOOL,
            place=RUIAN,
            opens=OPENS,
            closes=LAST,
            reason="疫情",
        )
    )
    given(opened()).when(ask, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(opened()).when(replace(ask, closes=date(2020, 8, 2)), on=DAY).faulted("DAYS_REVERSED")


def test_a_later_last_day_is_laxer():
    strict = Redating(
        applies_to=("OFFLINE",), levels=("COUNTY",), conditions=("ACCEPTANCE",), last_day=LAST
    )
    later = Redating(
        applies_to=("OFFLINE",),
        levels=("COUNTY",),
        conditions=("ACCEPTANCE",),
        last_day=date(2020, 9, 1),
    )

    assert later.laxer(strict)
    assert not strict.laxer(later)
    assert strict.wrong() is None
    strange = structs.replace(strict, conditions=("LUCK",))
    assert "LUCK" in str(strange.wrong())
