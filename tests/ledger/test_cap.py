"""Caps: how many projects a county takes in a term, where it set a number of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledger.cap import CapReached, LocalProjectCap
from ledger.declaration import DeclareProject, ProjectWithdrawn
from ledger.event import Entry
from ledger.finding import Outcome
from ledger.names import OrderId
from tests import cast
from tests.adopting import rules_with
from tests.cast import (
    COUNTY_SCHOOL,
    H1_2024,
    H2_2020,
    HANGZHOU,
    INSTITUTE,
    LEAD,
    PROJECT,
    RUIAN,
    WENZHOU,
)
from tests.given import given

DECLARE = DeclareProject(
    project=PROJECT,
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    term=H1_2024,
    plan=cast.plan(),
    lead=cast.lead(),
)
OPEN_DAY = date(2024, 3, 8)
CAP = 'kind = "local-project-cap"\nparameters = { projects_max = 12 }\n'
CAPPED = rules_with(CAP)


def of_the_county(count, **more):
    return cast.projects(count, **{"provider": INSTITUTE, "place": RUIAN, "counts": False} | more)


def declaring(past, rules=CAPPED, **asked):
    return given(cast.trained(), cast.term(), cast.accredited(), past, rules=rules).when(
        DECLARE, on=OPEN_DAY, **asked
    )


@pytest.mark.parametrize(
    ("count", "accepted"),
    [pytest.param(11, True, id="W-193-bound"), pytest.param(12, False, id="W-193")],
)
def test_the_thirteenth_project_of_a_county_with_a_cap_of_twelve_is_refused(count, accepted):
    answer = declaring(of_the_county(count))
    if accepted:
        answer.accepted()
        return
    answer.refused(CapReached, "OWN-01", field="project")
    declaring(of_the_county(count), reported=True).found("OWN-01", Outcome.VIOLATION, CapReached)


def test_w_193_without_a_cap_a_county_takes_any_number():
    declaring(of_the_county(40), rules=None).accepted()


def test_order_based_projects_count_for_the_county():
    ordered = of_the_county(12, order=OrderId("order:any"))
    declaring(ordered).refused(CapReached, "OWN-01")


def withdrawn(project, *, in_window):
    event = ProjectWithdrawn(
        project=project, provider=INSTITUTE, lead=LEAD, term=H1_2024, in_window=in_window
    )
    return Entry(
        position=99,
        id="0193-0099",
        at=datetime(2024, 3, 8, tzinfo=UTC),
        on=OPEN_DAY,
        actor="staff:tester",
        channel="API",
        event=event,
        place=RUIAN,
    )


@pytest.mark.parametrize("in_window", [True, False])
def test_what_was_taken_back_within_the_window_does_not_count(in_window):
    twelve = of_the_county(12)
    answer = declaring([*twelve, withdrawn(twelve[0].project, in_window=in_window)])
    if in_window:
        answer.accepted()
    else:
        answer.refused(CapReached, "OWN-01")


@pytest.mark.parametrize("place", [WENZHOU, HANGZHOU])
def test_a_cap_of_another_place_does_not_bind_the_county(place):
    declaring(of_the_county(12), rules=rules_with(CAP, place=place)).accepted()


def test_a_cap_does_not_reach_back_before_its_day():
    command = replace(DECLARE, term=H2_2020)
    past = of_the_county(12, term=H2_2020)
    given(cast.trained(), cast.term(H2_2020), cast.accredited(), past, rules=CAPPED).when(
        command, on=date(2020, 7, 20)
    ).accepted()
    early = given(
        cast.trained(), cast.term(), cast.accredited(), of_the_county(12), rules=CAPPED
    ).when(DECLARE, on=date(2024, 3, 5), reported=True)
    assert "OWN-01" not in [each.rule for each in early.findings]


def test_a_negative_cap_is_named():
    assert "projects_max" in str(LocalProjectCap(projects_max=-1).wrong())
    assert LocalProjectCap(projects_max=0).wrong() is None
