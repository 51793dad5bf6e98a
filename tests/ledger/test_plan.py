"""Plans: what looks at the plan alone, by the rule in force on the day of declaration."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.declaration import DeclareProject
from ledger.finding import Outcome
from ledger.plan import Mode, Title
from ledger.scrutiny import (
    LeadBelowStanding,
    NoFinalAssessment,
    NotQualifiedForBlended,
    OnlineShareExceeded,
    OutsideSubjects,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, H2_2020, PROJECT, RUIAN
from tests.given import given

DAY = {H2_2019: date(2019, 6, 20), H2_2020: date(2020, 7, 20), H1_2024: date(2024, 3, 8)}


def declaring(plan, *, lead=None, host=None, term=H1_2024, reported=False):
    command = DeclareProject(
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=term,
        plan=plan,
        lead=lead or cast.lead(),
    )
    host = host or cast.accredited(blended=True)
    return given(cast.term(term), host).when(command, on=DAY[term], reported=reported)


@pytest.mark.parametrize(
    ("total", "online", "accepted"),
    [
        pytest.param("90", "27", True, id="W-042-bound"),
        pytest.param("90", "27.5", False, id="W-042"),
        pytest.param("90", "28", False, id="W-042-more"),
        pytest.param("40", "12", True, id="W-043"),
        pytest.param("40", "12.5", False, id="W-043-more"),
    ],
)
def test_three_tenths_of_a_blended_project_may_be_online(total, online, accepted):
    plan = cast.plan(total, mode=Mode.BLENDED, online=online, assessment=True)
    answer = declaring(plan)
    if accepted:
        answer.accepted()
        return
    answer.refused(OnlineShareExceeded, "ZJ24-72", field="online_credits")
    declaring(plan, reported=True).found("ZJ24-72", Outcome.VIOLATION, OnlineShareExceeded)


def test_the_online_share_binds_blended_projects_only():
    declaring(cast.plan(40, mode=Mode.DISTANCE, online=40)).accepted()


def test_w_046_before_2024_no_document_limits_the_online_share():
    declaring(cast.plan(40, mode=Mode.BLENDED, online=20), term=H2_2020).accepted()


def test_w_045_the_host_of_a_blended_project_is_qualified_for_it():
    plan = cast.plan(40, mode=Mode.BLENDED, online=4)
    unqualified = cast.accredited(blended=False)
    declaring(plan, host=unqualified).refused(NotQualifiedForBlended, "ZJ24-73", field="mode")
    declaring(plan, host=unqualified, reported=True).found(
        "ZJ24-73", Outcome.VIOLATION, NotQualifiedForBlended
    )


def test_before_2024_no_document_asks_for_the_blended_qualification():
    declaring(
        cast.plan(40, mode=Mode.BLENDED, online=4), host=cast.accredited(), term=H2_2020
    ).accepted()


def test_a_provider_stays_within_its_subjects():
    plan = cast.plan(subject="MUSIC")
    declaring(plan).refused(OutsideSubjects, "ZJ24-50", field="subject")
    declaring(plan, reported=True).found("ZJ24-50", Outcome.VIOLATION, OutsideSubjects)


def test_in_2019_no_document_binds_a_provider_to_its_subjects():
    declaring(cast.plan(subject="MUSIC"), term=H2_2019).accepted()


@pytest.mark.parametrize(
    ("hours", "outcome"),
    [
        pytest.param("90", Outcome.VIOLATION, id="W-024"),
        pytest.param("89", None, id="W-025"),
        ("89.5", None),
    ],
)
@pytest.mark.parametrize("term", [H2_2019, H1_2024])
def test_a_project_of_ninety_hours_has_a_final_assessment(hours, outcome, term):
    answer = declaring(cast.plan(hours), term=term)
    if outcome:
        answer.found("ZJ14-15", outcome, NoFinalAssessment)
    else:
        answer.accepted()
    declaring(cast.plan(hours, assessment=True), term=term).accepted()


@pytest.mark.parametrize(
    ("lead", "rule"),
    [
        pytest.param(cast.lead(title=Title.INTERMEDIATE), "ZJ24-53", id="W-172"),
        pytest.param(cast.lead(title=Title.ASSOCIATE_SENIOR), None, id="W-174"),
        pytest.param(cast.lead(title=Title.NONE), "ZJ24-53", id="no-title"),
        pytest.param(cast.lead(regular_staff=False), "ZJ24-51", id="not-staff"),
        pytest.param(cast.lead(expertise=False), "ZJ24-52", id="no-expertise"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_what_a_lead_should_be_in_principle_is_noted_and_refuses_nothing(lead, rule, reported):
    answer = declaring(cast.plan(), lead=lead, reported=reported)
    if rule:
        answer.found(rule, Outcome.DEVIATION, LeadBelowStanding).then(cast.declared(lead=lead))
    else:
        answer.accepted()


def test_in_2019_nothing_is_expected_of_a_lead():
    declaring(
        cast.plan(), lead=cast.lead(title=Title.NONE, regular_staff=False), term=H2_2019
    ).accepted()


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (cast.plan(0), "EMPTY_PLAN"),
        (cast.plan(segments=0), "BAD_COUNT"),
        (cast.plan(segments=101), "BAD_COUNT"),
        (cast.plan("24", online="24.5"), "BAD_AMOUNT"),
        (cast.plan("24.3"), "BAD_AMOUNT"),
        (cast.plan("24", credits="-1"), "BAD_AMOUNT"),
        (cast.plan("24", online="0.25"), "BAD_AMOUNT"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_senseless_plan_is_a_fault_even_when_reported(plan, code, reported):
    declaring(plan, reported=reported).faulted(code)


def test_amounts_are_stored_in_their_one_spelling():
    event = declaring(cast.plan("24.0")).accepted().facts[0]

    assert str(event.plan.hours) == "24"
