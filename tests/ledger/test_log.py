"""Logs: one for each training day, and which days have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.log import AlreadyLogged, LogDay, unlogged
from ledger.schedule import DayLogged, NoSession, Timetable
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, OPENS
from tests.given import entries, given

LOG = LogDay(offering=OFFERING, day=OPENS, note="全员到课")
LOGGED = DayLogged(offering=OFFERING, provider=COUNTY_SCHOOL, day=OPENS, note="全员到课")


def test_the_adviser_logs_a_training_day():
    given(cast.opened(), cast.timetable()).when(LOG, on=OPENS).then(LOGGED)


def test_a_day_is_logged_once():
    given(cast.opened(), cast.timetable(), LOGGED).when(LOG, on=OPENS).refused(
        AlreadyLogged, field="day"
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_day_without_a_session_is_not_logged(reported):
    day_off = replace(LOG, day=OPENS - timedelta(days=1))
    given(cast.opened(), cast.timetable()).when(day_off, on=OPENS, reported=reported).refused(
        NoSession, field="day"
    )


def test_the_timetable_in_force_is_the_latest():
    moved = cast.timetable(24, OPENS + timedelta(days=7))
    given(cast.opened(), cast.timetable(), moved).when(LOG, on=OPENS).refused(NoSession)


TWELVE_DAYS = [OPENS + timedelta(days=each) for each in range(12)]


@pytest.mark.parametrize(
    ("logged", "through", "missing"),
    [
        pytest.param(TWELVE_DAYS, 12, [], id="all"),
        pytest.param(TWELVE_DAYS[:11], 12, TWELVE_DAYS[11:], id="W-217"),
        pytest.param(TWELVE_DAYS[:11], 11, [], id="before-the-last-day"),
        pytest.param([], 1, TWELVE_DAYS[:1], id="first-day"),
        pytest.param([], 0, [], id="not-begun"),
    ],
)
def test_w_217_each_training_day_has_its_log(logged, through, missing):
    table = Timetable()
    for entry in entries([cast.timetable(96)], OPENS):
        table.learn(entry)

    assert missing == unlogged(table, logged, OPENS + timedelta(days=through - 1))


def test_without_a_timetable_no_log_is_missing():
    assert unlogged(Timetable(), [], OPENS) == []
