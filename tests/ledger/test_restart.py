"""The local restart, and the list of those that passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.register import WrongPlace
from ledger.restart import (
    PROVIDERS_MAX,
    AcceptedListFiled,
    FileAcceptedList,
    FixRestart,
    ListedUnaccepted,
    RestartFixed,
)
from tests import cast
from tests.cast import COUNTY_SCHOOL, HANGZHOU, INSTITUTE, PROVINCE, RUIAN, WENZHOU
from tests.given import asker_for, background, given
from tests.ledger.test_resumption import accepted, applied

DAY = date(2020, 8, 5)
FIRST = date(2020, 9, 1)
HERE = [*background(cast.places()), cast.accredited()]
FILE = FileAcceptedList(place=RUIAN, filed_with=WENZHOU, providers=(COUNTY_SCHOOL,))


def filed(*providers):
    return AcceptedListFiled(place=RUIAN, filed_with=WENZHOU, providers=providers)


def test_a_bureau_enters_the_day_of_the_restart():
    given(cast.jurisdiction()).when(FixRestart(place=RUIAN, first=FIRST), on=DAY).then(
        RestartFixed(place=RUIAN, first=FIRST)
    )


def test_a_restart_is_of_a_known_place_and_by_its_bureau():
    fix = FixRestart(place=RUIAN, first=FIRST)
    given().when(fix, on=DAY).refused(UnknownReference, field="place")
    given(cast.jurisdiction()).when(fix, on=DAY, by=asker_for(WENZHOU)).refused(OutsideScope)


@pytest.mark.parametrize("above", [WENZHOU, PROVINCE])
def test_the_list_goes_to_an_authority_above(above):
    given(HERE, applied(), accepted()).when(replace(FILE, filed_with=above), on=DAY).accepted()


@pytest.mark.parametrize("elsewhere", [RUIAN, HANGZHOU])
def test_the_list_goes_nowhere_else(elsewhere):
    given(HERE).when(replace(FILE, filed_with=elsewhere), on=DAY).refused(
        WrongPlace, field="filed_with"
    )


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2020, 7, 16), Outcome.INDETERMINATE),
        (date(2020, 7, 17), Outcome.VIOLATION),
        (date(2021, 1, 1), Outcome.INDETERMINATE),
        (date(2024, 3, 6), None),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_only_who_passed_stands_on_the_list(day, outcome, reported):
    both = replace(FILE, providers=(COUNTY_SCHOOL, INSTITUTE))
    past = [HERE, cast.accredited(INSTITUTE), applied(), accepted()]
    answer = given(past).when(both, on=day, reported=reported)
    if outcome is not None:
        answer = answer.found("ZJ20-09", outcome, ListedUnaccepted)
        assert [each.subjects for each in answer.findings] == [(INSTITUTE, RUIAN)]
    answer.then(filed(COUNTY_SCHOOL, INSTITUTE))


def test_the_list_is_of_a_known_place():
    given().when(FILE, on=DAY).refused(UnknownReference, field="place")


@pytest.mark.parametrize("reported", [False, True])
def test_a_list_names_known_providers_and_each_once(reported):
    strange = replace(FILE, providers=(COUNTY_SCHOOL, INSTITUTE))
    given(HERE).when(strange, on=DAY, reported=reported).refused(
        UnknownReference, field="providers"
    )
    twice = replace(FILE, providers=(COUNTY_SCHOOL, COUNTY_SCHOOL))
    given(HERE).when(twice, on=DAY, reported=reported).faulted("TWICE_IN_ROWS", "providers")


def test_a_list_has_bounds():
    given(cast.jurisdiction()).when(
        replace(FILE, providers=(COUNTY_SCHOOL,) * (PROVIDERS_MAX + 1)), on=DAY
    ).faulted("BAD_COUNT", "providers")
