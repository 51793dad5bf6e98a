"""Holdings: what the ledger knows of a teacher beside the record."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from ledger.completion import Reason, TrainingTerminated
from ledger.names import OfferingId
from tests import cast
from tests.cast import HANGZHOU, LIN, RUIAN, SCHOOL, WENZHOU
from tests.compared import (
    RULES,
    corrected,
    denied,
    holding,
    revoked,
    told_by_school,
    training,
    transferred,
)
from tests.given import on

DAY = date(2022, 6, 1)


def test_a_teacher_is_here_until_the_day_of_the_move():
    own = holding(transferred(date(2023, 9, 1)))

    assert [own.here(RUIAN, date(2023, 8, 31)), own.here(RUIAN, date(2023, 9, 1))] == [True, False]
    assert own.here(HANGZHOU, date(2023, 9, 1))
    assert own.moved(RUIAN, away=True) is not None
    assert own.moved(RUIAN, away=False) is None
    assert own.moved(cast.PROVINCE, away=True) is None


def test_a_move_told_after_a_later_one_is_what_the_later_one_leaves():
    told = [(WENZHOU, date(2023, 9, 1)), (HANGZHOU, date(2021, 9, 1))]
    for order in (told, told[::-1]):
        own = holding(*(replace(transferred(since), place=to) for to, since in order))
        away, into, left = (
            own.moved(RUIAN, away=True),
            own.moved(WENZHOU, away=False),
            own.moved(HANGZHOU, away=True),
        )

        assert [each and each.since.year for each in (away, into, left)] == [2021, 2023, 2023]


def test_the_changes_of_a_credit_are_its_own():
    own = holding(
        training("a", 24), corrected("a", 24, 20), training("b", 9), ahead=[revoked("a", 20)]
    )
    [credit, other] = [each.credit for each in own.record.lines]

    assert [each.event.NAME for each in own.changes(credit)] == ["credit.corrected"]
    assert [each.event.NAME for each in own.changes(credit, ahead=True)] == ["credit.revoked"]
    assert own.changes(other) == []


def test_what_came_later_is_no_part_of_the_record():
    own = holding(training("a", 24), ahead=[on(date(2024, 5, 1), training("b", 16))])

    assert [each.credit.value for each in own.record.lines] == ["a"]
    assert [each.credit.value for each in own.later()] == ["b"]


def test_a_denial_names_its_rule_and_one_that_was_overturned_is_none():
    [told] = holding(denied("a")).denials(RULES).values()
    assert (told.reason, told.rule and told.rule.kind) == (Reason.ABSENCE, "absence-limit")

    granted = replace(cast.completed(90), offering=OfferingId("offering:a"))
    own = holding(denied("a"))
    own.aside = (*own.aside, *holding(granted).aside, replace(own.aside[0], event=granted))
    assert own.denials(RULES) == {}


def test_a_training_that_was_ended_is_denied_for_misconduct():
    ended = TrainingTerminated(
        teacher=LIN, offering=cast.OFFERING, school=SCHOOL, provider=cast.COUNTY_SCHOOL, day=DAY
    )
    [told] = holding(ended).denials(RULES).values()

    assert (told.reason, told.rule) == (Reason.MISCONDUCT, None)


def test_what_the_school_told_waits_until_it_is_recognised():
    told = told_by_school("s", 8, DAY)
    yes = replace(cast.recognised(8), credit=told.credit)
    no = replace(yes, approved=False)

    assert [each.refused for each in holding(told).pending()] == [False]
    assert [each.refused for each in holding(told, no).pending()] == [True]
    assert [*holding(told, yes).pending()] == []
