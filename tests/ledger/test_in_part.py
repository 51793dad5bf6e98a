"""A row of another amount than what the ledger took away, or cut: how much of it that explains."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.completion import Reason
from ledger.credit import CreditKind
from tests.compared import (
    TOTALS,
    causes,
    claim,
    compared,
    corrected,
    denied,
    holding,
    item,
    of_class,
    only,
    revoked,
    terms,
    told_by_school,
    training,
)


@pytest.mark.parametrize(
    ("sheet", "beyond"), [(Decimal("30"), 0), (90, 0), (Decimal("90.5"), Decimal("0.5")), (100, 10)]
)
def test_a_denial_explains_as_much_as_the_training_would_have_been_worth(sheet, beyond):
    own = holding(denied("a"), trainings=of_class("a", date(2022, 6, 1)))
    found = causes(only(compared([item(2, "a", sheet)], own)))

    assert found.pop(Cause.ABSENCE_DENIAL) == -(sheet - beyond)
    assert found == ({Cause.UNKNOWN: -beyond} if beyond else {})


def test_a_denial_under_a_wrong_day_explains_no_more_either():
    own = holding(denied("a"), trainings=of_class("a", date(2022, 6, 1)))
    found = only(compared([item(2, "a", 100, completed=date(2022, 6, 2))], own))

    assert causes(found) == {Cause.ABSENCE_DENIAL: -90, Cause.OTHER_DAY: 0, Cause.UNKNOWN: -10}


def test_what_the_school_told_explains_no_more_than_it_told():
    own = holding(told_by_school("x", 12, date(2022, 6, 1)))
    found = only(compared([replace(item(2, "x", 15), title="校本x")], own))

    assert causes(found) == {Cause.UNRECOGNISED: -12, Cause.UNKNOWN: -3}


def test_what_came_later_explains_no_more_than_it_is_worth():
    own = holding(ahead=[training("a", 24)])

    assert causes(only(compared([item(2, "a", 30)], own))) == {Cause.TIMING: -24, Cause.UNKNOWN: -6}


@pytest.mark.parametrize(
    ("reason", "cause"),
    [(Reason.MISCONDUCT.value, Cause.MISCONDUCT), ("误发", Cause.REVOCATION)],
)
def test_a_revocation_explains_any_part_of_what_it_took_and_no_more(reason, cause):
    own = holding(training("a", 90), revoked("a", 90, reason))

    for sheet in (90, 80, 45, 1):
        assert causes(only(compared([item(2, "a", sheet)], own))) == {cause: -sheet}
    assert causes(only(compared([item(2, "a", 100)], own))) == {cause: -90, Cause.UNKNOWN: -10}


def test_a_training_that_has_not_ended_explains_any_part_of_it():
    own, ended = holding(training("a", 90, date(2024, 6, 1))), date(2024, 6, 1)
    found = compared([item(2, "a", 80, completed=ended)], own, on=terms(day=date(2024, 1, 1)))

    assert causes(only(found)) == {Cause.TIMING: -80}


def test_a_correction_that_leaves_something_explains_no_part_of_another_amount():
    own = holding(training("a", 90), corrected("a", 90, 60))

    assert causes(only(compared([item(2, "a", 80)], own))) == {Cause.UNKNOWN: -20}


def test_a_cap_explains_no_part_of_an_amount_that_is_not_what_counts():
    home = holding(replace(training("a", 180), kind=CreditKind.SCHOOL_BASED))

    assert causes(only(compared([item(2, "a", 150)], home))) == {Cause.CAP: 30}
    assert causes(only(compared([item(2, "a", 126)], home))) == {Cause.UNKNOWN: 54}
    total = compared([claim(2, 126)], home, on=terms(TOTALS))
    assert causes(only(total)) == {Cause.UNKNOWN: 54}
