"""Accreditation: who may train whom, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.accreditation import (
    Accreditation,
    AccreditationRevoked,
    AccreditationUnchanged,
    AccreditationUpdated,
    AccreditProvider,
    NotAccreditedAnyMore,
    QuotaCategory,
    Reach,
    UpdateAccreditation,
)
from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.day import years_later
from ledger.declaration import DeclareProject
from ledger.finding import Outcome
from ledger.names import ProviderId
from ledger.offering import OpenOffering
from ledger.quota import QuotaExceeded
from ledger.register import AlreadyRegistered
from ledger.response import AwardOrder, RespondToOrder
from ledger.sanction import RevokeAccreditation
from tests import cast
from tests.cast import COUNTY_SCHOOL, DAY, RUIAN, WENZHOU
from tests.given import asker_for, entries, given

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


def test_who_trains_the_whole_province_is_for_the_province_to_say():
    wide = replace(ACCREDIT, reach=Reach.PROVINCE_WIDE)
    given(cast.jurisdiction()).when(wide, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)


def test_an_accreditation_does_not_begin_tomorrow():
    given(cast.jurisdiction()).when(
        replace(ACCREDIT, since=DAY + timedelta(days=1)), on=DAY
    ).faulted("DAY_AHEAD", "since")


UPDATE = UpdateAccreditation(
    provider=COUNTY_SCHOOL,
    title="培训机构",
    reach=Reach.LOCAL,
    subjects=("CHINESE", "SCIENCE"),
    blended=True,
)
REVOKED = AccreditationRevoked(
    provider=COUNTY_SCHOOL, place=RUIAN, reason="再检查仍无改进", rules=("WZ12-28",)
)


def updated(**changes):
    """The county school's accreditation was said anew."""
    told = {
        "provider": COUNTY_SCHOOL,
        "place": RUIAN,
        "title": "培训机构",
        "reach": Reach.LOCAL,
        "subjects": ("CHINESE", "SCIENCE"),
    }
    return AccreditationUpdated(**told | changes)


def test_the_bureau_says_anew_what_a_provider_is_accredited_for():
    given(cast.accredited()).when(UPDATE, on=DAY).then(updated(blended=True))


def test_an_update_keeps_since_when_the_accreditation_exists():
    held = Accreditation()
    for entry in entries([cast.accredited(since=date(2023, 3, 8)), updated(distance=True)], DAY):
        held.learn(entry, COUNTY_SCHOOL)

    assert held.known(COUNTY_SCHOOL).since == date(2023, 3, 8)
    assert held.known(COUNTY_SCHOOL).distance


def test_an_update_that_says_nothing_new_is_refused():
    given(cast.accredited(blended=True)).when(UPDATE, on=DAY).refused(
        AccreditationUnchanged, field="provider"
    )


def test_an_unknown_provider_is_not_updated():
    given().when(UPDATE, on=DAY).refused(UnknownReference, field="provider")


def test_only_the_province_gives_or_changes_what_is_its_to_give():
    wide = replace(UPDATE, reach=Reach.PROVINCE_WIDE)
    given(cast.accredited()).when(wide, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(cast.accredited()).when(wide, on=DAY, by=asker_for(cast.PROVINCE)).accepted()
    given(cast.accredited(reach=Reach.PROVINCE_WIDE)).when(
        UPDATE, on=DAY, by=asker_for(RUIAN)
    ).refused(OutsideScope)


def test_a_revoked_accreditation_is_not_updated():
    given(cast.accredited(), REVOKED).when(UPDATE, on=DAY).refused(
        NotAccreditedAnyMore, "WZ12-28", "provider"
    )


def test_whoever_lost_an_accreditation_may_gain_a_new_one():
    again = replace(ACCREDIT, since=DAY)
    given(cast.jurisdiction(), cast.accredited(), REVOKED).when(again, on=DAY).then(
        cast.accredited(since=DAY)
    )


def declare(provider=COUNTY_SCHOOL, place=RUIAN):
    return DeclareProject(
        project=cast.PROJECT,
        provider=provider,
        place=place,
        term=cast.H1_2024,
        plan=cast.PLAN,
        lead=cast.LEADER,
    )


def test_a_revoked_provider_declares_nothing():
    past = [cast.trained(), cast.term(), cast.accredited(), REVOKED]
    day = date(2024, 3, 8)
    given(past).when(declare(), on=day).refused(NotAccreditedAnyMore, "WZ12-28", "provider")
    given(past).when(declare(), on=day, reported=True).found(
        "WZ12-28", Outcome.VIOLATION, NotAccreditedAnyMore
    )
    given(past, cast.accredited(since=date(2024, 3, 1))).when(declare(), on=day).accepted()


def test_a_revoked_provider_opens_no_class():
    past = [cast.declared(), cast.reviewed(), cast.published(), cast.accredited()]
    opening = OpenOffering(
        offering=cast.OFFERING,
        project=cast.PROJECT,
        seats=50,
        opens=cast.OPENS,
        closes=date(2024, 6, 28),
        adviser=cast.ADVISER,
    )
    given(past).when(opening, on=date(2024, 3, 18)).accepted()
    given(past, REVOKED).when(opening, on=date(2024, 3, 18)).refused(
        NotAccreditedAnyMore, "WZ12-28"
    )
    given(past, REVOKED).when(opening, on=date(2024, 3, 18), reported=True).found(
        "WZ12-28", Outcome.VIOLATION
    )


def test_a_revoked_provider_answers_no_order_and_is_awarded_none():
    university = cast.university()
    lost = AccreditationRevoked(
        provider=cast.UNIVERSITY, place=cast.PROVINCE, reason="机构已撤销", rules=()
    )
    submitted = cast.ordered()
    respond = RespondToOrder(order=cast.ORDER, provider=cast.UNIVERSITY, proposal="方案")
    award = AwardOrder(order=cast.ORDER, provider=cast.UNIVERSITY, reason="最优")
    answered = cast.responded()
    days = (date(2024, 3, 12), date(2024, 3, 15))

    given(submitted, university, lost).when(respond, on=days[0]).refused(NotAccreditedAnyMore)
    given(submitted, answered, university, lost).when(award, on=days[1]).refused(
        NotAccreditedAnyMore
    )


@pytest.mark.parametrize(
    ("day", "refused"),
    [
        pytest.param(date(2024, 3, 7), True, id="W-165-the-day-before"),
        pytest.param(date(2024, 3, 8), False, id="W-165-the-anniversary"),
    ],
)
def test_an_update_makes_no_accreditation_younger_or_older(day, refused):
    update = AccreditationUpdated(
        provider=cast.UNIVERSITY,
        place=cast.PROVINCE,
        title="培训机构",
        reach=Reach.PROVINCE_WIDE,
        subjects=("CHINESE",),
        quota_category=QuotaCategory.PROVINCE_WIDE,
        distance=True,
    )
    past = [
        cast.trained(),
        cast.term(),
        cast.university(since=date(2023, 3, 8)),
        (date(2024, 3, 1), update),
        *cast.projects(5, provider=cast.UNIVERSITY),
    ]
    sixth = replace(declare(cast.UNIVERSITY, cast.PROVINCE), lead=cast.lead(cast.OTHER_LEAD))
    answer = given(past).when(sixth, on=day)
    if refused:
        answer.refused(QuotaExceeded, "ZJ24-05")
    else:
        answer.accepted()


def college(**changes):
    """A college of the county school was accredited, for itself."""
    name = ProviderId("provider:college")
    return cast.accredited(name, within=COUNTY_SCHOOL, subjects=("MUSIC",), **changes)


def test_the_accreditation_of_a_college_is_not_that_of_what_it_is_within():
    given(cast.jurisdiction(), college()).when(ACCREDIT, on=DAY).then(cast.accredited())
    given(cast.accredited(), college(place=WENZHOU)).when(UPDATE, on=DAY).then(
        updated(blended=True)
    )
    given(college()).when(UPDATE, on=DAY).refused(UnknownReference, field="provider")
    given(cast.accredited(), REVOKED, college()).when(UPDATE, on=DAY).refused(
        NotAccreditedAnyMore, "WZ12-28"
    )


def test_a_college_gives_a_revoked_provider_nothing_back():
    past = [cast.declared(), cast.reviewed(), cast.published(), cast.accredited(), REVOKED]
    opening = OpenOffering(
        offering=cast.OFFERING,
        project=cast.PROJECT,
        seats=50,
        opens=cast.OPENS,
        closes=date(2024, 6, 28),
        adviser=cast.ADVISER,
    )
    given(past, college()).when(opening, on=date(2024, 3, 18)).refused(
        NotAccreditedAnyMore, "WZ12-28"
    )
    known = [cast.trained(), cast.term(), cast.accredited(), REVOKED, college()]
    given(known).when(declare(), on=date(2024, 3, 8)).refused(NotAccreditedAnyMore, "WZ12-28")


def test_a_county_that_takes_part_does_not_make_its_city_known():
    of_the_city = replace(ACCREDIT, place=WENZHOU)
    given(cast.jurisdiction(RUIAN)).when(of_the_city, on=DAY).refused(
        UnknownReference, field="place"
    )


def reporter(place):
    return Asker(actor="system:other", role=Role.INTEGRATOR, scope=place)


@pytest.mark.parametrize(("place", "may"), [(RUIAN, False), (cast.PROVINCE, True)])
@pytest.mark.parametrize(
    ("past", "command"),
    [
        pytest.param(
            [cast.jurisdiction()], replace(ACCREDIT, reach=Reach.PROVINCE_WIDE), id="recognised"
        ),
        pytest.param([cast.accredited()], replace(UPDATE, reach=Reach.PROVINCE_WIDE), id="updated"),
        pytest.param(
            [cast.accredited(reach=Reach.PROVINCE_WIDE)],
            RevokeAccreditation(provider=COUNTY_SCHOOL, reason="x"),
            id="revoked",
        ),
    ],
)
def test_what_the_province_decides_no_county_reports(past, command, place, may):
    answer = given(past).when(command, on=DAY, by=reporter(place), reported=True)
    if may:
        assert answer.facts != ()
    else:
        answer.refused(OutsideScope)


def test_what_a_county_decides_its_own_systems_report():
    given(cast.jurisdiction()).when(ACCREDIT, on=DAY, by=reporter(RUIAN), reported=True).accepted()
    given(cast.jurisdiction()).when(ACCREDIT, on=DAY, by=reporter(WENZHOU), reported=True).then(
        cast.accredited()
    )
    given(cast.jurisdiction()).when(
        ACCREDIT, on=DAY, by=reporter(cast.HANGZHOU), reported=True
    ).refused(OutsideScope)
