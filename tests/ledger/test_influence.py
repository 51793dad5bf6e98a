"""Influences: the steps of a credit add up from its base to what it is worth now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.claim import Measure
from ledger.completion import Reason
from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.holding import Holding
from ledger.influence import Influences
from tests.compared import RULES, corrected, denied, holding, revoked, terms, training, transferred
from tests.given import Thing, on

DAY = date(2022, 6, 1)
MORE_MISSED = (Cause.CORRECTION, Decimal("-0.5"))


def of(own: Holding, **more: object) -> Influences:
    return Influences(own, RULES, terms(**more))


def told(person: Influences, unit: Unit = Unit.CREDITS) -> list[tuple[Cause, Decimal]]:
    [line] = person.lines
    return [(each.cause, each.amount) for each in person.steps(line, unit)]


def test_missed_hours_are_a_deduction_by_the_rule_that_the_award_names():
    person = of(holding(training("a", 24, missed="2.5")))
    [step] = person.steps(person.lines[0], Unit.CREDITS)

    assert (step.cause, step.amount) == (Cause.DEDUCTION, Decimal("-2.5"))
    assert (step.rule, step.citation) == ("ZJ14-08", "浙教办师〔2014〕14号 §三")
    assert step.clause_zh
    assert step.events == ("lin-2",)


@pytest.mark.parametrize(
    ("after", "missed", "steps"),
    [(8, 2, [(Cause.DEDUCTION, -2)]), ("7.5", "2.5", [(Cause.DEDUCTION, -2), MORE_MISSED])],
    ids=["the-amount-stays", "less"],
)
def test_wz12_05_hours_beyond_a_day_are_those_of_the_award_where_attendance_was_put_right(
    after, missed, steps
):
    event = replace(training("a", 10), credits=Decimal(8), hours_beyond=Decimal(2))
    hours = {"hours_missed": Decimal(missed), "hours_beyond": Decimal(0)}
    person = of(holding(event, replace(corrected("a", 8, after), **hours)))

    assert told(person) == steps
    [line] = person.lines
    assert "超过每日认定上限的 2 学时" in next(iter(person.steps(line, Unit.CREDITS))).zh


def test_a_credit_that_was_put_right_after_it_was_revoked_has_both_steps():
    own = holding(training("a", 24), revoked("a", 24), corrected("a", 0, 20))

    assert told(of(own)) == [(Cause.REVOCATION, -24), (Cause.CORRECTION, 20)]


def test_a_credit_taken_back_for_absence_or_a_breach_says_so():
    absence = holding(training("a", 90), denied("a"), revoked("a", 90, "ABSENCE: 更正"))
    breach = holding(training("a", 90), denied("a", Reason.MISCONDUCT), revoked("a", 90))
    plain_breach = holding(training("a", 90), revoked("a", 90, "MISCONDUCT 2022-05-01: 代签"))

    assert told(of(absence)) == [(Cause.ABSENCE_DENIAL, -90)]
    [step] = of(absence).steps(absence.record.lines[0], Unit.CREDITS)
    assert step.rule == "ZJ14-09"
    assert told(of(breach)) == told(of(plain_breach)) == [(Cause.MISCONDUCT, -90)]


def test_the_cap_is_a_step_where_what_counts_is_compared_and_beyond_where_what_was_awarded():
    home = replace(training("a", 180), kind=CreditKind.SCHOOL_BASED)
    counted, awarded = of(holding(home), measure=Measure.EFFECTIVE), of(holding(home))
    line = counted.lines[0]

    assert told(counted) == [(Cause.CAP, -30)]
    assert counted.amount(line, Unit.CREDITS) == 150
    assert told(awarded) == []
    [beyond] = awarded.beyond(line, Unit.CREDITS)
    assert (beyond.cause, beyond.amount, beyond.rule) == (Cause.CAP, 30, "ZJ24-70")


def test_a_training_that_ends_after_the_day_counts_nothing_yet():
    assert told(of(holding(training("a", 24, date(2024, 6, 1))))) == [(Cause.TIMING, -24)]


def test_hours_have_a_chain_of_their_own():
    event = replace(training("a", 16, missed=2), hours_planned=Decimal(24), credits=Decimal(14))
    person = of(holding(event))

    assert told(person, Unit.HOURS) == [(Cause.DEDUCTION, -2)]
    assert person.amount(person.lines[0], Unit.HOURS) == 22


@given(
    st.integers(2, 60),
    st.integers(0, 4),
    st.lists(st.one_of(st.none(), st.integers(0, 60)), max_size=4),
    st.sampled_from(Unit),
    st.sampled_from(Measure),
    st.booleans(),
)
def test_the_steps_lead_from_the_base_to_what_it_is_worth(
    base: int,
    missed: int,
    changes: list[int | None],
    unit: Unit,
    measure: Measure,
    gone: bool,
):
    off = Decimal(min(missed, base)) / 2
    things: list[Thing] = [on(DAY, training("a", base, missed=str(off)))]
    running = base - off
    for change in changes:
        if change is None:
            things.append(revoked("a", str(running)))
            running = Decimal(0)
        else:
            things.append(corrected("a", str(running), change))
            running = Decimal(change)
    if gone:
        things.append(transferred(date(2023, 9, 1)))
    person = of(holding(*things), measure=measure)
    [line] = person.lines

    steps = person.steps(line, unit)
    assert base + sum(each.amount for each in steps) == person.amount(line, unit)
