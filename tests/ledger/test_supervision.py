"""Supervision of those that resumed: measures, rectification, suspension."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.command import OutsideScope
from ledger.finding import Outcome
from ledger.review import ReasonMissing
from ledger.supervision import (
    InspectMeasures,
    Measure,
    MeasureLacking,
    MeasuresInspected,
    NoRectificationBefore,
    NothingSuspended,
    OfflineMeasures,
    OfflineReleased,
    OfflineSupervision,
    OfflineSuspended,
    OrderRectification,
    RectificationOrdered,
    ReleaseOffline,
    SuspendOffline,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, RUIAN
from tests.given import asker_for, given

DAY = date(2020, 9, 28)
ORDERED = RectificationOrdered(provider=COUNTY_SCHOOL, place=RUIAN, reason="班额过大")
SUSPENDED = OfflineSuspended(provider=COUNTY_SCHOOL, place=RUIAN, reason="瞒报")
RELEASED = OfflineReleased(provider=COUNTY_SCHOOL, place=RUIAN, reason="整改到位")
ORDER = OrderRectification(provider=COUNTY_SCHOOL, reason="班额过大")
SUSPEND = SuspendOffline(provider=COUNTY_SCHOOL, reason="瞒报")
RELEASE = ReleaseOffline(provider=COUNTY_SCHOOL, reason="整改到位")


def test_w_234_rectification_then_suspension():
    given(cast.accredited()).when(ORDER, on=DAY).then(ORDERED)
    given(cast.accredited(), ORDERED).when(SUSPEND, on=DAY).then(SUSPENDED)


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("past", [[], [ORDERED, SUSPENDED, RELEASED]])
def test_whether_a_lapse_may_be_met_with_a_stop_at_once_is_undecided(past, reported):
    given(cast.accredited(), past).when(SUSPEND, on=DAY, reported=reported).found(
        "ZJ20-10", Outcome.INDETERMINATE, NoRectificationBefore
    ).then(SUSPENDED)


def test_after_the_epidemic_no_order_comes_before_a_stop():
    given(cast.accredited()).when(SUSPEND, on=date(2024, 3, 6)).then(SUSPENDED)


def test_what_is_stopped_is_released_and_not_stopped_again():
    given(cast.accredited(), ORDERED, SUSPENDED).when(RELEASE, on=DAY).then(RELEASED)
    given(cast.accredited(), ORDERED, SUSPENDED).when(SUSPEND, on=DAY).refused(NothingSuspended)
    given(cast.accredited()).when(RELEASE, on=DAY).refused(NothingSuspended)


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2020, 7, 16), Outcome.INDETERMINATE),
        (date(2020, 7, 17), Outcome.ADVISORY),
        (date(2020, 12, 31), Outcome.ADVISORY),
        (date(2021, 1, 1), Outcome.INDETERMINATE),
        (date(2024, 3, 6), None),
    ],
)
@pytest.mark.parametrize("measure", Measure)
def test_a_measure_that_is_lacking_is_noted_as_advice(measure, day, outcome):
    answer = given(cast.accredited()).when(
        InspectMeasures(provider=COUNTY_SCHOOL, lacking=(measure,)), on=day
    )
    if outcome is not None:
        answer = answer.found("ZJ20-07", outcome, MeasureLacking)
    answer.then(MeasuresInspected(provider=COUNTY_SCHOOL, place=RUIAN, lacking=(measure,), note=""))


def test_where_all_measures_are_kept_nothing_is_noted():
    given(cast.accredited()).when(InspectMeasures(provider=COUNTY_SCHOOL), on=DAY).accepted()


@pytest.mark.parametrize("step", [ORDER, SUSPEND, RELEASE])
def test_each_step_needs_a_reason_and_the_bureau(step):
    given(cast.accredited()).when(replace(step, reason=" "), on=DAY).refused(ReasonMissing)
    given(cast.accredited()).when(step, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)


def test_kinds_know_their_parameters():
    full = OfflineSupervision(steps=("RECTIFICATION", "OFFLINE_SUSPENSION"))
    short = OfflineSupervision(steps=("OFFLINE_SUSPENSION",))

    assert short.laxer(full)
    assert not full.laxer(short)
    assert full.wrong() is None
    assert "FINE" in str(OfflineSupervision(steps=("FINE",)).wrong())
    assert "MASKS" in str(OfflineMeasures(applies_to=("OFFLINE",), measures=("MASKS",)).wrong())
