"""Responses: who may answer an order, and to whom the county may award it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.finding import Outcome
from ledger.order import AlreadyAwarded
from ledger.response import (
    AlreadyResponded,
    AwardOrder,
    NotAmongIntended,
    NotResponded,
    ReachTooSmall,
    RespondToOrder,
)
from ledger.seniority import TooNewForOrders
from ledger.term import WindowClosed
from tests import cast
from tests.cast import COUNTY_SCHOOL, DISTANCE, HANGZHOU, ORDER, RUIAN, UNIVERSITY, WENZHOU
from tests.given import asker_for, given, rules_without

RESPOND = RespondToOrder(order=ORDER, provider=UNIVERSITY, proposal="方案")
LOCAL = RespondToOrder(order=ORDER, provider=COUNTY_SCHOOL, proposal="方案")
AWARD = AwardOrder(order=ORDER, provider=UNIVERSITY, reason="方案最契合")
RESPONSE_DAY = date(2024, 3, 12)
AWARD_DAY = date(2024, 3, 15)


def test_w_183_a_province_wide_provider_answers_an_order_without_intended_providers():
    given(cast.ordered(), cast.university()).when(RESPOND, on=RESPONSE_DAY).then(cast.responded())


def test_w_183_a_county_provider_does_not():
    given(cast.ordered(), cast.accredited()).when(LOCAL, on=RESPONSE_DAY).refused(
        ReachTooSmall, "ZJ24-38", field="provider"
    )


def test_a_county_provider_that_answered_elsewhere_is_kept_with_a_violation():
    given(cast.ordered(), cast.accredited()).when(LOCAL, on=RESPONSE_DAY, reported=True).found(
        "ZJ24-38", Outcome.VIOLATION, ReachTooSmall
    ).then(cast.responded(provider=COUNTY_SCHOOL))


@pytest.mark.parametrize(
    ("day", "accepted"),
    [
        (date(2024, 3, 10), False),
        (date(2024, 3, 11), True),
        pytest.param(date(2024, 3, 14), True, id="W-184"),
        pytest.param(date(2024, 3, 15), False, id="W-184-late"),
    ],
)
def test_responses_come_from_11_to_14_march(day, accepted):
    answer = given(cast.ordered(), cast.university()).when(RESPOND, on=day)
    if accepted:
        answer.accepted()
    else:
        answer.refused(WindowClosed, "ZJ24-32")


def test_an_order_with_intended_providers_goes_to_them():
    meant = cast.ordered(intended=(UNIVERSITY,))
    given(meant, cast.university()).when(RESPOND, on=RESPONSE_DAY).accepted()


def test_an_order_with_intended_providers_goes_to_nobody_else():
    meant = cast.ordered(intended=(DISTANCE,))
    given(meant, cast.university()).when(RESPOND, on=RESPONSE_DAY).refused(
        NotAmongIntended, "ZJ24-39", field="provider"
    )
    found = given(meant, cast.university()).when(RESPOND, on=RESPONSE_DAY, reported=True)
    found.found("ZJ24-39", Outcome.VIOLATION, NotAmongIntended)

    assert [each.evidence for each in found.findings] == [("0193-0001",)]
    assert [each.chosen_term for each in found.findings] == [cast.H1_2024]


def test_a_provider_answers_an_order_once():
    given(cast.ordered(), cast.university(), cast.responded()).when(
        RESPOND, on=RESPONSE_DAY
    ).refused(AlreadyResponded, field="order")


def test_an_unknown_order_or_provider_is_refused_even_when_reported():
    given(cast.university()).when(RESPOND, on=RESPONSE_DAY, reported=True).refused(
        UnknownReference, field="order"
    )
    given(cast.ordered()).when(RESPOND, on=RESPONSE_DAY, reported=True).refused(
        UnknownReference, field="provider"
    )


@pytest.mark.parametrize(("scope", "accepted"), [(WENZHOU, True), (HANGZHOU, False)])
def test_an_integrator_reports_within_its_territory(scope, accepted):
    integrator = Asker(actor="staff:bridge", role=Role.INTEGRATOR, scope=scope)
    answer = given(cast.ordered(), cast.university()).when(
        RESPOND, on=RESPONSE_DAY, by=integrator, reported=True
    )
    if accepted:
        answer.accepted()
    else:
        answer.refused(OutsideScope)


def test_an_integrator_asks_for_nothing():
    integrator = Asker(actor="staff:bridge", role=Role.INTEGRATOR, scope=RUIAN)
    given(cast.ordered(), cast.university()).when(RESPOND, on=RESPONSE_DAY, by=integrator).refused(
        OutsideScope
    )


def test_the_county_awards_the_order():
    given(cast.ordered(), cast.responded(), cast.university()).when(AWARD, on=AWARD_DAY).then(
        cast.order_awarded()
    )


@pytest.mark.parametrize(
    ("day", "accepted"),
    [
        (date(2024, 3, 11), False),
        (date(2024, 3, 12), True),
        (date(2024, 3, 15), True),
        (date(2024, 3, 16), False),
    ],
)
def test_awards_are_made_from_12_to_15_march(day, accepted):
    past = [cast.ordered(), cast.responded(), cast.university()]
    answer = given(past).when(AWARD, on=day)
    if accepted:
        answer.accepted()
    else:
        answer.refused(WindowClosed, "ZJ24-33")
        given(past).when(AWARD, on=day, reported=True).found("ZJ24-33", Outcome.VIOLATION)


def test_an_order_is_not_awarded_to_one_who_did_not_answer():
    past = [cast.ordered(), cast.university()]
    given(past).when(AWARD, on=AWARD_DAY).refused(NotResponded, "ZJ24-33", field="provider")
    given(past).when(AWARD, on=AWARD_DAY, reported=True).found(
        "ZJ24-33", Outcome.VIOLATION, NotResponded
    ).then(cast.order_awarded())


@pytest.mark.parametrize(
    ("since", "accepted"),
    [
        pytest.param(date(2023, 3, 20), False, id="W-195"),
        (date(2023, 3, 16), False),
        (date(2023, 3, 15), True),
    ],
)
def test_an_order_is_not_awarded_to_a_provider_of_less_than_a_year(since, accepted):
    past = [cast.ordered(), cast.responded(), cast.university(since)]
    answer = given(past).when(AWARD, on=AWARD_DAY)
    if accepted:
        answer.accepted()
        return
    answer.refused(TooNewForOrders, "ZJ24-06")
    given(past).when(AWARD, on=AWARD_DAY, reported=True).found("ZJ24-06", Outcome.VIOLATION)


def test_where_no_rule_asks_for_an_age_a_new_provider_may_host():
    given(
        cast.ordered(),
        cast.responded(),
        cast.university(date(2024, 3, 1)),
        rules=rules_without("ZJ24-06"),
    ).when(AWARD, on=AWARD_DAY).accepted()


def test_an_order_is_awarded_once():
    given(cast.ordered(), cast.responded(), cast.order_awarded(), cast.university()).when(
        AWARD, on=AWARD_DAY
    ).refused(AlreadyAwarded, field="order")


def test_an_unknown_order_is_not_awarded():
    given(cast.university()).when(AWARD, on=AWARD_DAY).refused(UnknownReference, field="order")


def test_another_county_does_not_award_the_order():
    given(cast.ordered(), cast.responded(), cast.university()).when(
        AWARD, on=AWARD_DAY, by=asker_for(HANGZHOU)
    ).refused(OutsideScope)
