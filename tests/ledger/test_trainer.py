"""The registry of trainers, and plans that name people who are not in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.content import ContentsMissing
from ledger.declaration import DeclareProject
from ledger.finding import Outcome
from ledger.names import StaffId
from ledger.plan import PlannedTrainer
from ledger.register import AlreadyRegistered
from ledger.trainer import (
    RecordTrainerConsent,
    RegisterTrainer,
    TrainerConsented,
    TrainerRegistered,
    TrainersUnregistered,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, DAY, H1_2024, H2_2020, RUIAN, TRAINER
from tests.given import asker_for, background, given

REGISTER = RegisterTrainer(trainer=TRAINER, provider=COUNTY_SCHOOL, expertise="阅读教学")
REGISTERED = TrainerRegistered(
    trainer=TRAINER, place=RUIAN, expertise="阅读教学", provider=COUNTY_SCHOOL
)
CONSENTED = TrainerConsented(trainer=TRAINER, place=RUIAN, provider=COUNTY_SCHOOL)
SIX = tuple(StaffId(f"staff:trainer-{number}") for number in range(1, 7))


def known(trainer):
    return TrainerRegistered(trainer=trainer, place=RUIAN, expertise="语文")


def declare(trainers, term=H1_2024):
    plan = structs.replace(
        cast.PLAN, trainers=tuple(PlannedTrainer(staff=t, expertise="语文") for t in trainers)
    )
    return DeclareProject(
        project=cast.PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=term,
        plan=plan,
        lead=cast.LEADER,
    )


def test_a_provider_enters_a_trainer():
    given(cast.accredited()).when(REGISTER, on=DAY).then(REGISTERED)


def test_a_bureau_enters_a_trainer():
    by_bureau = RegisterTrainer(trainer=TRAINER, place=RUIAN, expertise="阅读教学")
    given(cast.jurisdiction()).when(by_bureau, on=DAY).then(
        TrainerRegistered(trainer=TRAINER, place=RUIAN, expertise="阅读教学")
    )
    given().when(by_bureau, on=DAY).refused(UnknownReference, field="place")


def test_consent_may_be_entered_at_once_or_later():
    given(cast.accredited()).when(replace(REGISTER, consented=True), on=DAY).then(
        REGISTERED, CONSENTED
    )
    given(cast.accredited(), REGISTERED).when(
        RecordTrainerConsent(trainer=TRAINER, provider=COUNTY_SCHOOL), on=DAY
    ).then(CONSENTED)


def test_nobody_consents_before_being_in_the_registry():
    given(cast.accredited()).when(
        RecordTrainerConsent(trainer=TRAINER, provider=COUNTY_SCHOOL), on=DAY
    ).refused(UnknownReference, field="trainer")


def test_a_trainer_is_entered_once():
    given(cast.accredited(), REGISTERED).when(REGISTER, on=DAY).refused(
        AlreadyRegistered, field="trainer"
    )


@pytest.mark.parametrize(
    ("provider", "place", "past"),
    [(COUNTY_SCHOOL, RUIAN, [cast.accredited(), cast.jurisdiction()]), (None, None, [])],
)
def test_exactly_one_party_enters_a_trainer(provider, place, past):
    given(past).when(
        replace(REGISTER, provider=provider, place=place), on=DAY, by=asker_for(COUNTY_SCHOOL)
    ).faulted("ONE_PARTY", "provider")


def test_another_provider_does_not_speak_for_this_one():
    given(cast.accredited()).when(REGISTER, on=DAY, by=asker_for(cast.UNIVERSITY)).refused(
        OutsideScope
    )


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    ("registered", "violation"),
    [pytest.param(5, True, id="W-178"), pytest.param(6, False, id="W-178-all")],
)
def test_a_plan_names_only_registered_trainers(registered, violation, reported):
    past = [
        background(cast.places()),
        cast.term(),
        cast.accredited(),
        *(known(each) for each in SIX[:registered]),
    ]
    answer = given(past).when(declare(SIX), on=date(2024, 3, 8), reported=reported)
    if not violation:
        answer.accepted()
        return
    [found] = answer.found("ZJ24-57", Outcome.VIOLATION, TrainersUnregistered).findings
    assert SIX[5] in found.subjects
    assert SIX[5] in found.zh
    assert SIX[4] not in found.subjects


def test_a_plan_without_trainers_names_nobody():
    answer = given(background(cast.places()), cast.term(), cast.accredited()).when(
        declare(()), on=date(2024, 3, 8)
    )
    answer.found("ZJ14-01", Outcome.VIOLATION, ContentsMissing).then(*answer.facts)


def test_the_registry_of_2024_says_nothing_of_2020():
    given(background(cast.places()), cast.term(H2_2020), cast.accredited()).when(
        declare(SIX, H2_2020), on=date(2020, 7, 20)
    ).accepted()
