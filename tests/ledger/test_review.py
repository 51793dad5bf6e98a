"""Reviews: the bureau decides in its window, and publishes what it approved."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.declaration import NotDeclared, ProjectWithdrawn
from ledger.finding import Outcome
from ledger.order import AlreadyPublished
from ledger.review import (
    AlreadyReviewed,
    NotApproved,
    PublishProject,
    ReasonMissing,
    ReviewProject,
)
from ledger.term import WindowClosed
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, H2_2020, ORDER, PROJECT, WENZHOU
from tests.given import asker_for, given

APPROVE = ReviewProject(project=PROJECT, approved=True)
PUBLISH = PublishProject(project=PROJECT)
REVIEW_DAY = date(2024, 3, 12)
WITHDRAWN = ProjectWithdrawn(
    project=PROJECT, provider=COUNTY_SCHOOL, lead=cast.LEAD, term=H1_2024, in_window=True
)


def test_the_bureau_approves_a_project():
    given(cast.declared()).when(APPROVE, on=REVIEW_DAY).then(cast.reviewed())


def test_the_bureau_rejects_a_project_with_a_reason():
    given(cast.declared()).when(
        ReviewProject(project=PROJECT, approved=False, reason="目标不清"), on=REVIEW_DAY
    ).then(cast.reviewed(approved=False, reason="目标不清"))


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_rejection_needs_a_reason(reason):
    given(cast.declared()).when(
        ReviewProject(project=PROJECT, approved=False, reason=reason), on=REVIEW_DAY
    ).refused(ReasonMissing, field="reason")


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 11), "ZJ24-11", id="W-168-early"),
        pytest.param(H1_2024, date(2024, 3, 12), None, id="W-168-first"),
        pytest.param(H1_2024, date(2024, 3, 17), None, id="W-168-last"),
        pytest.param(H1_2024, date(2024, 3, 18), "ZJ24-11", id="W-168-late"),
        pytest.param(H2_2019, date(2019, 7, 12), "RA19-12", id="2019-late"),
        pytest.param(H2_2020, date(2020, 7, 31), "ZJ20-17", id="2020-early"),
    ],
)
def test_regular_projects_are_reviewed_in_the_window(term, day, rule):
    answer = given(cast.declared(term=term)).when(APPROVE, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule)
    given(cast.declared(term=term)).when(APPROVE, on=day, reported=True).found(
        rule, Outcome.VIOLATION, WindowClosed
    ).then(cast.reviewed(term=term))


@pytest.mark.parametrize(
    ("day", "outcome"), [(date(2024, 3, 17), Outcome.VIOLATION), (date(2024, 3, 18), None)]
)
def test_order_projects_are_reviewed_on_18_march_and_another_day_is_noted(day, outcome):
    answer = given(cast.declared(order=ORDER)).when(APPROVE, on=day)
    if outcome:
        answer.found("ZJ24-35", outcome, WindowClosed).then(cast.reviewed())
    else:
        answer.accepted()


def test_a_project_is_reviewed_once():
    given(cast.declared(), cast.reviewed()).when(APPROVE, on=REVIEW_DAY).refused(
        AlreadyReviewed, field="project"
    )


def test_a_project_that_was_taken_back_is_not_reviewed():
    given(cast.declared(), WITHDRAWN).when(APPROVE, on=REVIEW_DAY).refused(
        NotDeclared, field="project"
    )


def test_an_unknown_project_is_neither_reviewed_nor_published():
    given().when(APPROVE, on=REVIEW_DAY).refused(UnknownReference, field="project")
    given().when(PUBLISH, on=REVIEW_DAY).refused(UnknownReference, field="project")


def test_another_bureau_does_not_review_the_project():
    given(cast.declared()).when(APPROVE, on=REVIEW_DAY, by=asker_for(WENZHOU)).refused(OutsideScope)


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H2_2019, date(2019, 7, 11), "RA19-13", id="W-154-2019-early"),
        pytest.param(H2_2019, date(2019, 7, 12), None, id="W-154-2019"),
        pytest.param(H1_2024, date(2024, 3, 17), "ZJ24-12", id="W-154-2024-early"),
        pytest.param(H1_2024, date(2024, 3, 18), None, id="W-154-2024"),
        pytest.param(H2_2020, date(2020, 8, 11), "ZJ20-18", id="W-154-2020-early"),
        pytest.param(H2_2020, date(2020, 8, 12), None, id="W-154-2020"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_publication_on_another_day_is_noted_and_stands(term, day, rule, reported):
    answer = given(cast.declared(term=term), cast.reviewed(term=term)).when(
        PUBLISH, on=day, reported=reported
    )
    if rule:
        answer.found(rule, Outcome.VIOLATION, WindowClosed).then(cast.published(term=term))
    else:
        answer.then(cast.published(term=term))


def test_an_order_project_is_published_on_the_order_calendar():
    past = [cast.declared(order=ORDER), cast.reviewed()]
    given(past).when(PUBLISH, on=date(2024, 3, 18)).accepted()
    given(past).when(PUBLISH, on=date(2024, 3, 19)).found("ZJ24-35", Outcome.VIOLATION)


@pytest.mark.parametrize("reviews", [[], [cast.reviewed(approved=False, reason="目标不清")]])
@pytest.mark.parametrize("reported", [False, True])
def test_what_was_not_approved_is_not_published(reviews, reported):
    given(cast.declared(), reviews).when(PUBLISH, on=date(2024, 3, 18), reported=reported).refused(
        NotApproved, field="project"
    )


def test_a_project_is_published_once():
    given(cast.declared(), cast.reviewed(), cast.published()).when(
        PUBLISH, on=date(2024, 3, 18)
    ).refused(AlreadyPublished, field="project")


def test_an_approved_project_that_was_taken_back_is_not_published():
    given(cast.declared(), cast.reviewed(), WITHDRAWN).when(PUBLISH, on=date(2024, 3, 18)).refused(
        NotDeclared
    )
