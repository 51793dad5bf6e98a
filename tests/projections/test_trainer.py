"""The registry of trainers: who stands in it, with whose plans they agreed, and for whose eyes."""

from __future__ import annotations

from typing import Any

from ledger.command import Asker, Role
from ledger.event import Entry, Event
from ledger.names import Name
from ledger.trainer import TrainerConsented, TrainerRegistered
from projections.catalogue import TRAINERS
from projections.trainer import WILLING, ConsentState, Trainer
from schema.reach import reach
from tests import cast
from tests.cast import COUNTY_SCHOOL, RUIAN, TRAINER, UNIVERSITY, WENZHOU
from tests.given import entries

ENTERED = TrainerRegistered(trainer=TRAINER, place=RUIAN, expertise="阅读教学")


def consent(**named: Any) -> TrainerConsented:
    return TrainerConsented(trainer=TRAINER, **{"place": RUIAN, **named})


def told(*events: Event) -> tuple[Trainer, list[Entry]]:
    made = entries(events, cast.DAY)
    return TRAINERS.fold(TRAINER, made), made


def test_a_trainer_whom_nobody_asked_has_no_consent() -> None:
    trainer, _ = told(ENTERED)

    assert (trainer.place, trainer.provider, trainer.expertise) == (RUIAN, None, "阅读教学")
    assert (trainer.registered, trainer.consent, trainer.consents) == (
        cast.DAY,
        ConsentState.NONE,
        (),
    )


def test_consents_add_up_and_one_for_every_provider_stays_so() -> None:
    some, made = told(ENTERED, consent(provider=COUNTY_SCHOOL))
    every, _ = told(ENTERED, consent(), consent(provider=COUNTY_SCHOOL))

    assert some.consent is ConsentState.SOME_PROVIDERS
    assert [(c.provider, c.since, c.event) for c in some.consents] == [
        (COUNTY_SCHOOL, cast.DAY, made[1].id)
    ]
    assert (every.consent, len(every.consents)) == (ConsentState.EVERY_PROVIDER, 2)


def test_a_row_is_found_by_who_entered_the_trainer_and_by_who_has_a_consent() -> None:
    trainer, _ = told(ENTERED, consent(provider=UNIVERSITY, place=WENZHOU))
    willing, _ = told(ENTERED, consent())

    assert trainer.tags == (RUIAN, WENZHOU, UNIVERSITY)
    assert willing.tags == (RUIAN, WILLING)


def seen(role: Role, scope: Name) -> Any:
    return reach(Asker(actor="staff:x", role=role, scope=scope), "trainers", ())


def test_a_provider_reaches_its_own_trainers_and_the_willing_and_a_bureau_those_of_its_place() -> (
    None
):
    provider, bureau = seen(Role.PROVIDER, COUNTY_SCHOOL), seen(Role.BUREAU, RUIAN)

    assert provider.overlap == (("tags", (COUNTY_SCHOOL, WILLING)),)
    assert bureau.overlap == (("tags", (RUIAN,)),)


def test_teachers_schools_and_the_public_reach_no_trainer() -> None:
    for role, scope in (
        (Role.TEACHER, cast.LIN),
        (Role.SCHOOL, cast.SCHOOL),
        (Role.PUBLIC, Name("ledger:public")),
    ):
        assert seen(role, scope) is None
