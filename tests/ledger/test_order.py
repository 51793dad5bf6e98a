"""Orders: a county asks for a class within the limits of the form; the province publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.accreditation import Reach
from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.form import Form, FormIncomplete, FormOverrun
from ledger.names import OrderId, ProviderId
from ledger.order import (
    AlreadyPublished,
    OrderListPublished,
    PublishOrderList,
    SubmitOrder,
    TooFewOrders,
)
from ledger.register import AlreadyRegistered, Stage
from ledger.term import WindowClosed
from tests import cast
from tests.cast import H1_2024, H2_2019, HANGZHOU, ORDER, RUIAN
from tests.given import asker_for, given

SUBMIT = SubmitOrder(
    order=ORDER,
    place=RUIAN,
    term=H1_2024,
    title="乡村教师实验教学",
    theme="实验教学",
    trainees="乡村小学科学教师",
    stage=Stage.PRIMARY,
    subject="SCIENCE",
    seats=50,
    days=5,
    form=Form.FACE_TO_FACE,
    aims="能独立开设实验课",
    requirements="以实验操作为主",
    field_of_study="学科教学",
    trainee_level="骨干教师",
    contact=cast.CLERK,
)
OPEN_DAY = date(2024, 3, 8)
LIST_DAY = date(2024, 3, 10)


def test_a_county_submits_an_order():
    given(cast.trained(), cast.term()).when(SUBMIT, on=OPEN_DAY).then(cast.ordered())


@pytest.mark.parametrize(
    ("day", "accepted"),
    [
        pytest.param(date(2024, 3, 9), True, id="W-180"),
        pytest.param(date(2024, 3, 10), False, id="W-180-late"),
    ],
)
def test_a_county_submits_orders_through_9_march(day, accepted):
    answer = given(cast.trained(), cast.term()).when(SUBMIT, on=day)
    if accepted:
        answer.accepted()
    else:
        answer.refused(WindowClosed, "ZJ24-30", field="on")


def test_an_order_reported_late_is_kept_with_a_violation():
    given(cast.trained(), cast.term()).when(SUBMIT, on=LIST_DAY, reported=True).found(
        "ZJ24-30", Outcome.VIOLATION, WindowClosed
    ).then(cast.ordered())


@pytest.mark.parametrize("field", ["aims", "requirements"])
@pytest.mark.parametrize(
    ("characters", "accepted"),
    [pytest.param(200, True, id="W-189"), pytest.param(201, False, id="W-189-longer")],
)
def test_aims_and_requirements_have_two_hundred_characters_at_most(field, characters, accepted):
    answer = given(cast.trained(), cast.term()).when(
        replace(SUBMIT, **{field: "学" * characters}), on=OPEN_DAY
    )
    if accepted:
        answer.accepted()
    else:
        answer.refused(FormOverrun, "ZJ24-40", field=field)


def test_an_overlong_form_that_is_reported_is_kept_with_a_violation():
    given(cast.trained(), cast.term()).when(
        replace(SUBMIT, aims="学" * 201), on=OPEN_DAY, reported=True
    ).found("ZJ24-40", Outcome.VIOLATION, FormOverrun)


@pytest.mark.parametrize(("count", "accepted"), [(0, True), (3, True), (4, False)])
def test_an_order_names_three_intended_providers_at_most(count, accepted):
    intended = tuple(ProviderId(f"provider:p{number}") for number in range(count))
    known = [cast.accredited(each, reach=Reach.PROVINCE_WIDE) for each in intended]
    answer = given(cast.trained(), cast.term(), known).when(
        replace(SUBMIT, intended=intended), on=OPEN_DAY
    )
    if accepted:
        answer.accepted()
    else:
        answer.refused(FormOverrun, "ZJ24-39", field="intended")


def test_an_order_intends_providers_that_exist():
    strange = replace(SUBMIT, intended=(ProviderId("provider:none"),))
    given(cast.trained(), cast.term()).when(strange, on=OPEN_DAY).refused(
        UnknownReference, field="intended"
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("seats", 0, "BAD_COUNT"),
        ("seats", -5, "BAD_COUNT"),
        ("days", 367, "BAD_COUNT"),
        ("title", " ", "EMPTY_TEXT"),
    ],
)
def test_a_senseless_order_is_a_fault(field, value, code):
    given(cast.trained(), cast.term()).when(replace(SUBMIT, **{field: value}), on=OPEN_DAY).faulted(
        code, field
    )


def test_the_list_of_orders_is_published_once():
    listed = OrderListPublished(term=H1_2024, orders=())
    given(cast.trained(), cast.term(), listed).when(
        PublishOrderList(term=H1_2024), on=date(2024, 3, 10)
    ).refused(AlreadyPublished, field="term")


def test_the_limits_of_the_form_belong_to_2024():
    given(cast.trained(), cast.term(H2_2019)).when(
        replace(SUBMIT, term=H2_2019, aims="学" * 201), on=date(2019, 6, 20)
    ).found(None, Outcome.INDETERMINATE).kept()


def test_several_obstacles_are_told_together():
    given(cast.trained(), cast.term()).when(replace(SUBMIT, aims="学" * 201), on=LIST_DAY).refused(
        FormOverrun, "ZJ24-40"
    ).refused(WindowClosed, "ZJ24-30")


def test_an_order_is_submitted_once():
    given(cast.trained(), cast.term(), cast.ordered()).when(SUBMIT, on=OPEN_DAY).refused(
        AlreadyRegistered, field="order"
    )


def test_an_order_in_a_term_that_was_not_opened_is_refused_even_when_reported():
    given().when(SUBMIT, on=OPEN_DAY).refused(UnknownReference, field="term")
    given().when(SUBMIT, on=OPEN_DAY, reported=True).refused(UnknownReference, field="term")


def test_a_county_submits_orders_of_its_own_only():
    given(cast.trained(), cast.term()).when(SUBMIT, on=OPEN_DAY, by=asker_for(HANGZHOU)).refused(
        OutsideScope
    )


def orders(count, place=RUIAN):
    names = [OrderId(f"order:{place.value}-{number}") for number in range(count)]
    return [cast.ordered(name, place=place) for name in names]


@pytest.mark.parametrize(
    ("count", "outcome"),
    [
        pytest.param(2, Outcome.DEVIATION, id="W-181"),
        pytest.param(3, None, id="W-181-enough"),
    ],
)
def test_a_county_orders_three_classes_as_a_rule(count, outcome):
    submitted = orders(count)
    answer = given(cast.trained(), cast.term(), submitted).when(
        PublishOrderList(term=H1_2024), on=LIST_DAY
    )
    if outcome:
        answer = answer.found("ZJ24-08", outcome, TooFewOrders)
    answer.then(OrderListPublished(term=H1_2024, orders=tuple(o.order for o in submitted)))


def test_each_county_is_counted_for_itself():
    answer = given(cast.trained(), cast.term(), orders(3), orders(2, HANGZHOU)).when(
        PublishOrderList(term=H1_2024), on=LIST_DAY
    )

    [finding] = answer.found("ZJ24-08", Outcome.DEVIATION).findings
    assert finding.subjects == (HANGZHOU, H1_2024)


@pytest.mark.parametrize("day", [date(2024, 3, 9), date(2024, 3, 11)])
def test_the_list_comes_out_on_10_march_and_another_day_is_noted(day):
    given(cast.trained(), cast.term(), orders(3)).when(
        PublishOrderList(term=H1_2024), on=day
    ).found("ZJ24-31", Outcome.VIOLATION, WindowClosed)


def test_the_list_of_an_unopened_term_is_not_published():
    given().when(PublishOrderList(term=H1_2024), on=LIST_DAY).refused(UnknownReference)


def test_the_province_publishes_the_list():
    given(cast.trained(), cast.term()).when(
        PublishOrderList(term=H1_2024), on=LIST_DAY, by=asker_for(RUIAN)
    ).refused(OutsideScope)


@pytest.mark.parametrize(("aims", "accepted"), [("学" * 200, True), ("学" * 201, False)])
def test_blanks_around_a_text_of_the_form_do_not_count(aims, accepted):
    answer = given(cast.trained(), cast.term()).when(
        replace(SUBMIT, aims=f"\u200b {aims}  \u3000"), on=date(2024, 3, 8)
    )
    if not accepted:
        answer.refused(FormOverrun, "ZJ24-40", field="aims")
        return
    assert [each.aims for each in answer.accepted().facts] == [aims]


def test_a_text_of_the_form_that_cannot_be_seen_is_missing():
    given(cast.trained(), cast.term()).when(
        replace(SUBMIT, aims="\u200b"), on=date(2024, 3, 8)
    ).refused(FormIncomplete, "ZJ24-40", field="aims")
