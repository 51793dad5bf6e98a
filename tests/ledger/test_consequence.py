"""Consequences: linked, suspended or unknown, and always apart from the facts."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.consequence import (
    ConsequenceLink,
    ConsequenceSuspended,
    Link,
    RecordUse,
    Shortfall,
    consequence,
)
from ledger.credit import CreditKind
from ledger.record import Record
from ledger.regulation import RuleAdopted, Rulebook
from ledger.requirement import Result
from tests import cast
from tests.cast import HANGZHOU, LIN
from tests.given import adoption, all_rules, rules_without
from tests.judged import credit, recorded

ACTIVE, SUSPENDED, UNKNOWN = Link.ACTIVE, Link.SUSPENDED, Link.INDETERMINATE
TITLE = RecordUse.TITLE_PROMOTION
IN_2015, LATER = date(2015, 9, 1), date(2019, 4, 1)


def short(entered=IN_2015, **told):
    """A teacher whose first cycle ended with 300 of 360."""
    line = credit(210, date(entered.year + 1, 1, 1), kind=CreditKind.DISTANCE)
    return recorded(
        credit(90, date(entered.year + 1, 2, 1)), line, entered=entered, day=entered, **told
    )


def asked(day, *, entered=IN_2015, use=TITLE, rules=None, **told):
    found = consequence(short(entered, **told), rules or all_rules(), use, day)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("entered", "day", "link", "shortfall"),
    [
        pytest.param(IN_2015, date(2020, 11, 1), SUSPENDED, Shortfall.SET_ASIDE, id="W-093"),
        pytest.param(LATER, date(2024, 6, 1), ACTIVE, Shortfall.COUNTS, id="W-094"),
        pytest.param(IN_2015, date(2024, 6, 1), ACTIVE, Shortfall.INDETERMINATE, id="W-094b"),
        pytest.param(
            IN_2015, date(2022, 6, 1), UNKNOWN, Shortfall.INDETERMINATE, id="nobody-knows"
        ),
        pytest.param(
            date(2014, 9, 1), date(2019, 12, 31), ACTIVE, Shortfall.COUNTS, id="year-before"
        ),
    ],
)
def test_a_shortfall_and_what_follows_from_it_are_two_things(entered, day, link, shortfall):
    found = asked(day, entered=entered)

    assert (link, shortfall) == (found.link, found.shortfall)
    assert found.cycle_result == Result.NOT_MET
    assert found.cycle_end == date(entered.year + 5, entered.month, 1)


@pytest.mark.parametrize(
    ("day", "link", "rule"),
    [
        (date(2020, 7, 16), UNKNOWN, "ZJ20-03"),
        (date(2020, 7, 17), SUSPENDED, "ZJ20-03"),
        (date(2020, 12, 31), SUSPENDED, "ZJ20-03"),
        (date(2021, 1, 1), UNKNOWN, "ZJ20-03"),
        (date(2024, 3, 5), UNKNOWN, "ZJ20-03"),
        (date(2024, 3, 6), ACTIVE, "ZJ14-26"),
        (date(2015, 1, 1), ACTIVE, "ZJ14-26"),
        (date(2014, 12, 31), UNKNOWN, "ZJ14-26"),
        (date(2013, 12, 31), UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("place", [cast.RUIAN, HANGZHOU])
def test_the_day_of_the_consequence_chooses_the_version(day, link, rule, place):
    found = asked(day, entered=date(2012, 9, 1), place=place)

    assert (link, rule) == (found.link, found.rule)
    assert found.certain == (link is not UNKNOWN)


@pytest.mark.parametrize(
    ("use", "in_2020", "in_2024"),
    [
        (RecordUse.TITLE_PROMOTION, SUSPENDED, ACTIVE),
        (RecordUse.REGISTRATION, SUSPENDED, ACTIVE),
        (RecordUse.ANNUAL_APPRAISAL, SUSPENDED, ACTIVE),
        (RecordUse.AWARDS, SUSPENDED, UNKNOWN),
        (RecordUse.POSITION_PROMOTION, UNKNOWN, ACTIVE),
        (RecordUse.REIMBURSEMENT, ACTIVE, ACTIVE),
    ],
)
def test_each_use_is_linked_and_suspended_by_the_words_of_the_notices(use, in_2020, in_2024):
    found = [asked(day, use=use).link for day in (date(2020, 11, 1), date(2024, 6, 1))]

    assert found == [in_2020, in_2024]


def test_the_costs_of_a_cycle_that_ended_in_the_suspension_still_count():
    assert asked(date(2024, 6, 1), use=RecordUse.REIMBURSEMENT).shortfall == Shortfall.COUNTS


def test_w_096_once_the_end_is_known_the_link_is_active_again():
    ended = Rulebook(
        replace(
            event,
            rule=replace(event.rule, until=date(2022, 2, 28), certain_through=date(2022, 2, 28)),
        )
        if isinstance(event, RuleAdopted) and event.rule.id == "ZJ20-03"
        else event
        for event in adoption()
    )

    assert asked(date(2022, 6, 1), rules=ended).link == ACTIVE
    assert asked(date(2022, 2, 28), rules=ended).link == SUSPENDED
    assert asked(date(2022, 6, 1), rules=ended, entered=date(2017, 4, 1)).shortfall == (
        Shortfall.COUNTS
    )


def test_who_met_the_cycle_has_nothing_to_fear():
    lines = [credit(90, date(2016, 2, 1)), credit(270, date(2016, 1, 1), kind=CreditKind.DISTANCE)]
    record = recorded(
        *lines,
        cast.recognised(120, completed=date(2016, 3, 1)),
        entered=IN_2015,
    )
    found = consequence(record, all_rules(), TITLE, date(2024, 6, 1))

    assert (found.link, found.shortfall, found.cycle_result) == (ACTIVE, Shortfall.NONE, Result.MET)


def test_a_cycle_that_still_runs_is_held_against_nobody():
    found = asked(date(2024, 6, 1), entered=date(2021, 9, 1))

    assert (found.shortfall, found.cycle_end, found.cycle_result) == (Shortfall.NONE, None, None)


def test_a_cycle_that_cannot_be_judged_is_for_somebody_to_decide():
    found = asked(date(2024, 6, 1), entered=LATER, place=HANGZHOU)

    assert (
        found.cycle_result,
        found.shortfall,
    ) == (Result.INDETERMINATE, Shortfall.INDETERMINATE)


def test_without_a_rule_nobody_can_tell():
    found = asked(date(2024, 6, 1), rules=rules_without("ZJ14-26"))

    assert (found.link, found.rule, found.certain) == (UNKNOWN, None, False)


def test_who_never_entered_has_no_consequence():
    assert consequence(Record(teacher=LIN), all_rules(), TITLE, date(2024, 6, 1)) is None


def test_a_use_that_nobody_knows_is_named():
    assert "MARRIAGE" in str(ConsequenceLink(links=("MARRIAGE",)).wrong())
    assert "links_open" in str(ConsequenceSuspended(links_open=("MARRIAGE",)).wrong())
    assert ConsequenceLink(links=("AWARDS",)).wrong() is None
