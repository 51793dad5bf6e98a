"""Breakdown: what of each credit counts, and what of it does not, and why."""

from __future__ import annotations

import random
from copy import copy
from dataclasses import replace as dataclass_replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.breakdown import TAKEN_BEFORE, Share, TrainingKind, Why, breakdown, shown, sums
from ledger.credit import CreditCorrected, CreditKind, CreditRevoked
from ledger.footing import footing
from ledger.names import CreditId
from ledger.plan import Choice, Purpose
from ledger.record import Record
from ledger.register import Category
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.structure import effective
from ledger.verdict import judge
from tests import cast
from tests.cast import CREDIT, LIN, RUIAN, SCHOOL, WENZHOU
from tests.given import all_rules, on
from tests.judged import ENTERED, EVALUATED, belongs, credit, recorded

DISTANCE, SCHOOL_BASED = CreditKind.DISTANCE, CreditKind.SCHOOL_BASED


def shares(record: Record, day: date = EVALUATED, rules: Rulebook | None = None) -> list[Share]:
    book = rules or all_rules()
    base = footing(record, book, day)
    assert base is not None
    return breakdown(record, book, base)


def home(amount: str | int, completed: date, name: str) -> object:
    return cast.recognised(amount, credit=CreditId(f"credit:{name}"), completed=completed)


def revoked(credit: CreditId, before: int = 90) -> CreditRevoked:
    return CreditRevoked(
        credit=credit,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        corrects="e1",
        reason="误发",
    )


def reasons(share: Share) -> list[tuple[Why, Decimal, str | None]]:
    return [(each.why, each.amount, each.rule) for each in share.uncounted]


def test_w_051_the_cap_cuts_the_school_based_trainings_that_were_completed_last():
    first, last = date(2021, 6, 1), date(2022, 6, 1)
    late, early, other = shares(
        recorded(home(100, last, "late"), home(80, first, "early"), credit(200))
    )

    assert (early.effective, late.effective, other.effective) == (80, 70, 200)
    assert reasons(late) == [(Why.CUT_BY_CAP, Decimal(30), "ZJ24-70")]
    assert (reasons(early), reasons(other)) == ([], [])
    [cut] = late.uncounted
    assert (cut.citation, cut.events) == ("浙教办函〔2024〕37号 §一(五)", ("0193-0002",))
    assert cut.clause_zh and cut.clause_en
    assert "30" in cut.zh
    assert "30" in cut.en


def test_on_one_day_the_first_recognised_counts_first_and_then_the_first_by_id():
    day = date(2022, 6, 1)
    record = recorded(
        on(date(2022, 8, 1), home(100, day, "a")),
        on(date(2022, 7, 1), home(100, day, "c")),
        on(date(2022, 7, 1), home(100, day, "b")),
    )

    assert [each.effective for each in shares(record)] == [0, 50, 100]


@pytest.mark.parametrize(("amount", "cut"), [(150, []), ("150.5", [Decimal("0.5")])])
def test_w_052_the_cap_cuts_what_lies_beyond_it_and_nothing_at_its_bound(amount, cut):
    [only] = shares(recorded(home(amount, date(2022, 6, 1), "a")))

    assert (only.effective, [each.amount for each in only.uncounted]) == (150, cut)


def test_w_087_before_the_notice_nothing_is_cut():
    [only] = shares(recorded(home(160, date(2022, 6, 1), "a")), date(2024, 3, 5))

    assert (only.effective, only.uncounted) == (160, ())


def test_a_revoked_credit_counts_nothing_and_says_what_it_was():
    [only] = shares(recorded(cast.awarded(90), revoked(CREDIT)))

    assert (only.awarded, only.credits, only.effective) == (90, 0, 0)
    assert reasons(only) == [(Why.REVOKED, Decimal(90), None)]
    assert "误发" in only.uncounted[0].zh
    breach = structs.replace(revoked(CREDIT), rules=("ZJ14-10",))
    assert reasons(shares(recorded(cast.awarded(90), breach))[0]) == [
        (Why.REVOKED, Decimal(90), "ZJ14-10")
    ]
    assert only.uncounted[0].events == ("0193-0002", "0193-0003")


def test_a_credit_put_right_after_it_was_revoked_counts_again():
    right = CreditCorrected(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(0),
        credits=Decimal(80),
        corrects="e2",
        reason="复核",
    )
    [only] = shares(recorded(cast.awarded(90), revoked(CREDIT), right))

    assert (only.awarded, only.deducted, only.effective, only.uncounted) == (80, 10, 80, ())


@pytest.mark.parametrize(
    ("completed", "why", "rule"),
    [
        (date(2019, 8, 31), Why.OUTSIDE_CYCLE, "RA19-01"),
        (ENTERED, None, None),
        (EVALUATED, None, None),
        (date(2024, 4, 1), Why.AFTER_THE_DAY, "RA19-01"),
        (date(2024, 9, 1), Why.OUTSIDE_CYCLE, "RA19-01"),
    ],
)
def test_what_was_completed_outside_the_cycle_or_after_the_day_does_not_count(completed, why, rule):
    [only] = shares(recorded(credit(40, completed)))

    assert only.effective == (0 if why else 40)
    assert reasons(only) == ([(why, Decimal(40), rule)] if why else [])


def test_w_069_the_training_of_a_probation_does_not_count_in_the_cycle():
    span = belongs(Category.NEW_TEACHER, ENTERED, date(2020, 8, 31))
    [only] = shares(recorded(span, credit(180, date(2020, 6, 1), purpose=Purpose.NEW_TEACHER)))

    assert (only.effective, reasons(only)) == (
        0,
        [(Why.SPECIAL_TRAINING, Decimal(180), "WZ12-13")],
    )


def test_missed_hours_and_hours_beyond_a_day_were_taken_off_before_the_award():
    award = structs.replace(
        cast.awarded(70, base=90, missed=18),
        hours_beyond=Decimal(2),
        rules=("ZJ14-08", "WZ12-05"),
    )
    [only] = shares(recorded(award))

    assert (only.base_credits, only.deducted, only.awarded, only.effective) == (90, 20, 70, 70)
    assert reasons(only) == [
        (Why.HOURS_MISSED, Decimal(18), "ZJ14-08"),
        (Why.BEYOND_A_DAY, Decimal(2), "WZ12-05"),
    ]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        (CreditKind.INTENSIVE, {}, TrainingKind.INTENSIVE),
        (CreditKind.INTENSIVE, {"off_job": False}, TrainingKind.OTHER),
        (CreditKind.INTENSIVE, {"choice": Choice.MANDATED}, TrainingKind.MANDATED),
        (DISTANCE, {"choice": Choice.MANDATED}, TrainingKind.MANDATED),
        (DISTANCE, {"off_job": False}, TrainingKind.DISTANCE),
        (CreditKind.BLENDED, {}, TrainingKind.BLENDED),
    ],
)
def test_a_mandated_training_is_shown_as_such(kind, more, expected):
    [line] = recorded(structs.replace(credit(10, kind=kind), **more)).lines

    assert shown(line) is expected


def test_a_school_based_training_is_shown_as_such():
    [line] = recorded(home(10, date(2022, 6, 1), "a")).lines

    assert shown(line) is TrainingKind.SCHOOL_BASED


def test_an_empty_record_is_zeros_for_every_kind_and_year():
    by_kind, by_year, both = sums(shares(recorded()), range(2019, 2025))

    assert [each.kind for each in by_kind] == [*TrainingKind]
    assert [each.year for each in by_year] == [*range(2019, 2025)]
    assert {(each.lines, each.base, each.effective) for each in (*by_kind, *by_year)} == {(0, 0, 0)}
    assert both == []


def test_sums_are_by_kind_by_year_and_by_both():
    record = recorded(
        credit(90, date(2021, 3, 1)),
        credit(20, date(2022, 3, 1), name="x"),
        credit(10, date(2022, 4, 1), kind=DISTANCE),
    )
    by_kind, by_year, both = sums(shares(record), (2021, 2022))

    assert [each.effective for each in by_kind] == [110, 0, 10, 0, 0, 0]
    assert [each.effective for each in by_year] == [90, 30]
    assert [(each.kind, each.year, each.awarded) for each in both] == [
        (TrainingKind.INTENSIVE, 2021, 90),
        (TrainingKind.INTENSIVE, 2022, 20),
        (TrainingKind.DISTANCE, 2022, 10),
    ]


HALVES = st.integers(0, 400).map(lambda halves: Decimal(halves) / 2)
DAYS = st.dates(date(2011, 1, 1), date(2026, 1, 1))
things = st.one_of(
    st.builds(
        lambda name, amount, day, kind, purpose: credit(
            str(amount), day, kind=kind, purpose=purpose, name=name
        ),
        st.sampled_from("abcdef"),
        HALVES,
        DAYS,
        st.sampled_from([*CreditKind]),
        st.sampled_from([Purpose.GENERAL, Purpose.NEW_TEACHER]),
    ),
    st.builds(lambda name, amount, day: home(str(amount), day, name), st.uuids(), HALVES, DAYS),
    st.builds(lambda name: revoked(CreditId(f"credit:{name}")), st.sampled_from("abcdef")),
    st.builds(lambda day: belongs(Category.NEW_TEACHER, day, day + timedelta(days=365)), DAYS),
)


def _credit_of(thing: Any, number: int) -> str:
    """What tells a credit from the others; another event is itself alone."""
    return f"{type(thing).__name__} {getattr(thing, 'credit', number)}"


records = st.builds(
    lambda place, own: recorded(*own, place=place, entered=date(2012, 9, 1)),
    st.sampled_from([RUIAN, WENZHOU]),
    # No two credits of a ledger have one id.
    st.lists(things, max_size=9).map(
        lambda told: list({_credit_of(each, n): each for n, each in enumerate(told)}.values())
    ),
)


@settings(max_examples=200, deadline=timedelta(seconds=5))
@given(records, DAYS, st.randoms(use_true_random=False))
def test_what_counts_of_the_lines_adds_up_to_the_verdict_in_any_order(
    record: Record, day: date, shuffle: random.Random
) -> None:
    whole = judge(record, all_rules(), day)
    assert whole is not None
    found = {each.credit: each.effective for each in shares(record, day)}
    assert sum(each.effective for each in shares(record, day)) == whole.counted

    shuffle.shuffle(record.lines)
    if len(found) == len(record.lines):
        assert {each.credit: each.effective for each in shares(record, day)} == found


@settings(max_examples=200, deadline=timedelta(seconds=5))
@given(records, st.integers(0, 900))
def test_under_any_cap_the_lines_add_up_to_what_counts_and_the_cuts_to_what_is_cut(
    record: Record, cap: int
) -> None:
    base = footing(record, all_rules(), EVALUATED)
    assert base is not None and base.cap is not None
    # What a rulebook answers is shared by all who ask; only a copy may say something else.
    capped = copy(base.cap)
    capped.value = structs.replace(capped.value, credits_max=Decimal(cap) / 2)
    base = dataclass_replace(base, cap=capped)
    counted, cut = effective(base.lines, capped, base.unit)
    found = breakdown(record, all_rules(), base)
    cuts = [w.amount for each in found for w in each.uncounted if w.why is Why.CUT_BY_CAP]
    aside = [each.effective for each in found if each.credit in base.aside]

    assert sum(each.effective for each in found) - sum(aside) == counted
    assert sum(cuts) == cut


@settings(max_examples=100, deadline=timedelta(seconds=5))
@given(records, DAYS)
def test_of_every_line_what_counts_and_what_does_not_is_the_whole(
    record: Record, day: date
) -> None:
    base = footing(record, all_rules(), day)
    assert base is not None
    for each in breakdown(record, all_rules(), base):
        lost = sum(w.amount for w in each.uncounted if w.why not in TAKEN_BEFORE)
        assert each.effective + lost == (each.awarded if each.revoked else each.worth(base.unit))
        assert each.effective >= 0


@settings(max_examples=200, deadline=timedelta(seconds=5))
@given(records, DAYS)
def test_every_sum_is_that_of_its_lines(record: Record, day: date) -> None:
    lines = shares(record, day)
    by_kind, by_year, both = sums(lines, ())

    for each in (*by_kind, *by_year, *both):
        own = [
            line
            for line in lines
            if each.kind in (None, line.shown) and each.year in (None, line.year)
        ]
        told = (each.lines, each.base, each.deducted, each.awarded, each.credits, each.effective)
        assert told == (
            len(own),
            sum(line.base_credits for line in own),
            sum(line.deducted for line in own),
            sum(line.awarded for line in own),
            sum(line.credits for line in own),
            sum(line.effective for line in own),
        )
        assert each.base - each.deducted == each.awarded


def test_a_revoked_credit_is_in_the_sums_as_it_is_in_its_line():
    [only] = shares(recorded(cast.awarded(90), revoked(CREDIT)))
    by_kind, by_year, both = sums([only], ())

    for each in (by_kind[0], *by_year, *both):
        assert (each.awarded, each.credits, each.effective) == (90, 0, 0)


def test_a_suspended_cap_cuts_nothing():
    record = recorded(home(180, date(2022, 6, 1), "a"))
    base = footing(record, all_rules(), EVALUATED)
    [only] = breakdown(record, all_rules(), dataclass_replace(base, suspended=Result.NOT_ASSESSED))

    assert (only.effective, only.uncounted) == (180, ())
