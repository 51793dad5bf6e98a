"""Drift: what moved since a period was signed, and that its causes add up to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.drift import TeacherDrift, drifted, moved_by
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.summary import Period, Totals, period_of, summary_of, totals_of
from ledger.way import Known, StepKind
from tests import cast, lives
from tests.cast import RUIAN, WENZHOU
from tests.ledger.test_summary import periods
from tests.lives import RULES, TEACHERS

YEAR = period_of(2023)
ONE = TEACHERS[0]
A, _, C, *_ = lives.SCHOOLS
START = (lives.FIRST, lives.started(ONE, A, date(2020, 9, 1)))
AWARD = (date(2023, 5, 1), cast.awarded(8, teacher=ONE, completed=date(2023, 5, 1)))


def within(place):
    return lambda summary: summary if summary and place.covers(summary.place) else None


def drift(happened, first, place=RUIAN, period=YEAR, last=None, rules=(RULES, RULES)):
    """The drift of the first teacher over what happened after ``first`` things."""
    entries = lives.entered(happened)
    return of(ONE, entries, first, last or len(entries), place, period, rules)


def of(teacher, entries, first, last, place, period: Period, rules=(RULES, RULES)):
    ends = [
        Known(
            position=len(RULES) + cut,
            entries=lives.of(teacher, entries[:cut]),
            regulations=known,
            day=period.last,
        )
        for cut, known in zip((first, last), rules, strict=True)
    ]
    return drifted(teacher, within(place), period, *ends)


def test_nothing_moves_a_period_but_what_concerns_it():
    later = (date(2024, 2, 1), cast.awarded(8, teacher=ONE, completed=date(2024, 2, 1)))

    assert drift([START, later], 1) is None


def test_a_credit_that_comes_late_moves_the_totals_and_is_named():
    found = drift([START, AWARD], 1)
    [cause] = found.causes

    assert (cause.cause, cause.type) == (StepKind.EVENT, "credit.awarded")
    assert (found.moved.credits, found.moved.trainings, found.moved.teachers) == (8, 1, 0)
    assert cause.totals == found.moved
    assert cause.zh == "2023-05-01 的事件：人数 +0，本期学分 +8，周期计入 +8"


def test_who_moved_away_before_the_last_day_is_gone_from_one_and_come_to_the_other():
    happened = [START, AWARD, (date(2023, 8, 1), lives.transferred(ONE, C, date(2023, 8, 1)))]
    gone, come = drift(happened, 2), drift(happened, 2, lives.YUEQING)

    assert (gone.after, come.before) == (None, None)
    assert gone.moved.teachers == -1
    assert come.moved.teachers == 1
    assert (gone.moved.credits, come.moved.credits) == (-8, 8)
    # For the city both lie in, the teacher is in another county and nothing else.
    assert drift(happened, 2, WENZHOU).moved == Totals(moved=1)


def test_what_is_taken_back_and_given_again_stays_visible():
    happened = [START, AWARD]
    for amount in (2, 8):
        corrected = lives.CreditCorrected(
            credit=cast.CREDIT,
            teacher=ONE,
            school=A,
            place=RUIAN,
            credits_before=Decimal(0),
            credits=Decimal(amount),
            corrects="e",
            reason="复核",
        )
        happened.append((date(2024, 1, 5), corrected))
    found = drift(happened, 2)

    assert found.moved == Totals()
    assert [each.totals.credits for each in found.causes] == [-6, 6]


def test_a_rule_that_is_adopted_later_is_a_cause():
    found = drift([START, AWARD], 2, rules=((), RULES))

    assert {each.cause for each in found.causes} == {StepKind.RULE}
    assert (found.before.result, found.after.result) == (Result.INDETERMINATE, Result.NOT_MET)
    assert (found.moved.undecided, found.moved.not_met, found.moved.credits) == (-1, 1, 0)


def test_causes_of_one_sort_are_added_up_over_teachers():
    found = drift([START, AWARD], 1)
    other = TeacherDrift(
        teacher=TEACHERS[1], before=None, after=None, moved=found.moved, causes=found.causes * 2
    )
    [one] = moved_by([found, other])

    assert (one.cause, one.type, one.teachers) == (StepKind.EVENT, "credit.awarded", 2)
    assert one.totals.credits == 24


@settings(max_examples=60, deadline=None)
@given(
    lives.happenings(),
    st.integers(0, 22),
    st.integers(0, 22),
    periods,
    st.sampled_from([RUIAN, WENZHOU, lives.YUEQING]),
    st.sampled_from([0, 40, len(RULES)]),
)
def test_causes_add_up_to_teachers_and_teachers_to_the_difference_of_the_totals(
    happened, first, more, period, place, adopted
):
    entries = lives.entered(happened)
    cuts = first, min(first + more, len(entries))
    rules = RULES[:adopted], RULES
    sums = []
    for cut, known in zip(cuts, rules, strict=True):
        book = Rulebook(each.event for each in known)
        own = (lives.record(each, entries[:cut]) for each in TEACHERS)
        summaries = (within(place)(summary_of(each, book, period)) for each in own)
        sums.append(totals_of(each for each in summaries if each is not None))
    found = [of(each, entries, *cuts, place, period, rules) for each in TEACHERS]
    moved = [each for each in found if each is not None]

    whole = Totals()
    for each in moved:
        added = Totals()
        for cause in each.causes:
            added = added.plus(cause.totals)
        assert added == each.moved
        whole = whole.plus(each.moved)
    assert whole == sums[1].minus(sums[0])
    by = Totals()
    for one in moved_by(moved):
        by = by.plus(one.totals)
    assert by == whole
