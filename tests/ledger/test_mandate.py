"""Mandate: what an authority assigned is not declared as a free choice."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from msgspec.structs import replace

from ledger.declaration import DeclareProject, ProjectWithdrawn
from ledger.finding import Outcome
from ledger.mandate import Disguised, MandateDisguised
from ledger.names import ProjectId
from ledger.plan import Choice
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2020, LEAD, ORDER, PROJECT, RUIAN, UNIVERSITY
from tests.given import given, rules_without

EARLIER = ProjectId("project:earlier")
MANDATED = replace(cast.plan(), choice=Choice.MANDATED, assigned_by=RUIAN)
DAY = date(2024, 3, 8)


def declare(plan, provider=COUNTY_SCHOOL):
    return DeclareProject(
        project=PROJECT,
        provider=provider,
        place=RUIAN,
        term=H1_2024,
        plan=plan,
        lead=cast.lead(),
    )


def disguises(answer):
    return [(each.rule, each.outcome) for each in answer.findings if each.code == "DISGUISED"]


def withdrawn(in_window=True):
    return ProjectWithdrawn(
        project=EARLIER, provider=COUNTY_SCHOOL, lead=LEAD, term=H1_2024, in_window=in_window
    )


PAST = [cast.trained(), cast.term(), cast.accredited()]


@pytest.mark.parametrize("reported", [False, True])
def test_what_an_authority_assigned_is_not_declared_as_a_free_choice(reported):
    disguised = replace(MANDATED, choice=Choice.SELF_SELECTED)
    answer = given(PAST).when(declare(disguised), on=DAY, reported=reported)

    answer.found("ZJ14-27", Outcome.VIOLATION, Disguised)


@pytest.mark.parametrize(
    "plan", [MANDATED, cast.plan(), replace(cast.plan(), choice=Choice.MANDATED)]
)
def test_mandated_as_mandated_and_free_as_free_is_no_disguise(plan):
    assert disguises(given(PAST).when(declare(plan), on=DAY)) == []


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2013, 12, 31), []),
        (date(2014, 12, 31), [("ZJ14-27", Outcome.INDETERMINATE)]),
        (date(2015, 1, 1), [("ZJ14-27", Outcome.VIOLATION)]),
    ],
)
def test_the_quality_notice_of_2014_is_against_disguise(day, found):
    disguised = replace(MANDATED, choice=Choice.SELF_SELECTED)
    answer = given(PAST).when(declare(disguised), on=day, reported=True)

    assert found == disguises(answer)


@pytest.mark.parametrize("in_window", [False, True])
def test_what_was_taken_back_as_mandated_does_not_come_again_as_a_free_choice(in_window):
    past = [*PAST, cast.declared(EARLIER, plan=MANDATED), withdrawn(in_window)]
    given(past).when(declare(cast.plan()), on=DAY).found("ZJ14-27", Outcome.VIOLATION, Disguised)


def test_spaces_around_its_title_make_no_other_training():
    past = [*PAST, cast.declared(EARLIER, plan=MANDATED), withdrawn()]
    spaced = replace(cast.plan(), title=f" {MANDATED.title}\n")
    given(past).when(declare(spaced), on=DAY).found("ZJ14-27", Outcome.VIOLATION, Disguised)


def test_what_was_taken_back_in_another_term_is_no_disguise():
    ordered = dataclasses.replace(declare(cast.plan(), UNIVERSITY), order=ORDER)
    earlier = cast.declared(EARLIER, plan=MANDATED, term=H2_2020, order=ORDER, provider=UNIVERSITY)
    back = replace(withdrawn(), provider=UNIVERSITY, term=H2_2020)
    past = [cast.trained(), cast.term(), cast.university(), cast.order_awarded(), earlier, back]

    assert disguises(given(past).when(ordered, on=date(2024, 3, 16))) == []


@pytest.mark.parametrize(
    "steps",
    [
        [cast.declared(EARLIER, plan=MANDATED)],
        [cast.declared(EARLIER, plan=replace(MANDATED, title="习作教学")), withdrawn()],
        [cast.declared(EARLIER), withdrawn()],
    ],
    ids=["stands-beside", "another-title", "free-before"],
)
def test_another_project_is_no_disguise(steps):
    assert disguises(given(PAST, steps).when(declare(cast.plan()), on=DAY)) == []


def test_where_no_rule_is_against_it_nothing_is_noted():
    disguised = replace(MANDATED, choice=Choice.SELF_SELECTED)
    answer = given(PAST, rules=rules_without("ZJ14-27")).when(declare(disguised), on=DAY)

    assert disguises(answer) == []


def test_a_disguise_has_two_faces():
    free, mandated = Choice.SELF_SELECTED, Choice.MANDATED

    assert MandateDisguised(from_choice=free, to_choice=free).wrong() is not None
    assert MandateDisguised(from_choice=mandated, to_choice=free).wrong() is None
