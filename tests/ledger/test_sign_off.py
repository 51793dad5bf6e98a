"""Sign-offs: who closes a year, when, exactly as shown, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.names import SignOffId
from ledger.register import AlreadyRegistered
from ledger.review import ReasonMissing
from ledger.sign_off import (
    AlreadyReopened,
    AlreadySignedOff,
    Drifted,
    NotAsShown,
    NothingToSignOff,
    NotInForce,
    PeriodSignedOff,
    ReopenSignOff,
    SignOffPeriod,
    SignOffReopened,
    SignOffWithdrawn,
    Statement,
    WithdrawSignOff,
)
from ledger.summary import PeriodKind, Totals
from tests import cast
from tests.cast import RUIAN, WENZHOU
from tests.given import given

DAY = date(2024, 1, 1)
NAME, OTHER = SignOffId("signoff:ruian-2023"), SignOffId("signoff:ruian-2023-2")
STATED = Statement(
    position=12, totals=Totals(teachers=2, met=2), sha256="ab" * 32, root="cd" * 32, findings_open=3
)
PLACE = cast.jurisdiction(RUIAN, "瑞安市")
SIGN = SignOffPeriod(
    sign_off=NAME, place=RUIAN, year=2023, position=12, sha256=STATED.sha256, statement=STATED
)


def signed(**more) -> PeriodSignedOff:
    told = {name: getattr(STATED, name) for name in STATED.__struct_fields__}
    told |= {"sign_off": NAME, "place": RUIAN, "kind": PeriodKind.YEAR, "year": 2023}
    return PeriodSignedOff(**told | more)


SINCE = Drifted(
    position=20,
    totals=Totals(teachers=2, met=1, not_met=1),
    moved=Totals(met=-1, not_met=1),
    teachers=1,
    sha256="ef" * 32,
)
REOPEN = ReopenSignOff(sign_off=NAME, place=RUIAN, reason=" 漏报 ", position=20, since=SINCE)


def reopened(**more) -> SignOffReopened:
    told = {"sign_off": NAME, "place": RUIAN, "corrects": "0193-0001", "reason": "漏报"}
    return SignOffReopened(**(told | {"since": SINCE} | more))


def withdrawn(name: SignOffId = NAME) -> SignOffWithdrawn:
    return SignOffWithdrawn(sign_off=name, place=RUIAN, reason="漏报")


def test_a_bureau_signs_the_list_that_it_was_shown_with_the_findings_that_are_open():
    given(PLACE).when(SIGN, on=DAY).then(signed())


def test_the_hash_may_be_given_in_capitals():
    given(PLACE).when(replace(SIGN, sha256="AB" * 32), on=DAY).then(signed())


def test_a_year_is_signed_off_once_it_is_over():
    given(PLACE).when(SIGN, on=date(2023, 12, 31)).faulted("PERIOD_RUNNING", "year")
    given(PLACE).when(SIGN, on=date(2024, 1, 1)).accepted()


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": "00" * 32},
        {"sha256": ""},
        {"position": 13},
        {"statement": None},
        {"statement": structs.replace(STATED, position=11)},
    ],
    ids=str,
)
def test_what_was_not_shown_is_not_signed(other):
    given(PLACE).when(replace(SIGN, **other), on=DAY).refused(NotAsShown, field="sha256")


def test_a_place_without_teachers_has_nothing_to_sign():
    empty = structs.replace(STATED, totals=Totals())

    given(PLACE).when(replace(SIGN, statement=empty), on=DAY).refused(NothingToSignOff)


def test_a_year_is_signed_off_anew_only_after_it_was_reopened_and_replaces_the_earlier_one():
    again = replace(SIGN, sign_off=OTHER, reason="漏报")
    given(PLACE, signed()).when(again, on=DAY).refused(AlreadySignedOff, field="sign_off")
    given(PLACE, signed(), reopened()).when(again, on=DAY).then(
        signed(sign_off=OTHER, replaces=NAME, reason="漏报")
    )
    other = reopened(sign_off=SignOffId("signoff:ruian-2022"))
    given(PLACE, signed(), other).when(again, on=DAY).refused(AlreadySignedOff)


def test_what_was_signed_anew_is_reopened_once_more_before_it_is_replaced():
    second = signed(sign_off=OTHER, replaces=NAME)
    third = replace(SIGN, sign_off=SignOffId("signoff:ruian-2023-3"), reason="漏报")
    story = (PLACE, signed(), reopened(), second)
    given(*story).when(third, on=DAY).refused(AlreadySignedOff)
    given(*story, reopened(sign_off=OTHER)).when(third, on=DAY).accepted()


def test_a_sign_off_is_reopened_with_a_reason_and_what_had_changed_since():
    answer = given(PLACE, signed()).when(REOPEN, on=DAY).accepted()
    [event] = answer.events
    assert isinstance(event, SignOffReopened)
    assert (event.sign_off, event.reason, event.since) == (NAME, "漏报", SINCE)
    assert event.corrects
    given(PLACE, signed()).when(replace(REOPEN, reason=" "), on=DAY).refused(ReasonMissing)


@pytest.mark.parametrize("other", [{"position": 19}, {"since": None}])
def test_what_nobody_was_shown_is_no_ground_to_reopen(other):
    given(PLACE, signed()).when(replace(REOPEN, **other), on=DAY).refused(
        NotAsShown, field="position"
    )


def test_what_does_not_stand_or_is_open_already_is_not_reopened():
    given(PLACE, signed(), reopened()).when(REOPEN, on=DAY).refused(AlreadyReopened)
    given(PLACE, signed(), withdrawn()).when(REOPEN, on=DAY).refused(NotInForce)
    replaced = signed(sign_off=OTHER, replaces=NAME)
    given(PLACE, signed(), reopened(), replaced).when(REOPEN, on=DAY).refused(NotInForce)
    given(PLACE).when(REOPEN, on=DAY).refused(UnknownReference, field="sign_off")
    city = Asker(actor="staff:city", role=Role.BUREAU, scope=WENZHOU)
    given(PLACE, signed()).when(REOPEN, on=DAY, by=city).refused(OutsideScope)


def test_a_sign_off_of_before_there_was_reopening_is_read_as_it_was_replaced():
    replaced = signed(sign_off=OTHER, replaces=NAME, reason="补报")
    take = WithdrawSignOff(sign_off=OTHER, place=RUIAN, reason="漏报")
    given(PLACE, signed(), replaced).when(take, on=DAY).accepted()


def test_another_year_and_the_cycles_of_the_same_year_are_signed_off_beside_it():
    cycles = replace(SIGN, sign_off=OTHER, kind=PeriodKind.CYCLES)
    earlier = replace(SIGN, sign_off=OTHER, year=2022)

    given(PLACE, signed()).when(cycles, on=DAY).then(signed(sign_off=OTHER, kind=PeriodKind.CYCLES))
    given(PLACE, signed()).when(earlier, on=DAY).then(signed(sign_off=OTHER, year=2022))


def test_after_it_was_withdrawn_a_year_is_signed_off_without_a_reason():
    again = replace(SIGN, sign_off=OTHER)

    given(PLACE, signed(), withdrawn()).when(again, on=DAY).then(signed(sign_off=OTHER))


def test_a_name_is_used_once_even_by_another_place():
    elsewhere = signed(place=WENZHOU)

    given(PLACE, elsewhere).when(SIGN, on=DAY).refused(AlreadyRegistered, field="sign_off")


def test_only_the_bureau_of_the_place_signs_and_withdraws():
    city = Asker(actor="staff:city", role=Role.BUREAU, scope=WENZHOU)
    take = WithdrawSignOff(place=RUIAN, sign_off=NAME, reason="漏报")

    given(PLACE).when(SIGN, on=DAY, by=city).refused(OutsideScope)
    given(PLACE, signed()).when(take, on=DAY, by=city).refused(OutsideScope)


def test_a_sign_off_is_withdrawn_with_a_reason():
    take = WithdrawSignOff(place=RUIAN, sign_off=NAME, reason="漏报")

    given(PLACE, signed()).when(replace(take, reason=" "), on=DAY).refused(ReasonMissing)
    given(PLACE, signed()).when(take, on=DAY).then(withdrawn())


def test_what_does_not_stand_any_more_is_not_withdrawn():
    take = WithdrawSignOff(place=RUIAN, sign_off=NAME, reason="漏报")
    replaced = signed(sign_off=OTHER, replaces=NAME, reason="漏报")

    given(PLACE, signed(), withdrawn()).when(take, on=DAY).refused(NotInForce)
    given(PLACE, signed(), replaced).when(take, on=DAY).refused(NotInForce)
    given(PLACE, signed(), replaced).when(replace(take, sign_off=OTHER), on=DAY).accepted()


def test_a_sign_off_that_nobody_heard_of_or_of_another_place_is_unknown():
    take = WithdrawSignOff(place=RUIAN, sign_off=OTHER, reason="漏报")
    elsewhere = signed(sign_off=OTHER, place=WENZHOU)

    given(PLACE).when(take, on=DAY).refused(UnknownReference, field="sign_off")
    answer = given(PLACE, elsewhere).when(take, on=DAY)
    answer.refused(UnknownReference, field="sign_off")


def test_a_place_that_takes_no_part_signs_nothing():
    given().when(SIGN, on=DAY).refused(UnknownReference, field="place")
