"""Accreditation: who may train whom, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.accreditation import AccreditProvider, QuotaCategory, Reach, accredited_for, years_later
from ledger.command import OutsideScope, UnknownReference
from ledger.register import AlreadyRegistered
from tests import cast
from tests.cast import COUNTY_SCHOOL, DAY, RUIAN, WENZHOU
from tests.given import asker_for, given

ACCREDIT = AccreditProvider(
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    title="培训机构",
    reach=Reach.LOCAL,
    subjects=("CHINESE", "SCIENCE"),
    since=date(2012, 9, 1),
)


def test_the_bureau_of_the_place_recognises_a_provider():
    given(cast.jurisdiction()).when(ACCREDIT, on=DAY).then(cast.accredited())


def test_reach_category_and_qualifications_are_recorded():
    answer = given(cast.jurisdiction(cast.PROVINCE, "浙江省")).when(
        AccreditProvider(
            provider=cast.DISTANCE,
            place=cast.PROVINCE,
            title="开放大学",
            reach=Reach.PROVINCE_WIDE,
            subjects=("CHINESE",),
            since=date(2023, 6, 1),
            quota_category=QuotaCategory.DISTANCE,
            distance=True,
            blended=True,
        ),
        on=DAY,
    )

    event = answer.accepted().facts[0]
    assert (event.reach, event.quota_category) == (Reach.PROVINCE_WIDE, QuotaCategory.DISTANCE)
    assert event.distance
    assert event.blended


def test_a_provider_is_recognised_once():
    given(cast.jurisdiction(), cast.accredited()).when(ACCREDIT, on=DAY).refused(
        AlreadyRegistered, field="provider"
    )


def test_a_provider_of_an_unknown_place_is_refused():
    given().when(ACCREDIT, on=DAY).refused(UnknownReference, field="place")


def test_another_bureau_may_not_recognise_a_provider_of_the_place():
    given().when(ACCREDIT, on=DAY, by=asker_for(WENZHOU)).refused(OutsideScope)


@pytest.mark.parametrize(
    ("day", "years", "later"),
    [
        (date(2023, 3, 8), 1, date(2024, 3, 8)),
        (date(2020, 2, 29), 1, date(2021, 3, 1)),
        (date(2020, 2, 29), 4, date(2024, 2, 29)),
        (date(2019, 1, 1), 5, date(2024, 1, 1)),
    ],
)
def test_the_corresponding_day_so_many_years_later(day, years, later):
    assert later == years_later(day, years)


@pytest.mark.parametrize(
    ("day", "old_enough"),
    [(date(2024, 3, 7), False), (date(2024, 3, 8), True), (date(2024, 3, 9), True)],
)
def test_the_anniversary_itself_counts_as_a_year(day, old_enough):
    assert old_enough == accredited_for(cast.accredited(since=date(2023, 3, 8)), 1, day)


def test_who_trains_the_whole_province_is_for_the_province_to_say():
    wide = replace(ACCREDIT, reach=Reach.PROVINCE_WIDE)
    given(cast.jurisdiction()).when(wide, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)


def test_an_accreditation_does_not_begin_tomorrow():
    given(cast.jurisdiction()).when(
        replace(ACCREDIT, since=DAY + timedelta(days=1)), on=DAY
    ).faulted("DAY_AHEAD", "since")
