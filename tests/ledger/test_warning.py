"""Yellow cards and the re-inspections that follow them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.accreditation import AccreditationRevoked, NotAccreditedAnyMore, Reach
from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.review import ReasonMissing
from ledger.sanction import RevokeAccreditation
from ledger.warning import (
    IssueYellowCard,
    NotOfProvider,
    Reinspect,
    Reinspected,
    SanctionLadder,
    StepOutOfOrder,
    YellowCardIssued,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, HANGZHOU, PROJECT, RUIAN, UNIVERSITY
from tests.given import asker_for, given

DAY = date(2024, 5, 6)
DEADLINE = date(2024, 6, 6)
CARD = IssueYellowCard(provider=COUNTY_SCHOOL, reason="课程严重缩水", deadline=DEADLINE)
FAILED = Reinspect(provider=COUNTY_SCHOOL, improved=False, report="仍无改进")


def card(deadline=DEADLINE, project=None, place=RUIAN):
    return YellowCardIssued(
        provider=COUNTY_SCHOOL,
        place=place,
        reason="课程严重缩水",
        deadline=deadline,
        project=project,
    )


def inspected(improved=False, project=None, place=RUIAN):
    return Reinspected(
        provider=COUNTY_SCHOOL, place=place, improved=improved, report="仍无改进", project=project
    )


def test_a_bureau_warns_a_provider_and_sets_a_deadline():
    given(cast.accredited()).when(CARD, on=DAY).then(card())


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("deadline", [None, DAY])
def test_a_yellow_card_without_time_to_mend_is_a_violation(deadline, reported):
    answer = given(cast.accredited()).when(
        replace(CARD, deadline=deadline), on=DAY, reported=reported
    )
    answer.found("WZ12-28", Outcome.VIOLATION, StepOutOfOrder).then(card(deadline))
    assert "None" not in answer.findings[0].en


def test_a_bureau_warns_over_one_project():
    given(cast.accredited(), cast.declared()).when(replace(CARD, project=PROJECT), on=DAY).then(
        card(project=PROJECT)
    )
    given(cast.accredited(), cast.declared(provider=UNIVERSITY)).when(
        replace(CARD, project=PROJECT), on=DAY, by=asker_for(RUIAN)
    ).refused(NotOfProvider, field="project")


@pytest.mark.parametrize(
    ("day", "early"), [(date(2024, 6, 5), True), (DEADLINE, False), (date(2024, 6, 7), False)]
)
def test_before_the_deadline_no_lack_of_improvement_counts(day, early):
    answer = given(cast.accredited(), (DAY, card())).when(FAILED, on=day)
    if early:
        answer = answer.found("WZ12-28", Outcome.VIOLATION, StepOutOfOrder)
    answer.then(inspected())


def test_improvement_may_be_found_before_the_deadline():
    given(cast.accredited(), card()).when(replace(FAILED, improved=True), on=DAY).then(
        inspected(improved=True)
    )


def test_a_re_inspection_without_a_yellow_card_is_out_of_order():
    given(cast.accredited()).when(FAILED, on=DAY).found(
        "WZ12-28", Outcome.VIOLATION, StepOutOfOrder
    ).then(inspected())


def test_a_card_over_a_project_is_none_for_the_provider():
    given(cast.accredited(), card(project=PROJECT)).when(FAILED, on=DEADLINE).found(
        "WZ12-28", Outcome.VIOLATION
    ).then(inspected())


@pytest.mark.parametrize(
    ("place", "day"), [(HANGZHOU, DAY), pytest.param(RUIAN, date(2011, 12, 31), id="before-2012")]
)
def test_elsewhere_and_before_the_ladder_a_step_is_recorded_and_no_more(place, day):
    given(cast.accredited(place=place)).when(FAILED, on=day).then(inspected(place=place))


def test_the_province_warns_whom_it_accredits():
    wide = cast.accredited(reach=Reach.PROVINCE_WIDE)
    given(wide).when(CARD, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(wide).when(CARD, on=DAY, by=asker_for(cast.PROVINCE)).accepted()


def test_a_step_needs_words_and_a_known_provider():
    given(cast.accredited()).when(replace(CARD, reason=" "), on=DAY).refused(ReasonMissing)
    given(cast.accredited()).when(replace(FAILED, report=""), on=DAY).refused(ReasonMissing)
    given().when(CARD, on=DAY).refused(UnknownReference, field="provider")


def test_whoever_lost_the_accreditation_is_not_warned():
    lost = AccreditationRevoked(provider=COUNTY_SCHOOL, place=RUIAN, reason="x")
    given(cast.accredited(), lost).when(CARD, on=DAY).refused(NotAccreditedAnyMore)


@pytest.mark.parametrize("past", [[card()], [card(), inspected()], [card(), inspected(True)]])
def test_who_is_accredited_anew_begins_without_a_case(past):
    lost = AccreditationRevoked(provider=COUNTY_SCHOOL, place=RUIAN, reason="x")
    again = [*past, lost, cast.accredited(since=DAY)]
    revoke = RevokeAccreditation(provider=COUNTY_SCHOOL, reason="依程序取消")
    answer = given((DAY, cast.accredited()), [(DEADLINE, each) for each in again]).when(
        revoke, on=DEADLINE
    )

    said = answer.found("WZ12-28", Outcome.VIOLATION, StepOutOfOrder).findings[0]
    assert "yellow card, rectification, reinspection" in said.en
    assert "closed the case" not in said.en


def test_a_case_over_a_project_outlives_the_accreditation():
    lost = AccreditationRevoked(provider=COUNTY_SCHOOL, place=RUIAN, reason="x")
    past = [cast.accredited(), cast.declared(), card(project=PROJECT), lost]
    given((DAY, each) for each in past).when(replace(FAILED, project=PROJECT), on=DEADLINE).then(
        inspected(project=PROJECT)
    )


def test_a_ladder_with_fewer_steps_is_laxer_and_strange_steps_are_wrong():
    full = SanctionLadder(steps=("YELLOW_CARD", "RECTIFICATION", "REINSPECTION", "CANCELLATION"))
    short = SanctionLadder(steps=("YELLOW_CARD", "CANCELLATION"))

    assert short.laxer(full)
    assert not full.laxer(short)
    assert full.wrong() is None
    assert "FINE" in str(SanctionLadder(steps=("FINE",)).wrong())
