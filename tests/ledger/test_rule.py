"""Rules as data: on which days one answers, and what a suspension takes away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.rule import RuleAmended, amended, cut, in_force, outside, resumed
from tests.ledger.test_regulation import rule

DAY = date(2024, 4, 1)
ONE = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, None),
        (0, False),
        (1, False),
        (2, True),
        (4, True),
        (5, False),
        (6, False),
        (7, None),
    ],
)
def test_a_rule_is_doubtful_before_its_first_and_after_its_last_certain_day(days, expected):
    dated = rule(
        "R",
        since=DAY + 2 * ONE,
        uncertain_from=DAY,
        certain_through=DAY + 4 * ONE,
        until=DAY + 6 * ONE,
    )

    assert in_force(dated, DAY + days * ONE) is expected


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, True), (0, None), (1, None), (2, False), (3, False), (4, True)]
)
def test_a_suspension_takes_the_answer_and_then_its_certainty(days, expected):
    pauses = [(DAY, DAY + ONE, DAY + 3 * ONE)]

    assert outside(pauses, DAY + days * ONE, True) is expected


def test_a_doubtful_rule_does_not_become_certain_outside_its_suspensions():
    assert outside([(DAY, None, DAY)], DAY + ONE, False) is False


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (DAY, []),
        (DAY + ONE, [(DAY, None, DAY)]),
        (DAY + 3 * ONE, [(DAY, None, DAY + 2 * ONE)]),
        (DAY + 4 * ONE, [(DAY, DAY + ONE, DAY + 3 * ONE)]),
    ],
)
def test_a_suspension_is_cut_off_before_the_day_of_its_end(day, expected):
    assert resumed([(DAY, DAY + ONE, DAY + 3 * ONE)], day) == expected


def test_an_end_takes_the_suspension_that_it_meets_and_leaves_a_later_one():
    later = (DAY + 9 * ONE, None, DAY + 12 * ONE)

    assert resumed([(DAY, None, DAY + 3 * ONE), later], DAY + 2 * ONE) == [
        (DAY, None, DAY + ONE),
        later,
    ]


@pytest.mark.parametrize(("days", "certain"), [(4, DAY + 4 * ONE), (5, None)])
def test_an_amendment_leaves_out_a_certainty_that_ended_before_it(days, certain):
    old = rule("R", since=DAY, certain_through=DAY + 4 * ONE, until=DAY + 9 * ONE)
    event = RuleAmended(
        document=old.document,
        place=old.place,
        rule="R",
        since=DAY + days * ONE,
        parameters={"days_min": 7},
        citation="测试〔2024〕2号",
        zh="七天。",
        en="Seven days.",
    )
    new = amended(old, event)

    assert (new.certain_through, new.until) == (certain, DAY + 9 * ONE)
    assert (new.since, new.amended, new.parameters["days_min"]) == (event.since, event.citation, 7)


@pytest.mark.parametrize(("days", "certain"), [(3, None), (4, None), (5, DAY + 4 * ONE)])
def test_a_rule_cut_within_its_certain_days_is_certain_to_its_end(days, certain):
    old = rule("R", since=DAY, certain_through=DAY + 4 * ONE, until=DAY + 9 * ONE)

    assert cut(old, DAY + days * ONE).certain_through == certain


def test_a_citation_names_document_clause_and_amendment():
    plain = rule("R")

    assert plain.citation == "测试〔2020〕1号 §一"
    assert rule("R", amended="测试〔2024〕2号").citation == "测试〔2020〕1号 §一 (测试〔2024〕2号)"
