"""Offline classes that a provider opens under epidemic control."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec import structs

from ledger.finding import Outcome
from ledger.offering import OpenOffering
from ledger.plan import Choice, Mode
from ledger.reopening import MandatedTraining, NotAccepted, OfflineStopped, RestartMissing
from ledger.restart import RestartFixed
from ledger.resumption import StepsMissing
from tests import cast
from tests.cast import H2_2020, OFFERING, PROJECT, PROVINCE, RUIAN, WENZHOU
from tests.given import given
from tests.ledger.test_restart import filed
from tests.ledger.test_resumption import COMMITTED, accepted, applied
from tests.ledger.test_supervision import ORDERED, RELEASED, SUSPENDED

DAY = date(2020, 8, 20)
OPENS = date(2020, 9, 21)
OPEN = OpenOffering(
    offering=OFFERING,
    project=PROJECT,
    seats=50,
    opens=OPENS,
    closes=date(2020, 10, 30),
    adviser=cast.ADVISER,
)
STEPS = [applied(), accepted(), COMMITTED]
LOCAL = [filed(cast.COUNTY_SCHOOL), RestartFixed(place=RUIAN, first=OPENS)]
READY = [*STEPS, *LOCAL]


def project(mode=Mode.INTENSIVE, choice=Choice.SELF_SELECTED):
    plan = structs.replace(cast.plan(mode=mode), choice=choice)
    published = cast.published(term=H2_2020)
    return [cast.accredited(), cast.declared(plan=plan, term=H2_2020), published]


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
def test_a_provider_that_took_every_step_opens_an_offline_class(mode):
    given(project(mode), READY).when(OPEN, on=DAY).accepted()


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([applied(), accepted()], id="W-100"),
        pytest.param([applied()], id="application-only"),
        pytest.param([], id="nothing"),
        pytest.param([accepted(), applied(), COMMITTED], id="out-of-order"),
    ],
)
def test_an_offline_class_without_every_step_is_a_violation(steps, mode, reported):
    given(project(mode), steps, LOCAL).when(OPEN, on=DAY, reported=reported).found(
        "ZJ20-05", Outcome.VIOLATION, StepsMissing
    ).then(*given(project(mode), READY).when(OPEN, on=DAY).facts)


def test_distance_training_needs_no_step():
    given(project(Mode.DISTANCE)).when(OPEN, on=DAY).accepted()


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2020, 7, 16), Outcome.INDETERMINATE),
        (date(2020, 7, 17), Outcome.VIOLATION),
        (date(2020, 12, 31), Outcome.VIOLATION),
        (date(2021, 1, 1), Outcome.INDETERMINATE),
        (date(2024, 3, 5), Outcome.INDETERMINATE),
    ],
)
def test_after_2020_nobody_can_tell_until_the_notice_of_2024(day, outcome):
    given(project()).when(OPEN, on=day).found("ZJ20-05", outcome).found("ZJ20-09", outcome).kept()


def test_from_the_notice_of_2024_on_nothing_of_it_is_asked():
    given(project(choice=Choice.MANDATED), SUSPENDED).when(OPEN, on=date(2024, 3, 6)).accepted()


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.DISTANCE])
def test_mandated_training_needs_a_provider_that_passed(mode):
    mandated = project(mode, Choice.MANDATED)
    given(mandated, LOCAL).when(OPEN, on=DAY).found("ZJ20-08", Outcome.VIOLATION, NotAccepted)
    given(mandated, READY).when(OPEN, on=DAY).accepted()


@pytest.mark.parametrize(
    ("local", "missing"),
    [
        pytest.param(LOCAL, False, id="on-the-day-of-the-restart"),
        pytest.param([LOCAL[1]], True, id="on-no-list"),
        pytest.param([LOCAL[0]], True, id="no-restart-fixed"),
        pytest.param(
            [LOCAL[0], RestartFixed(place=RUIAN, first=date(2020, 9, 22))], True, id="a-day-early"
        ),
        pytest.param(
            [LOCAL[0], RestartFixed(place=WENZHOU, first=OPENS)], False, id="restart-of-the-city"
        ),
        pytest.param(
            [
                LOCAL[0],
                RestartFixed(place=PROVINCE, first=date(2020, 8, 1)),
                RestartFixed(place=RUIAN, first=date(2020, 10, 1)),
            ],
            True,
            id="the-nearest-place-decides",
        ),
    ],
)
def test_the_provider_is_on_a_filed_list_and_the_place_has_restarted(local, missing):
    answer = given(project(), STEPS, local).when(OPEN, on=DAY)
    if missing:
        answer.found("ZJ20-09", Outcome.VIOLATION, RestartMissing).kept()
        assert len(answer.findings) == 1
    else:
        answer.accepted()


def test_a_class_opened_while_offline_training_is_stopped_is_a_violation():
    given(project(), READY, ORDERED, SUSPENDED).when(OPEN, on=DAY).found(
        "ZJ20-10", Outcome.VIOLATION, OfflineStopped
    )
    given(project(), READY, ORDERED, SUSPENDED, RELEASED).when(OPEN, on=DAY).accepted()
    given(project(Mode.DISTANCE), READY, SUSPENDED).when(OPEN, on=DAY).accepted()


def test_mandated_training_with_fewer_conditions_is_laxer():
    both = MandatedTraining(conditions=("ACCEPTANCE", "AUTHORITY_APPROVAL"))
    one = MandatedTraining(conditions=("ACCEPTANCE",))

    assert one.laxer(both)
    assert not both.laxer(one)
