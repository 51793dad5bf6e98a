"""The population of a sample: which trainings there are, as known at a position."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given as drawn
from hypothesis import strategies
from msgspec import structs

from ledger.names import CreditId, OfferingId, ProjectId
from ledger.offering import OfferingCancelled
from ledger.population import population
from ledger.school_based import SchoolBasedRecorded
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, PROJECT, PROVINCE, RUIAN, SCHOOL
from tests.given import entries

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
ALL = 10_000


def klass(number, project=PROJECT, **values):
    offering = OfferingId(f"offering:o{number}")
    return structs.replace(cast.opened(), offering=offering, project=project, **values)


def own(credit="credit:a", title="校本研修", teacher=LIN, completed=date(2024, 5, 1)):
    return SchoolBasedRecorded(
        credit=CreditId(credit),
        teacher=teacher,
        school=SCHOOL,
        place=RUIAN,
        title=title,
        hours=Decimal(24),
        credits=Decimal(24),
        completed=completed,
    )


def names(*events, first=FIRST, last=LAST, upto=ALL):
    found = population(entries(events, LAST), RUIAN, first, last, upto)
    return [each.name for each in found]


def test_a_project_counts_once_with_all_its_classes():
    found = population(entries([klass(1), klass(2)], LAST), RUIAN, FIRST, LAST, ALL)

    assert [(each.name, each.classes) for each in found] == [
        (PROJECT, ("offering:o1", "offering:o2"))
    ]


def test_a_schools_own_training_counts_once_whoever_took_part():
    found = names(own("credit:a"), own("credit:b", teacher=CHEN), own("credit:c", title="另一个"))

    assert found == [f"{SCHOOL} 另一个", f"{SCHOOL} 校本研修"]


def test_the_first_and_the_last_day_count_and_the_next_does_not():
    for day, counts in [(FIRST, 1), (LAST, 1), (date(2023, 12, 31), 0), (date(2025, 1, 1), 0)]:
        assert len(names(own(completed=day))) == counts
    opens = cast.opened().opens
    assert len(names(klass(1), first=opens, last=opens)) == 1
    assert names(klass(1), first=date(2024, 12, 1)) == []


def test_what_is_cancelled_or_of_another_place_or_later_does_not_count():
    cancelled = OfferingCancelled(
        offering=OfferingId("offering:o1"),
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        reason="不办",
    )

    assert names(klass(1), cancelled) == []
    assert names(klass(1), cancelled, upto=1) == [PROJECT]
    assert names(klass(1, place=PROVINCE)) == []


@drawn(strategies.permutations([klass(n, ProjectId(f"project:p{n % 3}")) for n in range(6)]))
def test_the_order_of_the_entries_does_not_matter(events):
    assert names(*events) == ["project:p0", "project:p1", "project:p2"]
