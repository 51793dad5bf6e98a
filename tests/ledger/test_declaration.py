"""Declarations: the window, the order, and taking a project back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_in

from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.declaration import (
    DeclareProject,
    NotDeclared,
    ProjectWithdrawn,
)
from ledger.finding import Outcome
from ledger.names import OrderId, ProjectId
from ledger.quota import OneClassOnly, PlanPerOrder
from ledger.register import AlreadyRegistered
from ledger.response import NotAwarded
from ledger.review import AlreadyReviewed, ProjectReviewed
from ledger.seniority import TooNewForOrders
from ledger.term import WindowClosed
from ledger.withdrawal import WithdrawProject
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    DISTANCE,
    H1_2024,
    H2_2019,
    H2_2020,
    LEAD,
    ORDER,
    PROJECT,
    RUIAN,
    UNIVERSITY,
    WENZHOU,
)
from tests.given import asker_for, given

DECLARE = DeclareProject(
    project=PROJECT,
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    term=H1_2024,
    plan=cast.plan(),
    lead=cast.lead(),
)
ORDERED = replace(DECLARE, provider=UNIVERSITY, order=ORDER)
OPEN_DAY = date(2024, 3, 8)
ORDER_DAY = date(2024, 3, 16)


def test_a_provider_declares_a_project():
    given(cast.trained(), cast.term(), cast.accredited()).when(DECLARE, on=OPEN_DAY).then(
        cast.declared()
    )


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 6), "ZJ24-10", id="W-166-early"),
        pytest.param(H1_2024, date(2024, 3, 7), None, id="W-166-first"),
        pytest.param(H1_2024, date(2024, 3, 11), None, id="W-166-last"),
        pytest.param(H1_2024, date(2024, 3, 12), "ZJ24-10", id="W-166-late"),
        pytest.param(H2_2020, date(2020, 7, 16), "ZJ20-16", id="W-106-early"),
        pytest.param(H2_2020, date(2020, 7, 17), None, id="W-106-first"),
        pytest.param(H2_2020, date(2020, 7, 30), None, id="W-106-last"),
        pytest.param(H2_2020, date(2020, 7, 31), "ZJ20-16", id="W-106-late"),
        pytest.param(H2_2019, date(2019, 6, 16), "RA19-11", id="2019-early"),
        pytest.param(H2_2019, date(2019, 6, 28), None, id="2019-last"),
    ],
)
def test_projects_are_declared_in_the_window(term, day, rule):
    command = replace(DECLARE, term=term)
    answer = given(cast.trained(), cast.term(term), cast.accredited()).when(command, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule, field="on")
    given(cast.trained(), cast.term(term), cast.accredited()).when(
        command, on=day, reported=True
    ).found(rule, Outcome.VIOLATION, WindowClosed).then(cast.declared(term=term))


def test_w_186_the_awarded_provider_declares_after_the_regular_window():
    given(cast.trained(), cast.term(), cast.university(), cast.order_awarded()).when(
        ORDERED, on=ORDER_DAY
    ).then(cast.declared(provider=UNIVERSITY, order=ORDER))


@pytest.mark.parametrize("day", [date(2024, 3, 15), date(2024, 3, 18)])
def test_an_order_project_is_declared_on_16_and_17_march_only(day):
    given(cast.trained(), cast.term(), cast.university(), cast.order_awarded()).when(
        ORDERED, on=day
    ).refused(WindowClosed, "ZJ24-34")


@pytest.mark.parametrize(
    "award",
    [
        [cast.ordered()],
        [cast.order_awarded(provider=DISTANCE)],
        [replace_in(cast.order_awarded(), place=WENZHOU)],
        [replace_in(cast.order_awarded(), term=H2_2020)],
    ],
    ids=["nobody", "another-provider", "another-place", "another-term"],
)
def test_w_187_a_provider_that_was_not_awarded_the_order_does_not_declare_it(award):
    past = [cast.trained(), cast.term(), cast.university(), *award]
    given(past).when(ORDERED, on=ORDER_DAY).refused(NotAwarded, "ZJ24-34", field="order")
    given(past).when(ORDERED, on=ORDER_DAY, reported=True).found(
        "ZJ24-34", Outcome.VIOLATION, NotAwarded
    )


def test_a_project_is_declared_once():
    given(cast.trained(), cast.term(), cast.accredited(), cast.declared()).when(
        DECLARE, on=OPEN_DAY
    ).refused(AlreadyRegistered, field="project")


def test_an_unknown_provider_or_term_is_refused_even_when_reported():
    given(cast.trained(), cast.term()).when(DECLARE, on=OPEN_DAY, reported=True).refused(
        UnknownReference, field="provider"
    )
    given(cast.accredited()).when(DECLARE, on=OPEN_DAY, reported=True).refused(
        UnknownReference, field="term"
    )


def test_a_provider_declares_its_own_projects_only():
    given(cast.trained(), cast.term(), cast.accredited()).when(
        DECLARE, on=OPEN_DAY, by=asker_for(DISTANCE)
    ).refused(OutsideScope)


def test_the_operator_may_act_for_everybody():
    operator = Asker(actor="staff:operator", role=Role.OPERATOR, scope=cast.PROVINCE)
    given(cast.trained(), cast.term(), cast.accredited()).when(
        DECLARE, on=OPEN_DAY, by=operator
    ).accepted()


@pytest.mark.parametrize(
    ("day", "in_window"), [(date(2024, 3, 11), True), (date(2024, 3, 12), False)]
)
def test_a_project_is_taken_back_and_it_matters_whether_the_window_was_open(day, in_window):
    given(cast.declared()).when(WithdrawProject(project=PROJECT), on=day).then(
        ProjectWithdrawn(
            project=PROJECT,
            provider=COUNTY_SCHOOL,
            lead=LEAD,
            term=H1_2024,
            in_window=in_window,
        )
    )


def test_an_order_project_is_taken_back_on_the_order_calendar():
    answer = given(cast.declared(provider=UNIVERSITY, order=ORDER)).when(
        WithdrawProject(project=PROJECT), on=ORDER_DAY
    )

    assert answer.accepted().facts[0].in_window


def test_a_project_that_was_reviewed_is_taken_back_no_more():
    reviewed = ProjectReviewed(
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=H1_2024,
        approved=True,
        reason="",
    )
    given(cast.declared(), reviewed).when(WithdrawProject(project=PROJECT), on=OPEN_DAY).refused(
        AlreadyReviewed, field="project"
    )


def test_a_project_is_taken_back_once():
    taken_back = ProjectWithdrawn(
        project=PROJECT, provider=COUNTY_SCHOOL, lead=LEAD, term=H1_2024, in_window=True
    )
    given(cast.declared(), taken_back).when(WithdrawProject(project=PROJECT), on=OPEN_DAY).refused(
        NotDeclared, field="project"
    )


def test_an_unknown_project_is_not_taken_back():
    given().when(WithdrawProject(project=PROJECT), on=OPEN_DAY).refused(
        UnknownReference, field="project"
    )


OTHER_ORDER = OrderId("order:r2")


def common(project="project:first", order=OTHER_ORDER, plan=None, provider=UNIVERSITY):
    return cast.declared(
        ProjectId(project), provider=provider, order=order, plan=plan or cast.plan(),
        lead=cast.lead(cast.OTHER_LEAD),
    )  # fmt: skip


def ordering(*past, **asked):
    return given(cast.trained(), cast.term(), cast.university(), cast.order_awarded(), past).when(
        ORDERED, on=ORDER_DAY, **asked
    )


@pytest.mark.parametrize("reported", [False, True])
def test_w_192_one_plan_for_two_orders_is_a_violation(reported):
    answer = ordering(common(), reported=reported)

    [finding] = answer.found("ZJ24-41", Outcome.VIOLATION, PlanPerOrder).findings
    assert "project:first" in finding.en
    assert len(finding.evidence) == 1


def test_two_orders_with_a_plan_each_are_as_they_should_be():
    ordering(common(plan=cast.plan(32))).accepted()


def test_two_plans_for_one_order_are_a_violation():
    answer = ordering(common(order=ORDER, plan=cast.plan(32)))

    answer.found("ZJ24-41", Outcome.VIOLATION, PlanPerOrder)


def test_a_plan_that_was_taken_back_leaves_room_for_another():
    first = common(order=ORDER, plan=cast.plan(32))
    taken_back = ProjectWithdrawn(
        project=first.project,
        provider=UNIVERSITY,
        lead=cast.OTHER_LEAD,
        term=H1_2024,
        in_window=True,
    )
    ordering(first, taken_back).accepted()


def test_a_plan_that_another_provider_took_back_leaves_room_too():
    first = common(order=ORDER, plan=cast.plan(32), provider=DISTANCE)
    taken_back = ProjectWithdrawn(
        project=first.project,
        provider=DISTANCE,
        lead=cast.OTHER_LEAD,
        term=H1_2024,
        in_window=False,
    )
    ordering(first).found("ZJ24-41", Outcome.VIOLATION, PlanPerOrder)
    ordering(first, taken_back).accepted()


def test_an_order_is_one_class():
    two = replace(ORDERED, offerings=2)
    past = [cast.trained(), cast.term(), cast.university(), cast.order_awarded()]

    given(past).when(two, on=ORDER_DAY).refused(OneClassOnly, "ZJ24-41", field="offerings")
    given(past).when(two, on=ORDER_DAY, reported=True).found(
        "ZJ24-41", Outcome.VIOLATION, OneClassOnly
    )


def test_regular_projects_may_have_the_same_plan():
    alike = cast.declared(ProjectId("project:twin"), lead=cast.lead(cast.OTHER_LEAD))
    given(cast.trained(), cast.term(), cast.accredited(), alike).when(
        DECLARE, on=OPEN_DAY
    ).accepted()


@pytest.mark.parametrize(
    ("since", "accepted"), [(date(2023, 3, 16), True), (date(2023, 3, 17), False)]
)
def test_a_provider_accredited_for_less_than_a_year_declares_no_order_project(since, accepted):
    past = [cast.trained(), cast.term(), cast.university(since), cast.order_awarded()]
    answer = given(past).when(ORDERED, on=ORDER_DAY)
    if accepted:
        answer.accepted()
        return
    answer.refused(TooNewForOrders, "ZJ24-06", field="provider")
    given(past).when(ORDERED, on=ORDER_DAY, reported=True).found(
        "ZJ24-06", Outcome.VIOLATION, TooNewForOrders
    )
