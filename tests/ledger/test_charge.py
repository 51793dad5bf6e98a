"""Charges: the fee of the plan, to the cent, and nothing besides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given as generated
from hypothesis import strategies

from ledger.attendance import NotEnrolled
from ledger.charge import (
    ChargedBeyondItems,
    ChargedBeyondTotal,
    ChargeFees,
    FeesCharged,
    FeesReturned,
    ReturnedTooMuch,
    ReturnFees,
)
from ledger.command import OutsideScope
from ledger.finding import Outcome
from ledger.plan import Fee, FeeKind
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, SCHOOL
from tests.given import asker_for, given, on

DAY = date(2024, 5, 6)
PLANNED = (
    Fee(item="培训费", yuan=Decimal(800), kind=FeeKind.TRAINING),
    Fee(item="住宿费", yuan=Decimal(700), kind=FeeKind.ACCOMMODATION),
    Fee(item="伙食费", yuan=Decimal(500), kind=FeeKind.MEALS),
)
MATERIALS = Fee(item="资料费", yuan=Decimal(100), kind=FeeKind.MATERIALS)


def fee(yuan, item="培训费", kind=FeeKind.OTHER):
    return Fee(item=item, yuan=Decimal(yuan), kind=kind)


def planned(fees=PLANNED, total=None):
    return msgspec.structs.replace(cast.plan(24), fees=fees, fee_total=total and Decimal(total))


def past(plan=None, *more):
    return [cast.opened(plan or planned()), *cast.enrolled(), *more]


def charge(*items, teacher=LIN):
    return ChargeFees(teacher=teacher, offering=OFFERING, items=items)


def charged(*items):
    return FeesCharged(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        items=items,
        yuan=sum((each.yuan for each in items), Decimal(0)),
    )


def returned(yuan):
    return FeesReturned(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        yuan=Decimal(yuan),
        reason="提前离班",
    )


@pytest.mark.parametrize("reported", [False, True])
def test_w_210_charging_what_the_plan_states_complies(reported):
    given(past()).when(charge(*PLANNED), on=DAY, reported=reported).then(charged(*PLANNED))


@pytest.mark.parametrize("reported", [False, True])
def test_w_211_materials_beside_the_plan_are_a_violation(reported):
    given(past()).when(charge(*PLANNED, MATERIALS), on=DAY, reported=reported).found(
        "ZJ24-83", Outcome.VIOLATION, ChargedBeyondItems
    ).found("ZJ24-83", Outcome.VIOLATION, ChargedBeyondTotal).then(charged(*PLANNED, MATERIALS))


def test_an_item_beside_the_plan_is_a_violation_even_within_the_total():
    given(past()).when(charge(MATERIALS), on=DAY).found(
        "ZJ24-83", Outcome.VIOLATION, ChargedBeyondItems
    ).then(charged(MATERIALS))


def test_an_item_that_costs_nothing_charges_nothing():
    free = fee("0", "纪念品")
    given(past()).when(charge(free), on=DAY).then(charged(free))


@pytest.mark.parametrize(
    ("first", "second", "beyond"),
    [("1500", "500", None), ("1500", "500.01", "0.01"), ("2000", "0.01", "0.01")],
)
def test_several_charges_of_a_trainee_add_up(first, second, beyond):
    answer = given(past(None, charged(fee(first)))).when(charge(fee(second)), on=DAY)
    if beyond is None:
        answer.then(charged(fee(second)))
    else:
        [finding] = answer.found("ZJ24-83", Outcome.VIOLATION, ChargedBeyondTotal).findings
        assert f"多收 {beyond} 元" in finding.zh
        assert finding.evidence == ("0193-0005",)


def test_what_was_given_back_does_not_count():
    story = past(None, charged(fee("2000")), returned("500"))
    given(story).when(charge(fee("500")), on=DAY).then(charged(fee("500")))
    given(story).when(charge(fee("500.5")), on=DAY).found("ZJ24-83", Outcome.VIOLATION)


def test_how_the_fee_divides_over_its_items_is_not_judged():
    other = (fee("900"), fee("1100", "住宿", FeeKind.ACCOMMODATION))
    given(past()).when(charge(*other), on=DAY).then(charged(*other))


@pytest.mark.parametrize(("yuan", "beyond"), [("1800", False), ("1800.01", True)])
def test_the_total_that_the_plan_states_goes_before_the_sum_of_its_items(yuan, beyond):
    answer = given(past(planned(total="1800"))).when(charge(fee(yuan)), on=DAY)
    if beyond:
        answer.found("ZJ24-83", Outcome.VIOLATION, ChargedBeyondTotal)
    else:
        answer.then(charged(fee(yuan)))


def test_a_plan_with_a_total_and_no_items_leaves_the_items_open():
    given(past(planned((), "100"))).when(charge(MATERIALS), on=DAY).then(charged(MATERIALS))


def test_under_a_plan_without_a_fee_any_charge_is_beyond_it():
    given(past(planned(()))).when(charge(MATERIALS), on=DAY).found(
        "ZJ24-83", Outcome.VIOLATION, ChargedBeyondTotal
    ).found("ZJ24-83", Outcome.VIOLATION, ChargedBeyondItems)


@pytest.mark.parametrize(
    ("opened_on", "asked"), [(date(2024, 3, 5), False), (date(2024, 3, 6), True)]
)
def test_classes_opened_before_the_notice_of_2024_are_not_asked(opened_on, asked):
    story = [on(opened_on, cast.opened(planned())), *cast.enrolled()]
    answer = given(story).when(charge(MATERIALS), on=DAY)
    if asked:
        answer.found("ZJ24-83", Outcome.VIOLATION)
    else:
        answer.then(charged(MATERIALS))


def test_the_notice_covers_the_whole_province():
    story = [cast.opened(planned(), place=cast.HANGZHOU), *cast.enrolled()]
    given(story).when(charge(MATERIALS), on=DAY).found("ZJ24-83", Outcome.VIOLATION)


@generated(
    strategies.lists(strategies.integers(1, 100_000), min_size=1, max_size=5),
    strategies.integers(1, 200_000),
)
def test_the_total_is_compared_to_the_cent(cents, total):
    items = tuple(fee(Decimal(each) / 100) for each in cents)
    plan = planned((fee(Decimal(total) / 100),))
    answer = given(past(plan)).when(charge(*items), on=DAY)

    assert bool(answer.findings) == (sum(cents) > total)


def test_a_charge_names_items_in_whole_cents_and_a_trainee():
    given(past()).when(charge(), on=DAY).faulted("EMPTY_ROWS", "items")
    given(past()).when(charge(fee("1.005")), on=DAY).faulted("BAD_AMOUNT", "items.yuan")
    given(past()).when(charge(fee("1", " ")), on=DAY).faulted("EMPTY_TEXT", "items.item")
    given(cast.opened(planned())).when(charge(MATERIALS, teacher=CHEN), on=DAY).refused(NotEnrolled)


@pytest.mark.parametrize(("yuan", "fits"), [("2000", True), ("2000.01", False), ("0", False)])
def test_no_more_is_given_back_than_was_charged(yuan, fits):
    command = ReturnFees(teacher=LIN, offering=OFFERING, yuan=Decimal(yuan), reason="提前离班")
    answer = given(past(None, charged(*PLANNED))).when(command, on=DAY)
    if fits:
        answer.then(returned(yuan))
    else:
        answer.refused(ReturnedTooMuch, field="yuan")


def test_the_school_charges_nothing():
    given(past()).when(charge(MATERIALS), on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)
