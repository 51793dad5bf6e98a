"""New dates of classes reach whoever folds a class."""

from __future__ import annotations

from datetime import date

from ledger.dates import NewDates, OfferingsRedated
from ledger.offering import ClassRoom
from tests import cast
from tests.cast import COUNTY_SCHOOL, DAY, H1_2024, OFFERING, OTHER_OFFERING, PROJECT, RUIAN
from tests.given import entries


def moved(offering):
    """The class runs in June."""
    row = NewDates(
        offering=offering,
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        opens=date(2024, 6, 3),
        closes=date(2024, 6, 7),
    )
    return OfferingsRedated(place=RUIAN, term=H1_2024, moves=(row,), reason="场地")


def test_a_class_has_its_new_dates_and_only_its_own():
    room = ClassRoom()
    for entry in entries([cast.opened(), moved(OFFERING), moved(OTHER_OFFERING)], DAY):
        room.learn(entry)

    opened = room.known(OFFERING)
    assert (opened.opens, opened.closes) == (date(2024, 6, 3), date(2024, 6, 7))
    assert opened.seats == cast.opened().seats


def test_all_classes_of_one_step_are_among_its_tags():
    assert {str(OFFERING), str(PROJECT), str(COUNTY_SCHOOL)} <= set(moved(OFFERING).tags)
