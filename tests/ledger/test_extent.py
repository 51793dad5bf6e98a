"""Extent: the hours that an approved change left, and no others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.change import ChangeClass, ChangeDecided, ChangeKind, ChangeRequested
from ledger.extent import EXTENT_EVENTS, Extent
from ledger.names import ChangeId
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN
from tests.given import entries


def asked(kind=ChangeKind.HOURS_REDUCED, change="change:x1"):
    return ChangeRequested(
        change=ChangeId(change),
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        kinds=(kind,),
        description="减少课时",
    )


def decided(approved=True, change="change:x1"):
    return ChangeDecided(
        change=ChangeId(change),
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        approved=approved,
        change_class=ChangeClass.MAJOR,
        reason="",
    )


TWICE = [asked(), decided(), asked(change="change:x2"), decided(change="change:x2")]


@pytest.mark.parametrize(
    ("events", "hours"),
    [
        ([], 120),
        ([cast.timetable(100)], 120),
        ([asked(), cast.timetable(100)], 120),
        ([asked(), decided(False), cast.timetable(100)], 120),
        ([asked(), cast.timetable(100), decided()], 120),
        ([asked(ChangeKind.DATES_CHANGED), decided(), cast.timetable(100)], 120),
        ([asked(), decided(change="change:x2"), cast.timetable(100)], 120),
        ([asked(), decided()], 120),
        ([asked(), decided(), cast.timetable(120)], 120),
        ([asked(), decided(), cast.timetable(100)], 100),
        ([asked(), decided(), cast.timetable(110), cast.timetable(100)], 110),
        ([asked(), decided(), cast.timetable(120), cast.timetable(100)], 100),
        ([asked(), cast.timetable(100), decided(), cast.timetable(100)], 100),
        ([*TWICE, cast.timetable(110), cast.timetable(100)], 100),
        ([*TWICE, cast.timetable(110), cast.timetable(100), cast.timetable(90)], 100),
        ([asked(), decided(), cast.timetable(100), cast.timetable(110)], 110),
        ([asked(), decided(), cast.timetable(100), cast.timetable(120), cast.timetable(90)], 120),
    ],
)
def test_hours_are_fewer_once_an_approved_change_stands_in_a_timetable(events, hours):
    extent = Extent()
    for entry in entries(events, date(2024, 5, 6)):
        assert type(entry.event) in EXTENT_EVENTS
        extent.learn(entry)

    assert extent.applied(cast.opened(cast.plan(120))).plan.hours == hours


@pytest.mark.parametrize(("credits", "left"), [(120, 100), (90, 90)])
def test_credits_follow_where_they_were_the_hours(credits, left):
    extent = Extent(tables=[(1, Decimal(100))])

    assert left == extent.applied(cast.opened(cast.plan(120, credits=credits))).plan.base_credits
