"""Differences: the way from one moment to another, whose steps add up to the whole."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.credit import CreditKind
from ledger.cycle import CreditCycleOpened
from ledger.difference import Known, difference
from ledger.event import Entry
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.teacher import TeacherTransferred
from ledger.verdict import judge
from ledger.way import StepKind
from tests import cast
from tests.cast import HANGZHOU, LIN, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.given import Thing, adoption, entries, on
from tests.judged import corrected, credit, revoked

ENTERED = date(2019, 9, 1)
JUDGED = date(2024, 3, 31)
RULES = tuple(entries(adoption(), ENTERED))


MOVED = TeacherTransferred(
    teacher=LIN,
    school=OTHER_SCHOOL,
    school_left=SCHOOL,
    place=HANGZHOU,
    since=date(2023, 1, 1),
)


def told(*things: Thing) -> tuple[Entry, ...]:
    """The entries of a teacher's life, the first of them the entry into service."""
    start = on(ENTERED, cast.registered(entered=ENTERED))
    own = entries([start, *things], ENTERED)
    return tuple(replace(each, position=each.position + len(RULES)) for each in own)


def known(own: tuple[Entry, ...], day: date = JUDGED, rules: tuple[Entry, ...] = RULES) -> Known:
    return Known(position=len(rules), entries=own, regulations=rules, day=day)


LIFE = told(
    on(date(2021, 6, 1), credit(90, date(2021, 6, 1), name="long")),
    on(date(2022, 6, 1), cast.recognised(180, completed=date(2022, 6, 1))),
    on(date(2022, 7, 1), credit("24.5", date(2022, 7, 1), kind=CreditKind.DISTANCE, name="far")),
    on(date(2022, 9, 1), corrected("far", 20)),
    on(date(2023, 1, 1), MOVED),
    on(date(2023, 6, 1), credit(80, date(2023, 6, 1), name="late")),
    on(date(2023, 9, 1), revoked("long")),
    on(date(2024, 1, 1), corrected("long", 90)),
    on(
        date(2024, 2, 1),
        CreditCycleOpened(
            teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2021, 1, 1), reason="新周期"
        ),
    ),
)


def test_a_correction_explains_what_it_took_away() -> None:
    found = difference(LIN, known(LIFE[:4]), known(LIFE[:5]))
    [effect] = found.effects

    assert (found.counted, found.credits) == (Decimal("-4.5"), Decimal("-4.5"))
    assert (effect.cause, effect.event) == (StepKind.EVENT, LIFE[4].id)
    [line] = effect.lines
    assert (line.before, line.after) == (Decimal("24.5"), Decimal(20))


def test_what_the_cap_cuts_is_credited_and_does_not_count() -> None:
    found = difference(LIN, known(LIFE[:2]), known(LIFE[:3]))

    assert (found.credits, found.counted) == (Decimal(180), Decimal(150))


def test_the_passage_of_time_is_a_cause_of_its_own() -> None:
    found = difference(LIN, known(LIFE[:3]), known(LIFE[:3], date(2024, 9, 1)))
    [effect] = found.effects

    assert (effect.cause, effect.event, effect.on) == (StepKind.DAY, None, date(2024, 9, 1))
    assert found.counted == Decimal(-240)


def test_a_rule_that_is_adopted_explains_what_it_turns() -> None:
    before = tuple(each for each in RULES if "ZJ24-70" not in str(each.event))
    cap = tuple(each for each in RULES if each not in before)
    found = difference(LIN, known(LIFE[:3], rules=before), known(LIFE[:3], rules=before + cap))

    assert {each.cause for each in found.effects} <= {StepKind.RULE}
    assert sum(each.counted for each in found.effects) == found.counted


def test_a_turn_says_how_the_requirement_stood_on_both_sides() -> None:
    lost = told(
        on(date(2021, 6, 1), credit(90, date(2021, 6, 1), name="long")),
        on(date(2023, 9, 1), revoked("long")),
    )
    found = difference(LIN, known(lost[:2]), known(lost))
    turns = {each.code: each for each in found.effects[0].turns}
    once, total = turns["ONCE_INTENSIVE"], turns["CYCLE_TOTAL"]

    assert (once.before, once.after) == (Result.MET, Result.NOT_MET)
    assert (total.had_before, total.had_after) == ("90", "0")


def test_nothing_differs_from_itself() -> None:
    found = difference(LIN, known(LIFE), known(LIFE))

    assert (found.counted, found.credits, found.effects) == (0, 0, ())


def test_one_who_did_not_exist_yet_has_nothing() -> None:
    found = difference(LIN, known(()), known(LIFE[:2]))

    assert found.before is None
    assert found.counted == Decimal(90)


moments = st.builds(
    lambda at, to, day, rules: known(
        tuple(each for each in LIFE[:at] if each.on <= to), day, RULES[:rules]
    ),
    st.integers(0, len(LIFE)),
    st.dates(date(2019, 8, 1), date(2025, 1, 1)),
    st.dates(date(2019, 9, 1), date(2025, 1, 1)),
    st.sampled_from([0, 1, 40, 100, len(RULES) - 20, len(RULES)]),
)


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(moments, moments)
def test_the_effects_add_up_and_both_ends_are_what_was_judged(before: Known, after: Known) -> None:
    found = difference(LIN, before, after)
    ends = []
    for moment in (before, after):
        record = Record(teacher=LIN)
        for entry in moment.entries:
            record.learn(entry)
        ends.append(judge(record, Rulebook(e.event for e in moment.regulations), moment.day))

    assert [found.before, found.after] == ends
    assert sum(each.counted for each in found.effects) == found.counted
    assert sum(each.credits for each in found.effects) == found.credits
    assert found.counted == (ends[1].counted if ends[1] else 0) - (
        ends[0].counted if ends[0] else 0
    )
    both = {e.id for e in before.entries} & {e.id for e in after.entries}
    personal = [each.event for each in found.effects if each.cause is StepKind.EVENT]
    assert not {*personal} & both
    turns = [turn for each in found.effects for turn in each.turns]
    results = {}
    for turn in turns:
        key = (turn.code, turn.rule, turn.year)
        assert results.get(key, (turn.before, turn.had_before)) == (turn.before, turn.had_before)
        results[key] = (turn.after, turn.had_after)


@settings(max_examples=30, deadline=timedelta(seconds=5))
@given(moments, moments)
def test_the_way_back_undoes_the_way_there(before: Known, after: Known) -> None:
    there, back = difference(LIN, before, after), difference(LIN, after, before)

    assert (back.before, back.after) == (there.after, there.before)
    assert (back.counted, back.credits) == (-there.counted, -there.credits)


def test_amounts_are_written_as_everywhere_without_trailing_zeros() -> None:
    halves = told(
        on(date(2022, 6, 1), credit("22.5", date(2022, 6, 1), name="one")),
        on(date(2022, 7, 1), credit("24.5", date(2022, 7, 1), name="two")),
        on(date(2022, 9, 1), corrected("two", "20.5")),
    )
    whole = difference(LIN, known(halves[:1]), known(halves[:3]))
    found = difference(LIN, known(halves[:3]), known(halves))
    [effect] = found.effects

    assert (str(whole.counted), str(whole.credits)) == ("47", "47")
    assert (str(found.counted), str(found.credits)) == ("-4", "-4")
    assert (str(effect.counted), str(effect.credits)) == ("-4", "-4")
    assert effect.zh.endswith("有效学分 -4") and effect.en.endswith(": -4 count")
    back = difference(LIN, known(halves), known(halves[:3]))
    assert (str(back.counted), back.effects[0].en[-8:]) == ("4", "+4 count")
