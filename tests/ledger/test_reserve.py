"""Reserves: what may stand behind an opening balance, and what cannot."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.balance import BalanceOpened, Certainty
from ledger.credit import CreditCorrected, CreditKind
from ledger.names import CreditId, DocumentId
from ledger.record import Line
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.reserve import OF_A_PURPOSE, reserve, room_for, room_for_long, unsure
from ledger.rule import RuleAmended
from tests.cast import LIN, PROVINCE, RUIAN, SCHOOL
from tests.given import Thing, adoption, all_rules
from tests.judged import credit, recorded, requirement, revoked, verdict

BALANCE = CreditId("credit:balance")
SINCE, UNTIL = date(2019, 9, 1), date(2021, 12, 31)
INDETERMINATE, NOT_MET = Result.INDETERMINATE, Result.NOT_MET


def balance(credits: str | int, name: str = "balance", **told: Any) -> BalanceOpened:
    values = {
        "kind": CreditKind.INTENSIVE,
        "since": SINCE,
        "completed": UNTIL,
        "certainty": Certainty.CERTAIN,
    }
    return BalanceOpened(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits=Decimal(credits),
        source="旧平台",
        **values | told,
    )


def corrected(before: str | int, after: str | int) -> CreditCorrected:
    return CreditCorrected(
        credit=BALANCE,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        credits=Decimal(after),
        corrects="e1",
        reason="已核",
    )


def lines(*things: Thing, entered: date = SINCE) -> list[Line]:
    return recorded(*things, entered=entered).lines


def held(*things: Thing, times: int = 1, rules: Rulebook | None = None) -> int:
    """Behind how many of the balances so many trainings of 90 may stand."""
    own = lines(*things, entered=date(2010, 1, 1))
    return len(room_for_long(rules or all_rules(), own, Decimal(90), times))


@pytest.mark.parametrize(
    ("amount", "result"),
    [
        pytest.param("71.5", NOT_MET, id="more-than-a-fifth-was-missed"),
        pytest.param("72", INDETERMINATE, id="a-fifth-was-missed"),
        pytest.param("89.5", INDETERMINATE, id="half-an-hour-was-missed"),
        pytest.param("90", INDETERMINATE, id="nothing-was-missed"),
    ],
)
def test_c_15_a_balance_may_hold_a_training_of_which_a_fifth_was_missed(amount, result):
    judged = verdict(balance(amount), credit(300, kind=CreditKind.DISTANCE))
    found = requirement(judged, "ONCE_INTENSIVE")

    assert (found.rule, found.result, judged.result) == ("RA19-03", result, result)
    assert ("期初余额" in found.zh) is ("balance" in found.en) is (result is INDETERMINATE)
    # What makes it undecided is what it stands on.
    assert len(found.events) == (result is INDETERMINATE)


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [("95", "71.5", NOT_MET), ("95", "72", INDETERMINATE), ("60", "95", INDETERMINATE)],
)
def test_a_corrected_balance_holds_what_it_is_worth_now(before, after, result):
    told = [balance(before), corrected(before, after)]

    assert requirement(verdict(*told), "ONCE_INTENSIVE").result is result


def test_how_much_may_be_missed_is_said_by_the_absence_rule_of_the_days_of_the_balance():
    def missing(share: str) -> Rulebook:
        amended = RuleAmended(
            document=DocumentId("document:zj14"),
            place=PROVINCE,
            rule="ZJ14-09",
            since=date(2021, 1, 1),
            parameters={"hours_min": "90", "share_max": share},
            citation="浙教办函〔2021〕1号",
            zh="缺席过多的不能结业。",
            en="Whoever misses too much does not complete it.",
        )
        return Rulebook([*adoption(), amended])

    half = missing("1/2")
    assert [held(balance(each), rules=half) for each in ("44.5", "45")] == [0, 1]
    # A training of its first days was still under the fifth.
    assert [held(balance(each), rules=missing("1/10")) for each in ("71.5", "72")] == [0, 1]
    later = date(2021, 1, 1)
    amounts = [balance(each, since=later) for each in ("80.5", "81")]
    assert [held(each, rules=missing("1/10")) for each in amounts] == [0, 1]
    # Before the notice of 2014 nothing was taken off, so nothing less stands for a whole one.
    old = {"since": date(2011, 1, 1), "completed": date(2013, 12, 31)}
    assert [held(balance(each, **old)) for each in ("89.5", "90")] == [0, 1]
    # In the year of the notice nobody can tell whether it was in force.
    doubtful = old | {"completed": date(2014, 1, 1)}
    assert [held(balance(each, **doubtful)) for each in ("71.5", "72")] == [0, 1]


def test_two_trainings_need_room_for_both():
    assert [held(balance(each), times=2) for each in ("143.5", "144")] == [0, 1]
    assert held(balance(72), balance(72, "other"), times=2) == 2
    assert held(balance(72), balance(71, "other"), times=2) == 0
    assert held(balance(72), balance(71, "other")) == 1


def test_what_an_uncertain_balance_holds_nobody_can_tell_until_it_is_put_right():
    unsure_one = balance(10, certainty=Certainty.UNCERTAIN)
    assert requirement(verdict(unsure_one), "ONCE_INTENSIVE").result is INDETERMINATE
    put_right = verdict(unsure_one, corrected(10, 20))
    assert requirement(put_right, "ONCE_INTENSIVE").result is NOT_MET

    own = lines(unsure_one)
    assert unsure(own)
    assert room_for(own, Decimal(1000))
    assert not unsure(lines(balance(10)))


def test_only_balances_that_stand_and_are_of_the_kind_hold_anything():
    told = [
        balance(90),
        balance(90, "distance", kind=CreditKind.DISTANCE),
        balance(90, "school", kind=CreditKind.SCHOOL_BASED),
        credit(90, name="training"),
    ]
    names = [each.credit.value for each in reserve(lines(*told), OF_A_PURPOSE)]

    assert names == ["balance", "distance"]
    assert held(*told) == 1
    assert held(*told, revoked("balance")) == 0
    assert held(*told[1:]) == 0


def test_hours_have_room_up_to_what_the_balances_come_to():
    own = lines(balance(60), balance(60, "other"))

    assert [room_for(own, Decimal(each)) for each in ("120", "120.5")] == [True, False]
    assert not room_for([], Decimal("0.5"))


@pytest.mark.parametrize("amount", [None, "10", "95", "360"])
def test_w_097_a_balance_does_not_undo_what_is_left_to_the_locality(amount):
    last = date(2020, 12, 31)
    started = {"since": date(2016, 1, 1), "completed": date(2018, 12, 31)}
    told = [balance(amount, **started)] if amount else []
    own = credit(380, last, kind=CreditKind.DISTANCE)
    judged = verdict(own, *told, entered=date(2016, 1, 1), day=last)
    found = requirement(judged, "ONCE_INTENSIVE")

    assert (found.result, judged.result) == (Result.LOCAL_DISCRETION, Result.MET)
    assert found.aside is not None and found.aside.rule == "ZJ20-02"
