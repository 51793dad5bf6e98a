"""Scrutiny: online share, qualification, subject, assessment and lead of a declared plan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.finding import Outcome
from ledger.plan import Mode
from ledger.register import Title
from ledger.scrutiny import (
    FinalAssessment,
    KeyLead,
    LeadBelowStanding,
    LeadStanding,
    NoFinalAssessment,
    NoFullTimeLead,
    NotQualifiedForBlended,
    OnlineShare,
    OnlineShareExceeded,
    OutsideSubjects,
)
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020
from tests.declaring import declaring


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


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.DISTANCE])
def test_a_plan_that_is_partly_online_is_blended_whatever_it_is_called(mode):
    declaring(cast.plan(40, mode=mode, online=12)).accepted()
    most = cast.plan(40, mode=mode, online="12.5")
    declaring(most).refused(OnlineShareExceeded, "ZJ24-72", field="online_credits")
    declaring(most, reported=True).found("ZJ24-72", Outcome.VIOLATION, OnlineShareExceeded)
    unqualified = cast.accredited(blended=False)
    declaring(cast.plan(40, mode=mode, online=4), host=unqualified).refused(
        NotQualifiedForBlended, "ZJ24-73", field="mode"
    )


def test_an_intensive_plan_that_is_wholly_online_is_no_intensive_one():
    declaring(cast.plan(40, online=40)).refused(OnlineShareExceeded, "ZJ24-72")


def test_before_2024_no_document_says_what_a_plan_partly_online_is():
    declaring(cast.plan(40, online=20), host=cast.accredited(), term=H2_2019).accepted()


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


@pytest.mark.parametrize("sort", ["key_project", "large_project"])
@pytest.mark.parametrize("term", [H2_2019, H1_2024])
def test_a_key_or_large_project_has_a_full_time_lead(sort, term):
    plan = cast.plan(**{sort: True})
    declaring(plan, term=term).found("ZJ14-04", Outcome.VIOLATION, NoFullTimeLead)
    declaring(plan, term=term, lead=cast.lead(full_time=True)).accepted()


def test_another_project_needs_no_full_time_lead():
    declaring(cast.plan(), lead=cast.lead(full_time=False)).accepted()


def test_in_2014_nobody_can_tell_whether_a_key_project_needs_a_full_time_lead():
    for day, outcome in ((date(2014, 12, 31), "INDETERMINATE"), (date(2015, 1, 1), "VIOLATION")):
        answer = declaring(cast.plan(key_project=True), day=day, reported=True)
        assert [f.outcome.value for f in answer.findings if f.rule == "ZJ14-04"] == [outcome]
    before = declaring(cast.plan(key_project=True), day=date(2013, 12, 31), reported=True)
    assert "ZJ14-04" not in [f.rule for f in before.findings]


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (OnlineShare(share_max=Fraction(2)), "share_max"),
        (FinalAssessment(hours_min=Decimal(-1)), "hours_min"),
        (KeyLead(leads_min=-1), "leads_min"),
        (LeadStanding(needs="CHARM"), "needs"),
    ],
)
def test_a_parameter_out_of_range_is_named(rule, named):
    assert named in str(rule.wrong())


def test_a_larger_online_share_and_fewer_leads_ask_for_less():
    assert OnlineShare(share_max=Fraction(1, 2)).laxer(OnlineShare(share_max=Fraction(3, 10)))
    assert not OnlineShare(share_max=Fraction(1, 5)).laxer(OnlineShare(share_max=Fraction(3, 10)))
    assert FinalAssessment(hours_min=Decimal(91)).laxer(FinalAssessment(hours_min=Decimal(90)))
    assert KeyLead(leads_min=0).laxer(KeyLead(leads_min=1))
    assert OnlineShare(share_max=Fraction(3, 10)).wrong() is None
