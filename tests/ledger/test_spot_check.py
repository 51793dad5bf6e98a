"""Spot checks: trainers of a plan are asked whether anybody consulted them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.names import StaffId
from ledger.plan import PlannedTrainer
from ledger.spot_check import NotConsulted, SpotCheckTrainer, TrainerSpotChecked
from ledger.trainer import NotInPlan, TrainerConsented
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, PROJECT, RUIAN, TRAINER, UNIVERSITY
from tests.given import asker_for, given, on

DECLARED_ON = date(2024, 3, 8)
DAY = date(2024, 3, 14)
PLAN = structs.replace(cast.PLAN, trainers=(PlannedTrainer(staff=TRAINER),))
CHECK = SpotCheckTrainer(project=PROJECT, trainer=TRAINER, consulted=False, note="电话抽查")


def declared(term=H1_2024):
    return on(DECLARED_ON, cast.declared(plan=PLAN, term=term))


def checked(consulted=False, term=H1_2024):
    return TrainerSpotChecked(
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=term,
        trainer=TRAINER,
        consulted=consulted,
        note="电话抽查",
    )


def consent(day, provider=COUNTY_SCHOOL):
    return on(day, TrainerConsented(trainer=TRAINER, place=RUIAN, provider=provider))


@pytest.mark.parametrize("reported", [False, True])
def test_w_177_a_trainer_who_was_never_contacted_is_a_violation(reported):
    given(declared()).when(CHECK, on=DAY, reported=reported).found(
        "ZJ24-56", Outcome.VIOLATION, NotConsulted
    ).then(checked())


def test_a_trainer_who_was_consulted_is_no_violation():
    given(declared()).when(replace(CHECK, consulted=True), on=DAY).then(checked(True))


@pytest.mark.parametrize(
    ("given_consent", "shown"),
    [
        pytest.param(consent(DECLARED_ON), ("0193-0002",), id="on-the-day"),
        pytest.param(consent(DECLARED_ON, None), ("0193-0002",), id="of-any-provider"),
        pytest.param(consent(date(2024, 3, 9)), (), id="a-day-late"),
        pytest.param(consent(DECLARED_ON, UNIVERSITY), (), id="another-provider"),
    ],
)
def test_a_denial_is_a_violation_whatever_consent_was_entered_and_shows_it(given_consent, shown):
    answer = given(declared(), given_consent).when(CHECK, on=DAY)
    answer.found("ZJ24-56", Outcome.VIOLATION, NotConsulted).then(checked())

    assert [each.evidence for each in answer.findings] == [shown]


def test_in_another_term_a_denial_is_recorded_and_no_more():
    given(declared(H2_2019)).when(CHECK, on=DAY).then(checked(term=H2_2019))


def test_only_trainers_of_the_plan_are_checked():
    other = structs.replace(cast.PLAN, trainers=(PlannedTrainer(staff=StaffId("staff:other")),))
    for plan in (other, structs.replace(cast.PLAN, trainers=())):
        given(cast.declared(plan=plan)).when(CHECK, on=DAY).refused(NotInPlan, field="trainer")


def test_a_spot_check_is_of_a_known_project_and_by_its_bureau():
    given().when(CHECK, on=DAY).refused(UnknownReference, field="project")
    given(declared()).when(CHECK, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)
