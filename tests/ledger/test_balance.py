"""Opening balances: they count as what they are; what hangs on an uncertain one is undecided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.balance import BalanceOpened, BalanceTwice, Certainty, CreditedHere, OpenBalance
from ledger.breakdown import TrainingKind, breakdown
from ledger.command import OutsideScope
from ledger.credit import CreditCorrected, CreditKind, CreditRevoked
from ledger.event import Event
from ledger.evidence import evidence
from ledger.finding import Outcome
from ledger.footing import footing
from ledger.ground import ground
from ledger.names import CreditId
from ledger.record import Record
from ledger.register import AlreadyRegistered, WrongDay
from ledger.requirement import Result
from ledger.verdict import Verdict, judge
from tests import cast
from tests.cast import CREDIT, HANGZHOU, LIN, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.given import all_rules, asker_for, background, entries, given

ENTERED, UNTIL, TODAY = date(2020, 9, 1), date(2023, 12, 31), date(2024, 3, 19)
OTHER = CreditId("credit:other")
BASE: dict[str, Any] = {
    "credit": CREDIT, "teacher": LIN, "kind": CreditKind.DISTANCE, "completed": UNTIL,
    "certainty": Certainty.CERTAIN, "source": "旧平台 2023",
}  # fmt: skip
WORLD = background(cast.school(), cast.registered(entered=ENTERED))


def opened(credits: int = 40, **other: Any) -> BalanceOpened:
    told = BASE | {"credits": Decimal(credits), "since": ENTERED} | other
    return BalanceOpened(school=SCHOOL, place=RUIAN, **told)


def opening(credits: int = 40, **other: Any) -> OpenBalance:
    return OpenBalance(**BASE | {"credits": Decimal(credits)} | other)


def verdict(*events: Event, day: date = date(2025, 8, 31)) -> Verdict:
    record = Record(teacher=LIN)
    for entry in entries([cast.registered(entered=ENTERED), *events], TODAY):
        record.learn(entry)
    found = judge(record, all_rules(), day)
    assert found is not None
    return found


def result(found: Verdict, code: str) -> Result:
    return next(each.result for each in found.requirements if each.code == code)


def test_a_balance_covers_its_cycle_from_the_first_day_unless_said():
    given(WORLD).when(opening(), on=TODAY).then(opened())
    since = date(2023, 1, 1)
    given(WORLD).when(opening(since=since), on=TODAY).then(opened(since=since))


def test_a_balance_lies_in_one_cycle_and_after_the_entry():
    for wrong in ({"since": date(2020, 8, 31)}, {"completed": date(2020, 8, 31)}):
        given(WORLD).when(opening(**wrong), on=TODAY).refused(WrongDay)
    given(WORLD).when(opening(credits=0), on=TODAY).faulted("BAD_AMOUNT")


def test_no_second_balance_covers_the_same_days_of_a_kind():
    second = opening(credit=OTHER, since=UNTIL)
    given(WORLD, opened()).when(second, on=TODAY).refused(BalanceTwice)
    given(WORLD, opened()).when(opening(), on=TODAY).refused(AlreadyRegistered)
    later = opening(credit=OTHER, since=date(2024, 1, 1), completed=date(2024, 2, 1))
    assert given(WORLD, opened()).when(later, on=TODAY).facts != ()
    school = opening(credit=OTHER, kind=CreditKind.SCHOOL_BASED)
    assert given(WORLD, opened()).when(school, on=TODAY).facts != ()


def test_what_was_put_right_after_it_was_taken_back_is_not_counted_twice():
    own = cast.awarded(40, credit=CREDIT, completed=date(2023, 5, 1))
    own = structs.replace(own, kind=CreditKind.DISTANCE)
    gone, again = cast.taken_back_and_restored(CREDIT, 40)
    nothing = structs.replace(again, credits=Decimal(0))
    second = opening(credit=OTHER)
    for told, obstacle in ((opened(), BalanceTwice), (own, CreditedHere)):
        for end in (gone, nothing):
            given(WORLD, told, end).when(second, on=TODAY).accepted()
        given(WORLD, told, gone, again).when(second, on=TODAY).refused(obstacle)


def test_a_balance_does_not_come_back_beside_another_that_came_in_its_place():
    gone, _ = cast.taken_back_and_restored(CREDIT, 40)
    restore = CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(40), reason="恢复")
    story = given(WORLD, opened(), gone)
    [second] = story.when(opening(credit=OTHER), on=TODAY).facts

    story.when(restore, on=TODAY).accepted()
    beside = given(WORLD, opened(), gone, second)
    beside.when(restore, on=TODAY).refused(BalanceTwice)
    beside.when(restore, on=TODAY, reported=True).found(None, Outcome.VIOLATION, BalanceTwice)
    beside.when(replace(restore, credits=Decimal(0)), on=TODAY).accepted()
    other = [
        opened(credit=OTHER, kind=CreditKind.BLENDED),
        opened(credit=OTHER, since=date(2024, 1, 1), completed=TODAY),
    ]
    for each in other:
        given(WORLD, opened(), gone, each).when(restore, on=TODAY).accepted()
    # One that stands is put right whatever stands beside it.
    given(WORLD, opened(), second).when(restore, on=TODAY).accepted()
    ended = structs.replace(gone, credit=OTHER)
    given(WORLD, opened(), gone, second, ended).when(restore, on=TODAY).accepted()


def test_a_credit_of_the_ledger_itself_is_not_counted_twice():
    own = cast.awarded(40, credit=OTHER, completed=date(2023, 5, 1))
    own = structs.replace(own, kind=CreditKind.DISTANCE)
    given(WORLD, own).when(opening(), on=TODAY).refused(CreditedHere)
    reported = given(WORLD, own).when(opening(), on=TODAY, reported=True)
    reported.found(None, Outcome.VIOLATION, CreditedHere).then(opened())


def test_it_counts_in_the_record_and_the_total_with_a_mark_of_its_own():
    found = verdict(opened(360))
    assert (found.counted, result(found, "CYCLE_TOTAL")) == (360, Result.MET)
    record = Record(teacher=LIN)
    for entry in entries([cast.registered(entered=ENTERED), opened(40)], TODAY):
        record.learn(entry)
    base = footing(record, all_rules(), TODAY)
    assert base is not None
    [share] = breakdown(record, all_rules(), base)
    assert (share.balance, share.effective, share.shown) == (
        Certainty.CERTAIN, 40, TrainingKind.DISTANCE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sure", "unsure", "total"),
    [
        (360, 40, Result.MET),
        (340, 40, Result.INDETERMINATE),
        (100, 40, Result.INDETERMINATE),
        (340, 0, Result.NOT_MET),
    ],
)
def test_what_hangs_on_an_uncertain_balance_is_undecided(sure, unsure, total):
    told = [opened(sure, credit=OTHER, kind=CreditKind.BLENDED)]
    if unsure:
        told.append(opened(unsure, certainty=Certainty.UNCERTAIN))
    found = verdict(*told)

    assert found.counted == sure + unsure
    assert result(found, "CYCLE_TOTAL") is total
    [node] = [each for each in found.requirements if each.code == "CYCLE_TOTAL"]
    assert node.certain is (total is not Result.INDETERMINATE)
    assert ("不确定" in found.zh) is (total is Result.INDETERMINATE)


def test_the_tree_says_which_kinds_are_uncertain():
    record = Record(teacher=LIN)
    told = [cast.registered(entered=ENTERED), opened(certainty=Certainty.UNCERTAIN)]
    for entry in entries(told, TODAY):
        record.learn(entry)
    rules = all_rules()
    base, found = footing(record, rules, TODAY), judge(record, rules, TODAY)
    assert base is not None
    assert found is not None
    tree = ground(found, breakdown(record, rules, base), rules, RUIAN, lambda _: ())
    total = next(each for each in tree.children if each.code == "CYCLE_TOTAL")
    kind = next(each for each in total.children if each.code == "DISTANCE")
    assert (tree.certain, total.certain, kind.certain) == (False, False, False)


def test_an_intensive_balance_is_no_long_training_and_may_hold_one():
    held = opened(90, kind=CreditKind.INTENSIVE)
    assert result(verdict(held), "ONCE_INTENSIVE") is Result.INDETERMINATE
    # A fifth of a training of 90 may have been missed, and it counts as one of 90 (C-15).
    for credits, then in (
        (89, Result.INDETERMINATE),
        (72, Result.INDETERMINATE),
        (71, Result.NOT_MET),
    ):
        short = opened(credits, kind=CreditKind.INTENSIVE)
        assert result(verdict(short), "ONCE_INTENSIVE") is then
    own = cast.awarded(90, credit=OTHER, completed=date(2024, 3, 1))
    assert result(verdict(held, own), "ONCE_INTENSIVE") is Result.MET


def test_a_balance_of_several_years_is_of_no_single_year():
    years = [each for each in verdict(opened(300)).requirements if each.code == "YEARLY_HOURS"]
    within = [each for each in years if each.year in (2021, 2022, 2023)]
    assert within
    assert {each.result for each in within} == {Result.INDETERMINATE}
    one = verdict(opened(300, since=date(2023, 1, 1)))
    of_2023 = {each.result for each in one.requirements if each.year == 2023 and each.had == "300"}
    assert Result.INDETERMINATE not in of_2023
    assert of_2023


def test_it_is_corrected_and_revoked_like_a_credit_and_is_certain_then():
    unsure = opened(certainty=Certainty.UNCERTAIN)
    correct = CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(120), reason="已核")
    [told] = given(WORLD, unsure).when(correct, on=TODAY).facts
    assert isinstance(told, CreditCorrected)
    assert (told.credits_before, told.credits) == (40, 120)
    found = verdict(unsure, told)
    assert (found.counted, result(found, "CYCLE_TOTAL")) == (120, Result.NOT_MET)
    revoke = RevokeCredit(credit=CREDIT, teacher=LIN, reason="重复")
    [gone] = given(WORLD, unsure).when(revoke, on=TODAY).facts
    assert isinstance(gone, CreditRevoked)
    assert verdict(unsure, gone).counted == 0


def test_the_verdict_stands_on_the_balance():
    told = entries([cast.registered(entered=ENTERED), opened(360)], TODAY)
    found = evidence(LIN, told, all_rules(), TODAY)
    assert found is not None
    assert found.positions == (1, 2)


@pytest.mark.parametrize(
    ("moved", "place", "school", "other"),
    [
        pytest.param(TODAY, HANGZHOU, OTHER_SCHOOL, RUIAN, id="of-its-day"),
        pytest.param(date(2024, 3, 20), RUIAN, SCHOOL, HANGZHOU, id="after-it"),
    ],
)
def test_a_balance_reported_after_a_move_is_taken_over_by_the_bureau_of_its_day(
    moved, place, school, other
):
    story = given(WORLD, cast.moved(moved, HANGZHOU, OTHER_SCHOOL))
    answer = story.when(opening(), on=TODAY, by=asker_for(place), reported=True)

    answer.then(structs.replace(opened(), place=place, school=school))
    story.when(opening(), on=TODAY, by=asker_for(other), reported=True).refused(OutsideScope)
