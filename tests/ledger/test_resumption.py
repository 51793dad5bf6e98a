"""The way back to offline training: application, joint acceptance, safety commitment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.resumption import (
    AcceptanceDecided,
    ApplyForResumption,
    CommitToSafety,
    DecideAcceptance,
    LocalRestart,
    NotJoint,
    OfflineConditions,
    Resumption,
    ResumptionApplied,
    SafetyCommitted,
    StepsMissing,
)
from ledger.review import ReasonMissing
from tests import cast
from tests.cast import COUNTY_SCHOOL, RUIAN
from tests.given import asker_for, entries, given

DAY = date(2020, 8, 3)
APPLY = ApplyForResumption(provider=COUNTY_SCHOOL)
ACCEPT = DecideAcceptance(provider=COUNTY_SCHOOL, passed=True)
COMMIT = CommitToSafety(provider=COUNTY_SCHOOL)
COMMITTED = SafetyCommitted(provider=COUNTY_SCHOOL, place=RUIAN)


def applied(both=True):
    return ResumptionApplied(provider=COUNTY_SCHOOL, place=RUIAN, epidemic_authority=both)


def accepted(passed=True, joint=True, reason=""):
    return AcceptanceDecided(
        provider=COUNTY_SCHOOL, place=RUIAN, passed=passed, joint=joint, reason=reason
    )


def test_a_provider_applies_is_accepted_and_commits():
    given(cast.accredited()).when(APPLY, on=DAY).then(applied())
    given(cast.accredited(), applied()).when(ACCEPT, on=DAY).then(accepted())
    given(cast.accredited(), applied(), accepted()).when(COMMIT, on=DAY).then(COMMITTED)


def test_an_application_goes_to_the_epidemic_authority_as_well():
    given(cast.accredited()).when(replace(APPLY, epidemic_authority=False), on=DAY).found(
        "ZJ20-05", Outcome.VIOLATION, StepsMissing
    ).then(applied(both=False))


# In force for certain from 17 July to the end of 2020, and at the most until 5 March 2024.
DAYS = [
    pytest.param(date(2019, 12, 31), None, id="a-year-before"),
    pytest.param(date(2020, 7, 16), Outcome.INDETERMINATE, id="the-day-before"),
    pytest.param(date(2020, 7, 17), Outcome.VIOLATION, id="first"),
    pytest.param(date(2020, 12, 31), Outcome.VIOLATION, id="last-certain"),
    pytest.param(date(2021, 1, 1), Outcome.INDETERMINATE, id="uncertain"),
    pytest.param(date(2024, 3, 5), Outcome.INDETERMINATE, id="last-uncertain"),
    pytest.param(date(2024, 3, 6), None, id="over"),
]


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(("day", "outcome"), DAYS)
def test_acceptance_before_the_application_is_out_of_order(day, outcome, reported):
    answer = given(cast.accredited()).when(ACCEPT, on=day, reported=reported)
    if outcome is not None:
        answer = answer.found("ZJ20-05", outcome, StepsMissing)
    answer.then(accepted())


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([applied()], id="no-acceptance"),
        pytest.param([applied(), accepted(passed=False, reason="x")], id="not-passed"),
        pytest.param([applied(), accepted(joint=False)], id="not-joint"),
        pytest.param([accepted(), applied()], id="accepted-before-the-application"),
    ],
)
def test_a_commitment_before_the_acceptance_is_out_of_order(past):
    given(cast.accredited(), past).when(COMMIT, on=DAY).found(
        "ZJ20-05", Outcome.VIOLATION, StepsMissing
    ).then(COMMITTED)


def test_an_inspection_without_the_epidemic_authority_is_not_joint():
    given(cast.accredited(), applied()).when(replace(ACCEPT, joint=False), on=DAY).found(
        "ZJ20-09", Outcome.VIOLATION, NotJoint
    ).then(accepted(joint=False))


def test_a_rejection_says_why_and_takes_an_earlier_acceptance_back():
    given(cast.accredited(), applied()).when(replace(ACCEPT, passed=False), on=DAY).refused(
        ReasonMissing
    )
    resumed = Resumption()
    for entry in entries([applied(), accepted(), accepted(passed=False, reason="x")], DAY):
        resumed.learn(entry)
    assert not resumed.accepted


def test_a_commitment_out_of_order_does_not_count_later():
    resumed = Resumption()
    for entry in entries([COMMITTED, applied(), accepted()], DAY):
        resumed.learn(entry)

    assert list(resumed.done) == ["RESUMPTION_APPLICATION", "JOINT_ACCEPTANCE"]


def test_each_step_is_for_its_party():
    given(cast.accredited()).when(APPLY, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(cast.accredited()).when(ACCEPT, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)
    given().when(ACCEPT, on=DAY).refused(UnknownReference, field="provider")


def test_fewer_steps_are_laxer_and_strange_ones_are_wrong():
    two = OfflineConditions(
        applies_to=("OFFLINE",), conditions=("RESUMPTION_APPLICATION", "JOINT_ACCEPTANCE")
    )
    one = OfflineConditions(applies_to=("OFFLINE",), conditions=("JOINT_ACCEPTANCE",))

    assert one.laxer(two)
    assert not two.laxer(one)
    assert two.wrong() is None
    odd = OfflineConditions(applies_to=("ONLINE",), conditions=())
    assert "ONLINE" in str(odd.wrong())
    assert LocalRestart(conditions=()).laxer(LocalRestart(conditions=("LIST_FILED",)))
